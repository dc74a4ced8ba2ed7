"""Each expectation holds for a clean account and fails, naming the row, where exactly that is spoiled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from sql.quality.judge import ROWS, hold
from sql.quality.suites.balances import BALANCES
from sql.quality.suites.base import Suite
from sql.quality.suites.snapshot import SNAPSHOT
from sql.quality.types import CheckResult
from sql.quality.validate import validate
from sql.warehouse import Warehouse
from tests.store.quality.account import CAPTURED, PRICED, SINCE, Account, activity, clean, spoil
from tests.store.quality.test_coins import WRONG as OF_COINS
from tieout.recon.types import Severity

D = Decimal
SUITES = {suite.name: suite for suite in (SNAPSHOT, BALANCES, *ROWS)}
CRITICAL, WARNING = Severity.CRITICAL, Severity.WARNING
Spoil = Callable[[Account], object]


def a_position(index: int = 0, **changes: Any) -> Spoil:
    return lambda account: spoil(account.positions, index, **changes)


def a_balance(**changes: Any) -> Spoil:
    return lambda account: spoil(account.balances, **changes)


def an_order(**changes: Any) -> Spoil:
    return lambda account: spoil(account.orders, **changes)


def an_execution(**changes: Any) -> Spoil:
    return lambda account: spoil(account.executions, **changes)


def an_activity(index: int = 0, **changes: Any) -> Spoil:
    return lambda account: spoil(account.activities, index, **changes)


def twice(table: str) -> Spoil:
    return lambda account: getattr(account, table).append(dict(getattr(account, table)[0]))


def head(**changes: Any) -> Spoil:
    return lambda account: account.head.update(changes)


def the_statement(**changes: Any) -> Spoil:
    return lambda account: account.statement is not None and account.statement.update(changes)


def no_statement(account: Account) -> None:
    account.statement = None


def no_balance(account: Account) -> None:
    account.balances = []


def lost_position(account: Account) -> None:
    """The list lost a row between the wire and the table."""
    account.head["positions"] = len(account.positions)
    del account.positions[0]


def forgotten_position(account: Account) -> None:
    """The broker's own list was one short."""
    del account.positions[0]


def unexplained(account: Account) -> None:
    """NVDA went, and nobody sold it."""
    del account.executions[1]


def cancelled_later(account: Account) -> None:
    """A bust carries the id of the execution it takes back."""
    account.executions.append(account.executions[0] | {"status": "cancelled"})


