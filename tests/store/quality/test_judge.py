from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from sql.quality import CheckResult, Row, Verdict, judge
from sql.quality.subject import Subject
from sql.quality.types import verdict
from sql.schema.warehouse import quality_result, snapshot_position
from sql.snapshots import set_status
from sql.warehouse import Warehouse
from tests.store.quality.account import ACCOUNT, CAPTURED, DAY, Account, clean, position, spoil
from tieout.errors import StoreError
from tieout.ids import SnapshotId
from tieout.recon.types import Severity
from tieout.settings import Tolerances
from tieout.snapshots import SnapshotStatus

D = Decimal


def stored(warehouse: Warehouse, account: Account) -> Subject:
    with warehouse.write() as connection:
        return account.store(connection)


def judged(warehouse: Warehouse, subject: Subject, docs_dir: Path | None = None) -> Verdict:
    return judge(
        warehouse,
        subject.snapshot_id,
        account_id=ACCOUNT,
        business_date=DAY,
        captured_at=CAPTURED,
        tolerances=Tolerances(),
        docs_dir=docs_dir,
    )


def kept(warehouse: Warehouse, subject: Subject) -> list[Any]:
    chosen = select(quality_result).where(quality_result.c.snapshot_id == subject.snapshot_id)
    with warehouse.write() as connection:
        return list(connection.execute(chosen).all())


def test_a_clean_snapshot_is_accepted_with_every_suite_judged(shared: Warehouse) -> None:
    judgement = judged(shared, stored(shared, clean()))

    assert judgement.accepted
    assert judgement.critical_failures == judgement.warnings == ()
    assert [*dict.fromkeys(one.suite for one in judgement.results)] == [
        "snapshot",
        "balances",
        "positions",
        "orders",
        "executions",
        "activities",
        "vanished",
    ]


def test_an_empty_account_with_cash_is_accepted(shared: Warehouse) -> None:
    account = Account(positions=[], orders=[], executions=[])
    account.balances = [{"currency": "USD", "cash": D(100), "equity": D(100)}]

    assert judged(shared, stored(shared, account)).accepted


def test_warnings_alone_do_not_quarantine(shared: Warehouse) -> None:
    account = clean()
    spoil(account.orders, client_order_id="typed-by-hand")

    judgement = judged(shared, stored(shared, account))

    assert judgement.accepted
    assert [one.expectation for one in judgement.warnings] == ["expect_order_to_be_ours"]


def test_one_critical_failure_quarantines_and_tells_the_expectation_and_the_rows(shared: Warehouse) -> None:
    account = clean()
    spoil(account.positions, side="short")

    judgement = judged(shared, stored(shared, account))

    assert not judgement.accepted
    assert [one.told for one in judgement.critical_failures] == [
        "positions.expect_sign_to_agree_with_side: 1 of 5 rows [symbol AAPL, instrument_id 1, side short, quantity 10]"
    ]


@pytest.mark.parametrize("completeness", ["partial", "failed"])
def test_an_incomplete_snapshot_is_quarantined_before_its_rows_are_looked_at(
    shared: Warehouse, completeness: str
) -> None:
    account = clean()
    account.head |= {"completeness": completeness, "proof": {"notes": ["positions: page 2 was cut", "orders: 503"]}}
    spoil(account.positions, side="short")

    judgement = judged(shared, stored(shared, account))

    assert [one.expectation for one in judgement.results] == ["expect_snapshot_to_be_complete"]
    assert [one.observed for one in judgement.critical_failures] == [
        f"the snapshot is {completeness}: positions: page 2 was cut; orders: 503"
    ]


def test_answers_that_do_not_belong_together_are_quarantined_and_kept_exactly(shared: Warehouse) -> None:
    """A venue that says equity 100000 and cash 100000, and lists positions worth 12215.85."""
    account = clean()
    account.positions = [position(1, "AAPL", "equity", "81.439", "150")]
    account.baseline, account.executions, account.activities = [], [], []
    account.balances = [{"currency": "USD", "cash": D(100000), "equity": D(100000)}]
    subject = stored(shared, account)

    judgement = judged(shared, subject)

    assert [one.observed for one in judgement.critical_failures] == [
        "cash 100000 and positions 12215.85 do not make equity 100000 USD: off by -12215.85"
    ]
    rows = select(snapshot_position.c.quantity).where(snapshot_position.c.snapshot_id == subject.snapshot_id)
    with shared.write() as connection:
        assert connection.execute(rows).scalars().all() == [D("81.439")]


def test_unmapped_rows_are_a_warning_while_the_rest_makes_equity(shared: Warehouse) -> None:
    account = clean()
    account.head["unmapped"] = ['{"symbol": "???"}']

    judgement = judged(shared, stored(shared, account))

    assert judgement.accepted
    assert [one.observed for one in judgement.warnings] == ["1 of 6 rows are not mapped: coverage 83.3 %"]


@pytest.mark.parametrize(
    "unprovable",
    [
        lambda account: spoil(account.balances, equity=None),
        lambda account: spoil(account.balances, cash=D(4000)),
        lambda account: spoil(account.positions, market_value=None),
        lambda account: account.balances.append({"currency": "EUR", "cash": D(1)}),
    ],
)
def test_unmapped_rows_are_critical_where_they_may_carry_value(shared: Warehouse, unprovable: Any) -> None:
    account = clean()
    account.head["unmapped"] = ['{"symbol": "???"}']
    unprovable(account)

    judgement = judged(shared, stored(shared, account))

    assert "expect_unmapped_rows_to_be_worth_nothing" in [one.expectation for one in judgement.critical_failures]


