"""What is decided without a connection: codes, ports, outages, client ids, contracts, balances."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from brokers.http.fields import Row
from brokers.http.unmapped import UnknownAssetClass, Unmapped
from brokers.ibkr.client_ids import ClientIds
from brokers.ibkr.codes import CODES, Kind, code_of, error_of
from brokers.ibkr.endpoint import endpoint_of, proven_mode
from brokers.ibkr.outages import outages_of
from brokers.ibkr.parse.account import Figure, balances
from brokers.ibkr.parse.market import sessions
from brokers.ibkr.parse.orders import state_of
from brokers.ibkr.parse.symbols import instrument_of
from brokers.ibkr.rows import text
from tieout.accounts import Account, Mode
from tieout.errors import (
    BrokerError,
    ConfigError,
    InsufficientFunds,
    InvalidOrder,
    Malformed,
    MarketClosed,
    NotFound,
    NotTradable,
    PlannedOutage,
    RateLimited,
    Rejected,
    Unauthorised,
    Unavailable,
)
from tieout.ids import AccountId
from tieout.orders import OrderState
from tieout.settings import AccountSettings


def settings(mode: Mode = Mode.PAPER, endpoint: str | None = None, **options: str) -> AccountSettings:
    return AccountSettings(
        Account(AccountId("ib"), "ibkr", mode, "USD", "XNYS"), endpoint=endpoint, options=dict(options)
    )


@pytest.mark.parametrize(
    ("code", "words", "leaf"),
    [
        (201, "Order rejected - reason:The account has insufficient funds", InsufficientFunds),
        (201, "Order rejected - reason:No trading permissions", NotTradable),
        (201, "Order rejected - reason:The exchange is closed.", MarketClosed),
        (200, "No security definition has been found for the request", NotTradable),
        (103, "Duplicate order id", InvalidOrder),
        (110, "The price does not conform to the minimum price variation", InvalidOrder),
        (321, "Error validating request: the API interface is in Read-Only mode", Unauthorised),
        (354, "Requested market data is not subscribed.", Rejected),
        (10147, "OrderId 7 that needs to be cancelled is not found.", NotFound),
        (10148, "OrderId 7 cannot be cancelled, state: Filled.", InvalidOrder),
        (10197, "No market data during competing live session", Unavailable),
        (100, "Max rate of messages per second has been exceeded", RateLimited),
    ],
)
def test_a_code_and_its_words_are_one_leaf(code: int, words: str, leaf: type[BrokerError]) -> None:
    error = error_of(code, words)

    assert type(error) is leaf
    assert error.code == str(code)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (1100, Kind.UPSTREAM_LOST),
        (1101, Kind.RESTORED_EMPTY),
        (1102, Kind.RESTORED),
        (2104, Kind.INFORMATION),
        (2199, Kind.WARNING),
        (202, Kind.CANCELLED),
        (326, Kind.CLIENT_ID),
        (399, Kind.WARNING),
    ],
)
def test_messages_that_refuse_nothing_have_their_own_kinds(code: int, kind: Kind) -> None:
    assert code_of(code).kind is kind


def test_whatever_refuses_has_a_leaf_that_says_that_nothing_works_there() -> None:
    for number, code in CODES.items():
        if code.kind is Kind.REFUSED:
            assert issubclass(code.leaf, Rejected), number


@pytest.mark.parametrize(
    ("configured", "number", "port", "proven"),
    [
        (Mode.PAPER, "DU1234567", 4002, Mode.PAPER),
        (Mode.PAPER, "DF1234567", 12345, Mode.PAPER),  # pragma: allowlist secret
        (Mode.LIVE, "U1234567", 4001, Mode.LIVE),
        (Mode.PAPER, "U1234567", 4002, Mode.LIVE),  # the port alone proves nothing
        (Mode.PAPER, "DU1234567", 4001, Mode.LIVE),  # a contradiction is never a proof
        (Mode.LIVE, "DU1234567", 7496, Mode.PAPER),
        (Mode.LIVE, "U1234567", 7497, Mode.PAPER),
    ],
)
def test_the_account_number_with_the_port_proves_the_mode(
    configured: Mode, number: str, port: int, proven: Mode
) -> None:
    assert proven_mode(configured, number, port)[0] is proven


def test_the_usual_port_is_the_gateways_of_the_mode() -> None:
    assert endpoint_of(settings()).name == "127.0.0.1:4002"
    assert endpoint_of(settings(Mode.LIVE)).name == "127.0.0.1:4001"
    assert endpoint_of(settings(endpoint="http://10.0.0.5:7497")).name == "10.0.0.5:7497"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"prot": "4002"}, "options prot are unknown"),
        ({"port": "four"}, "options.port is 'four'"),
        ({"client_id": "0"}, "client ids count from one"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(options: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        endpoint_of(settings(**options))


@pytest.mark.parametrize(
    ("moment", "until"),
    [
        (datetime(2026, 3, 3, 4, 44, tzinfo=UTC), None),  # 23:44 New York
        (datetime(2026, 3, 3, 4, 45, tzinfo=UTC), datetime(2026, 3, 3, 5, 45, tzinfo=UTC)),
        (datetime(2026, 3, 3, 5, 44, tzinfo=UTC), datetime(2026, 3, 3, 5, 45, tzinfo=UTC)),  # after midnight
        (datetime(2026, 3, 3, 5, 45, tzinfo=UTC), None),
        (datetime(2026, 3, 1, 12, 0, tzinfo=UTC), datetime(2026, 3, 1, 22, 0, tzinfo=UTC)),  # Sunday
        (datetime(2026, 2, 28, 12, 0, tzinfo=UTC), None),  # Saturday
        (datetime(2026, 3, 8, 7, 30, tzinfo=UTC), datetime(2026, 3, 8, 21, 0, tzinfo=UTC)),  # the clocks change
    ],
)
def test_planned_outages_go_by_the_clock_in_new_york(moment: datetime, until: datetime | None) -> None:
    error = Unavailable("ibkr", "no connection")

    explained = outages_of({}, "ib").explain(error, moment)

    assert isinstance(explained, PlannedOutage) is (until is not None)
    assert getattr(explained, "until", None) == until


def test_an_outage_can_be_moved_or_left_out() -> None:
    noon = datetime(2026, 3, 3, 17, 0, tzinfo=UTC)
    error = Unavailable("ibkr", "no connection")

    assert isinstance(outages_of({"nightly_restart": "11:55-12:10"}, "ib").explain(error, noon), PlannedOutage)
    assert outages_of({"nightly_restart": "none", "weekly_login": "none"}, "ib").planned == {}
    with pytest.raises(ConfigError, match="no span"):
        outages_of({"nightly_restart": "at night"}, "ib")


def test_a_client_id_is_held_by_one_and_free_after_it(tmp_path: Path) -> None:
    ids = ClientIds(endpoint_of(settings(client_id="7", client_ids="2")), tmp_path)
    first, lock = next(ids.free())

    assert first == 7
    assert next(ids.free())[0] == 8
    with pytest.raises(Unavailable, match="held by another process"):
        ids.take(7)
    lock.release()
    ids.take(7).release()


def contract(**fields: object) -> Row:
    usual = {"secType": "STK", "symbol": "BRK B", "currency": "USD", "localSymbol": "BRK B"}
    return Row(usual | fields, "position")


def test_a_share_class_has_a_point_here_and_a_blank_there() -> None:
    assert instrument_of(contract()).symbol == "BRK.B"


def test_the_multiplier_is_the_contracts_own_and_never_a_hundred_by_habit() -> None:
    option = {"secType": "OPT", "symbol": "AAPL", "localSymbol": "AAPL1 260116C00150000"}

    assert instrument_of(contract(**option, multiplier="150")).multiplier == 150
    with pytest.raises(Unmapped):
        instrument_of(contract(**option, multiplier=None))


def test_a_class_nobody_wrote_for_is_told_apart_from_a_contract_nobody_can_name() -> None:
    with pytest.raises(UnknownAssetClass):
        instrument_of(contract(secType="BOND"))
    with pytest.raises(Unmapped):
        instrument_of(contract(secType="OPT", localSymbol="C AAPL DEC"))


def test_cash_is_read_by_currency_with_the_base_first() -> None:
    figures = [
        Figure("NetLiquidation", "1500.5", "USD"),
        Figure("SettledCash", "900", "USD"),
        Figure("BuyingPower", "4000", "USD"),
        Figure("CashBalance", "-20.25", "EUR"),
        Figure("ExchangeRate", "1.1481", "EUR"),
        Figure("CashBalance", "1000.10", "USD"),
        Figure("CashBalance", "976.85", "BASE"),
    ]

    base, euro = balances(figures)

    assert (base.currency, base.cash, base.settled_cash, base.equity) == (
        "USD",
        Decimal("1000.10"),
        Decimal(900),
        Decimal("1500.5"),
    )
    assert (euro.currency, euro.cash, euro.equity) == ("EUR", Decimal("-20.25"), None)
    assert (euro.rate, balances(figures[:3] + figures[5:6] + figures[3:4])[1].rate) == (Decimal("1.1481"), None)
    with pytest.raises(Malformed, match="SettledCash"):
        balances([one for one in figures if one.tag != "SettledCash"])
    with pytest.raises(Malformed, match="ledger has no cash"):
        balances([one for one in figures if one.tag != "CashBalance"])


@pytest.mark.parametrize(
    ("status", "filled", "completed", "state"),
    [
        ("PreSubmitted", 0, False, OrderState.WORKING),
        ("Submitted", 1, False, OrderState.PARTIALLY_FILLED),
        ("PendingCancel", 0, False, OrderState.WORKING),
        ("ValidationError", 0, False, OrderState.WORKING),
        ("Inactive", 0, False, OrderState.WORKING),
        ("Inactive", 0, True, OrderState.REJECTED),
        ("ApiCancelled", 1, False, OrderState.CANCELLED),
        ("Filled", 3, True, OrderState.FILLED),
    ],
)
def test_each_status_is_one_state(status: str, filled: int, completed: bool, state: OrderState) -> None:
    assert state_of(Row({"status": status}, "order"), Decimal(filled), completed) is state


def test_a_status_nobody_knows_is_never_guessed_at() -> None:
    with pytest.raises(Malformed, match="not a known status"):
        state_of(Row({"status": "Dreaming"}, "order"), Decimal(0), False)


def test_unset_numbers_are_missing_and_others_keep_every_digit() -> None:
    assert text(1.7976931348623157e308) is None
    assert text(2147483647) is None
    assert text(float("nan")) is None
    assert text(201.8829709) == "201.8829709"
    assert text(-3) == "-3"


def test_trading_hours_are_read_with_their_zone_and_closed_days_left_out() -> None:
    found = sessions("20260306:0930-20260306:1600;20260307:CLOSED;20260309:0930-20260309:1300", "US/Eastern")

    assert [one.opens_at for one in found] == [
        datetime(2026, 3, 6, 14, 30, tzinfo=UTC),
        datetime(2026, 3, 9, 13, 30, tzinfo=UTC),  # the clocks changed in between
    ]
    with pytest.raises(Malformed):
        sessions("20260306:0930", "US/Eastern")