FAILING: list[tuple[str, str, Severity, Spoil, dict[str, str]]] = [
    ("snapshot", "expect_snapshot_to_be_complete", CRITICAL, head(completeness="partial"), {"completeness": "partial"}),
    ("snapshot", "expect_snapshot_asked_for", CRITICAL, head(business_date=date(2026, 1, 6)), {}),
    ("snapshot", "expect_balance", CRITICAL, no_balance, {"balances": "0"}),
    ("snapshot", "expect_unmapped_rows_to_be_worth_nothing", CRITICAL, head(unmapped=["{}"]), {"unmapped_rows": "1"}),
    ("snapshot", "expect_statement_to_be_complete", CRITICAL, the_statement(complete=False), {}),
    ("snapshot", "expect_every_row_mapped", WARNING, head(unmapped=["{}"]), {"unmapped_rows": "1"}),
    ("snapshot", "expect_equity_to_be_stated", WARNING, a_balance(equity=None), {"balances": "1"}),
    ("snapshot", "expect_statement", WARNING, no_statement, {}),
    ("snapshot", "expect_every_statement_row_mapped", WARNING, the_statement(unmapped=["{}"]), {}),
    ("snapshot", "expect_rows_on_the_markets_steps", WARNING, head(proof={"off_rules": ["order 7"]}), {}),
    ("balances", "expect_currency_once", CRITICAL, twice("balances"), {"currency": "USD", "times": "2"}),
    ("balances", "expect_balance_of_this_account", CRITICAL, a_balance(account_id="other"), {"account_id": "other"}),
    ("balances", "expect_balance_currency_code", CRITICAL, a_balance(currency="us$"), {"currency": "us$"}),
    ("balances", "expect_cash_and_positions_to_make_equity", CRITICAL, a_balance(cash=D(1)), {"difference": "4999"}),
    ("balances", "expect_cash_and_positions_to_make_equity", CRITICAL, forgotten_position, {"difference": "1502.5"}),
    ("balances", "expect_equity_to_be_provable", WARNING, a_position(market_value=None), {"unvalued": "1"}),
    ("balances", "expect_equity_to_be_provable", WARNING, a_position(4, unrealized_pnl=None), {"unvalued": "1"}),
    ("balances", "expect_equity_to_be_provable", WARNING, a_position(currency="EUR"), {"foreign_rows": "1"}),
    ("positions", "expect_as_many_rows_as_sent", CRITICAL, lost_position, {}),
    ("positions", "expect_instrument_once", CRITICAL, twice("positions"), {"instrument_id": "1", "times": "2"}),
    ("positions", "expect_position_of_this_account", CRITICAL, a_position(account_id="other"), {"account_id": "other"}),
    ("positions", "expect_asset_class_to_be_known", CRITICAL, a_position(asset_class="bond"), {"asset_class": "bond"}),
    ("positions", "expect_side_to_be_known", CRITICAL, a_position(side="flat"), {"side": "flat"}),
    ("positions", "expect_sign_to_agree_with_side", CRITICAL, a_position(side="short"), {"quantity": "10"}),
    ("positions", "expect_sign_to_agree_with_side", CRITICAL, a_position(1, side="long"), {"quantity": "-5"}),
    ("positions", "expect_quantity_not_zero", CRITICAL, a_position(quantity=D(0)), {"quantity": "0"}),
    ("positions", "expect_position_currency_code", CRITICAL, a_position(currency="usd"), {"currency": "usd"}),
    ("positions", "expect_multiplier_above_zero", CRITICAL, a_position(multiplier=D(0)), {"multiplier": "0"}),
    ("positions", "expect_price_not_negative", CRITICAL, a_position(market_price=D(-1)), {"market_price": "-1"}),
    ("positions", "expect_market_value_to_agree", CRITICAL, a_position(market_value=D(1504)), {"market_value": "1504"}),
    ("positions", "expect_market_value_to_agree", CRITICAL, a_position(2, multiplier=D(10)), {"multiplier": "10"}),
    (
        "positions",
        "expect_value_to_have_the_sign_of_quantity",
        CRITICAL,
        a_position(1, market_value=D(1000)),
        {"market_value": "1000"},
    ),
    (
        "positions",
        "expect_option_to_agree_with_its_symbol",
        CRITICAL,
        a_position(2, expiration=date(2026, 1, 17)),
        {"expiration": "2026-01-17"},
    ),
    ("positions", "expect_option_to_agree_with_its_symbol", CRITICAL, a_position(2, option_right="call"), {}),
    ("positions", "expect_option_to_agree_with_its_symbol", CRITICAL, a_position(2, strike=D("150.5")), {}),
    ("positions", "expect_option_to_agree_with_its_symbol", CRITICAL, a_position(2, strike=D("150.0001")), {}),
    ("positions", "expect_option_to_agree_with_its_symbol", CRITICAL, a_position(2, strike=D(10**19)), {}),
    ("positions", "expect_option_to_agree_with_its_symbol", CRITICAL, a_position(2, strike=None), {}),
    ("positions", "expect_option_to_agree_with_its_symbol", CRITICAL, a_position(2, symbol="AAPL260116P00150000"), {}),
    ("positions", "expect_option_to_agree_with_its_symbol", CRITICAL, a_position(0, strike=D(1)), {"strike": "1"}),
    ("positions", "expect_margined_value_to_agree", WARNING, a_position(4, market_value=D(150)), {}),
    ("positions", "expect_price_above_zero", WARNING, a_position(2, market_price=D(0), market_value=D(0)), {}),
    ("positions", "expect_price_to_be_stated", WARNING, a_position(market_price=None), {"market_price": "null"}),
    ("positions", "expect_value_to_be_stated", WARNING, a_position(market_value=None), {"market_value": "null"}),
    (
        "positions",
        "expect_price_to_be_fresh",
        WARNING,
        a_position(priced_at=PRICED - timedelta(days=4)),
        {"priced_at": "2026-01-01T21:00:00Z"},
    ),
    ("orders", "expect_order_once", CRITICAL, twice("orders"), {"broker_order_id": "b-1", "times": "2"}),
    ("orders", "expect_order_of_this_account", CRITICAL, an_order(account_id="other"), {"account_id": "other"}),
    ("orders", "expect_order_side_to_be_known", CRITICAL, an_order(side="both"), {"side": "both"}),
    ("orders", "expect_order_state_to_be_known", CRITICAL, an_order(state="odd"), {"state": "odd"}),
    ("orders", "expect_order_quantity_above_zero", CRITICAL, an_order(quantity=D(-1)), {"quantity": "-1"}),
    ("orders", "expect_filled_within_quantity", CRITICAL, an_order(filled_quantity=D(11)), {"filled_quantity": "11"}),
    ("orders", "expect_filled_within_quantity", CRITICAL, an_order(filled_quantity=D(-1), quantity=None), {}),
    ("orders", "expect_venue_status_to_be_understood", WARNING, an_order(state="unknown"), {}),
    ("orders", "expect_open_order_to_be_live", WARNING, an_order(state="filled"), {"state": "filled"}),
    ("orders", "expect_order_to_be_ours", WARNING, an_order(client_order_id=None), {"client_order_id": "null"}),
    ("orders", "expect_order_to_be_ours", WARNING, an_order(client_order_id="0F" * 16), {}),
    ("orders", "expect_order_instrument_mapped", WARNING, an_order(instrument_id=None), {"broker_order_id": "b-1"}),
    ("orders", "expect_order_before_capture", WARNING, an_order(submitted_at=CAPTURED + timedelta(seconds=1)), {}),
    ("executions", "expect_execution_once", CRITICAL, twice("executions"), {"execution_id": "e-1", "times": "2"}),
    ("executions", "expect_execution_of_this_account", CRITICAL, an_execution(account_id="other"), {}),
    ("executions", "expect_execution_side_to_be_known", CRITICAL, an_execution(side="bot"), {"side": "bot"}),
    ("executions", "expect_execution_status_to_be_known", CRITICAL, an_execution(status="odd"), {"status": "odd"}),
    ("executions", "expect_execution_quantity_above_zero", CRITICAL, an_execution(quantity=D(0)), {"quantity": "0"}),
    ("executions", "expect_execution_price_above_zero", CRITICAL, an_execution(price=D(0)), {"price": "0"}),
    ("executions", "expect_fee_currency_code", CRITICAL, an_execution(fee_currency="€"), {"fee_currency": "€"}),
    ("executions", "expect_execution_inside_window", CRITICAL, an_execution(executed_at=SINCE), {}),
    (
        "executions",
        "expect_execution_before_capture",
        CRITICAL,
        an_execution(executed_at=CAPTURED + timedelta(minutes=1)),
        {"execution_id": "e-1", "executed_at": "2026-01-05T21:06:00Z"},
    ),
    ("executions", "expect_execution_to_be_ours", WARNING, an_execution(client_order_id="web-1"), {}),
    ("activities", "expect_activity_once", CRITICAL, twice("activities"), {"activity_id": "a-1", "times": "2"}),
    ("activities", "expect_activity_of_this_account", CRITICAL, an_activity(account_id="other"), {}),
    ("activities", "expect_activity_kind_to_be_one_of_ours", CRITICAL, an_activity(kind="gift"), {"kind": "gift"}),
    ("activities", "expect_activity_kind_to_be_understood", WARNING, an_activity(kind="other"), {"venue_kind": "DIV"}),
    ("activities", "expect_activity_status_to_be_known", CRITICAL, an_activity(status="odd"), {"status": "odd"}),
    ("activities", "expect_activity_currency_code", CRITICAL, an_activity(currency="$"), {"currency": "$"}),
    ("activities", "expect_activity_before_capture", CRITICAL, an_activity(occurred_at=CAPTURED + timedelta(1)), {}),
    ("activities", "expect_activity_instrument", CRITICAL, an_activity(1, instrument_id=None), {"quantity": "5"}),
    ("activities", "expect_split_ratio", CRITICAL, an_activity(1, ratio=None), {"ratio": "null"}),
    ("activities", "expect_activity_price_not_negative", CRITICAL, an_activity(price=D(-1)), {"price": "-1"}),
    ("vanished", "expect_nothing_to_vanish", CRITICAL, unexplained, {"symbol": "NVDA", "quantity": "5"}),
]