def test_a_snapshot_of_another_day_than_asked_for_is_refused(shared: Warehouse) -> None:
    subject = stored(shared, clean())

    judgement = judge(
        shared,
        subject.snapshot_id,
        account_id=ACCOUNT,
        business_date=DAY + timedelta(days=1),
        captured_at=CAPTURED,
        tolerances=Tolerances(),
        docs_dir=None,
    )

    assert [one.expectation for one in judgement.critical_failures] == ["expect_snapshot_asked_for"]


def test_prices_from_before_the_cutoff_are_a_warning(shared: Warehouse) -> None:
    subject = stored(shared, clean())

    judgement = judge(
        shared,
        subject.snapshot_id,
        account_id=ACCOUNT,
        business_date=DAY,
        captured_at=CAPTURED,
        tolerances=Tolerances(),
        docs_dir=None,
        priced_since=CAPTURED,
    )

    assert judgement.accepted
    assert [(one.expectation, one.rows_failed) for one in judgement.warnings] == [("expect_price_to_be_fresh", 5)]


def test_a_wider_tolerance_accepts_what_a_narrow_one_does_not(shared: Warehouse) -> None:
    account = clean()
    spoil(account.balances, cash=D(5100))
    subject = stored(shared, account)
    wide = Tolerances(value={}, default_value=D("0.01"))

    assert not judged(shared, subject).accepted
    assert judge(
        shared,
        subject.snapshot_id,
        account_id=ACCOUNT,
        business_date=DAY,
        captured_at=CAPTURED,
        tolerances=wide,
        docs_dir=None,
    ).accepted


def test_a_first_snapshot_has_nothing_that_could_vanish(shared: Warehouse) -> None:
    account = clean()
    account.baseline = []
    judgement = judged(shared, stored(shared, account))

    assert next(one for one in judgement.results if one.suite == "vanished").observed == "nothing vanished"


def test_every_result_is_kept_beside_the_snapshot(shared: Warehouse) -> None:
    account = clean()
    spoil(account.positions, side="short")
    subject = stored(shared, account)

    judgement = judged(shared, subject)

    rows = {(row.suite, row.expectation): row for row in kept(shared, subject)}
    assert len(rows) == len(judgement.results)
    row = rows["positions", "expect_sign_to_agree_with_side"]
    assert (row.account_id, row.severity, row.success, row.rows_failed) == (ACCOUNT, "critical", False, 1)
    assert row.sample == [{"symbol": "AAPL", "instrument_id": "1", "side": "short", "quantity": "10"}]


def test_judging_again_gives_the_same_and_keeps_it_once(shared: Warehouse) -> None:
    subject = stored(shared, clean())

    first, second = judged(shared, subject), judged(shared, subject)

    assert first == second
    assert len(kept(shared, subject)) == len(second.results)


def test_judging_again_after_the_status_was_set_gives_the_same(shared: Warehouse) -> None:
    account = clean()
    account.head["completeness"] = "partial"
    subject = stored(shared, account)
    first = judged(shared, subject)
    with shared.write() as connection:
        set_status(connection, subject.snapshot_id, SnapshotStatus.QUARANTINED, first.critical_failures[0].told)

    assert judged(shared, subject) == first


def test_only_rows_of_the_snapshot_are_judged(shared: Warehouse) -> None:
    spoiled = clean()
    spoil(spoiled.positions, side="short")
    stored(shared, spoiled)

    assert judged(shared, stored(shared, clean())).accepted


def test_a_snapshot_that_is_not_stored_is_an_error(shared: Warehouse) -> None:
    with pytest.raises(StoreError, match="stored 0 times"):
        judge(
            shared,
            SnapshotId(7),
            account_id=ACCOUNT,
            business_date=DAY,
            captured_at=CAPTURED,
            tolerances=Tolerances(),
            docs_dir=None,
        )


def test_an_account_name_is_never_read_as_sql_or_as_a_parameter(shared: Warehouse) -> None:
    subject = stored(shared, clean())

    judgement = judge(
        shared,
        subject.snapshot_id,
        account_id="o'neill :main -- \\",  # type: ignore[arg-type]
        business_date=DAY,
        captured_at=CAPTURED,
        tolerances=Tolerances(),
        docs_dir=None,
    )

    failed = {one.expectation for one in judgement.critical_failures}
    assert failed == {
        "expect_snapshot_asked_for",
        "expect_balance_of_this_account",
        "expect_position_of_this_account",
        "expect_order_of_this_account",
        "expect_execution_of_this_account",
        "expect_activity_of_this_account",
        "expect_nothing_to_vanish",  # its statement explains nothing either
    }


def a_result(severity: Severity, success: bool) -> CheckResult:
    return CheckResult("positions", "expect_x", severity, success, "1 of 2 rows", 1, (Row(symbol="AAPL"),))


@pytest.mark.parametrize(
    ("severity", "success", "accepted"),
    [
        (Severity.CRITICAL, True, True),
        (Severity.CRITICAL, False, False),
        (Severity.WARNING, False, True),
        (Severity.INFO, False, True),
    ],
)
def test_only_a_critical_failure_quarantines(severity: Severity, success: bool, accepted: bool) -> None:
    assert verdict((a_result(severity, success),)).accepted is accepted


def test_a_row_reads_as_text_and_stores_as_json() -> None:
    row = Row(symbol="AAPL", quantity="10")

    assert str(row) == "symbol AAPL, quantity 10"
    assert json.dumps(row) == '{"symbol": "AAPL", "quantity": "10"}'