def judged(shared: Warehouse, account: Account, suite: Suite) -> dict[str, CheckResult]:
    with shared.write() as connection:
        subject = account.store(connection, priced_since=PRICED)
    with shared.write() as connection:
        return {one.expectation: one for one in validate(connection, suite, subject).results}


@pytest.mark.parametrize(
    ("suite", "name", "severity", "spoiled", "row"),
    FAILING,
    ids=[f"{name}-{index}" for index, (_, name, *_) in enumerate(FAILING)],
)
def test_it_fails_where_it_is_violated_and_names_the_row(
    shared: Warehouse, suite: str, name: str, severity: Severity, spoiled: Spoil, row: dict[str, str]
) -> None:
    account = clean()
    spoiled(account)

    result = judged(shared, account, SUITES[suite])[name]

    assert not result.success
    assert result.severity is severity
    assert result.rows_failed == 1
    if row:
        assert row.items() <= result.sample[0].items()


def test_everything_holds_for_a_clean_account(shared: Warehouse) -> None:
    with shared.write() as connection:
        subject = clean().store(connection, priced_since=PRICED)
    with shared.write() as connection:
        results = [one for suite in hold(connection, subject) for one in suite.results]

    assert [one.told for one in results if not one.success] == []


def test_every_expectation_of_every_suite_has_a_failing_case(shared: Warehouse) -> None:
    with shared.write() as connection:
        subject = clean().store(connection)
    with shared.write() as connection:
        suites = hold(connection, subject)

    of_coins = {(suite, name) for suite, _, name, _ in OF_COINS}
    assert {(one.suite, one.expectation) for suite in suites for one in suite.results} == of_coins | {
        (suite, name) for suite, name, *_ in FAILING
    }


def test_every_expectation_states_its_claim(shared: Warehouse) -> None:
    with shared.write() as connection:
        subject = clean().store(connection)
    with shared.write() as connection:
        results = [one for suite in hold(connection, subject) for one in suite.results]

    assert all(one.claim.endswith(".") for one in results)
    assert len({(one.suite, one.claim) for one in results}) == len(results)


ALLOWED: list[tuple[str, str, Spoil]] = [
    ("a value rounded to the cent", "expect_market_value_to_agree", a_position(market_value=D("1502.51"))),
    ("a value off by half the tolerance", "expect_market_value_to_agree", a_position(market_value=D("1502.85"))),
    ("a value nobody states", "expect_market_value_to_agree", a_position(market_value=None)),
    ("a side nobody states", "expect_sign_to_agree_with_side", a_position(side="")),
    ("a future below zero", "expect_price_not_negative", a_position(asset_class="future", market_price=D(-37))),
    ("a price without a time", "expect_price_to_be_fresh", a_position(priced_at=None)),
    ("a strike of half a dollar", "expect_option_to_agree_with_its_symbol",
     a_position(2, symbol="F     260116P00000500", strike=D("0.5"))),
    ("the dearest strike", "expect_option_to_agree_with_its_symbol",
     a_position(2, symbol="BRKB1 260116P99999999", strike=D("99999.999"))),
]  # fmt: skip


@pytest.mark.parametrize(("name", "spoiled"), [case[1:] for case in ALLOWED], ids=[case[0] for case in ALLOWED])
def test_positions_may_have(shared: Warehouse, name: str, spoiled: Spoil) -> None:
    account = clean()
    spoiled(account)

    assert judged(shared, account, SUITES["positions"])[name].success


@pytest.mark.parametrize(
    ("suite", "name", "spoiled"),
    [
        ("executions", "expect_execution_inside_window", an_execution(executed_at=SINCE, status="cancelled")),
        ("executions", "expect_execution_once", cancelled_later),
        ("executions", "expect_execution_to_be_ours", an_execution(client_order_id=None)),
        ("orders", "expect_order_quantity_above_zero", an_order(quantity=None)),
        ("orders", "expect_order_side_to_be_known", an_order(side=None)),
    ],
)  # fmt: skip
def test_a_record_may_be_of_that_kind(shared: Warehouse, suite: str, name: str, spoiled: Spoil) -> None:
    account = clean()
    spoiled(account)

    assert judged(shared, account, SUITES[suite])[name].success


@pytest.mark.parametrize(
    ("explains", "record"),
    [
        (True, {"quantity": D(-5), "kind": "transfer"}),
        (True, {"quantity": D(0), "kind": "symbol_change"}),
        (False, {"quantity": D(0), "kind": "dividend"}),
        (False, {"quantity": D(5), "kind": "transfer"}),
        (False, {"quantity": D(-5), "kind": "transfer", "status": "cancelled"}),
        (False, {"quantity": D(-5), "kind": "transfer", "instrument_id": 1}),
    ],
)
def test_an_activity_explains_a_vanished_position_when_it_takes_it_away(
    shared: Warehouse, explains: bool, record: dict[str, Any]
) -> None:
    account = clean()
    unexplained(account)
    account.activities.append(activity("a-9", **({"instrument_id": 9} | record)))

    assert judged(shared, account, SUITES["vanished"])["expect_nothing_to_vanish"].success is explains


def test_a_buy_does_not_explain_that_a_long_position_vanished(shared: Warehouse) -> None:
    account = clean()
    account.executions[1]["side"] = "buy"

    assert not judged(shared, account, SUITES["vanished"])["expect_nothing_to_vanish"].success


def test_freshness_is_not_asked_without_a_cutoff(shared: Warehouse) -> None:
    account = clean()
    spoil(account.positions, priced_at=SINCE - timedelta(days=300))
    with shared.write() as connection:
        subject = account.store(connection)
    with shared.write() as connection:
        results = validate(connection, SUITES["positions"], subject).results

    assert all(one.success for one in results)


def test_a_sample_names_ten_rows_and_the_count_names_all(shared: Warehouse) -> None:
    account = clean()
    account.positions = [dict(account.positions[0], instrument_id=100 + n, symbol=f"S{n:02}") for n in range(25)]
    for row in account.positions:
        row["side"] = "short"

    result = judged(shared, account, SUITES["positions"])["expect_sign_to_agree_with_side"]

    assert result.rows_failed == 25
    assert [row["symbol"] for row in result.sample] == [f"S{n:02}" for n in range(10)]
    assert result.observed == "25 of 25 rows"


def test_figures_of_a_sample_are_exact(shared: Warehouse) -> None:
    account = clean()
    spoil(account.positions, 3, side="short")

    result = judged(shared, account, SUITES["positions"])["expect_sign_to_agree_with_side"]

    assert result.sample[0]["quantity"] == "0.123456789012345678"


def test_a_check_that_cannot_be_evaluated_has_failed_critically(
    shared: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sql.quality.validate.batch_sql", lambda *_: "SELECT 1 AS nothing FROM no_such_table")

    results = judged(shared, clean(), SUITES["balances"]).values()

    assert len(results) == 5
    assert all(not one.success and one.severity is CRITICAL for one in results)
    assert all(one.observed.startswith("could not be evaluated: ") for one in results)


def test_values_too_large_to_be_added_do_not_pass(shared: Warehouse) -> None:
    account = clean()
    for row in account.positions[:3]:
        row["market_value"] = D(9 * 10**19)

    result = judged(shared, account, SUITES["balances"])["expect_cash_and_positions_to_make_equity"]

    assert not result.success
    assert result.severity is CRITICAL
