from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from sql.records import instrument_ids
from sql.rows import read_rows
from sql.schema import warehouse as tables
from sql.snapshots import (
    Baseline,
    append_snapshot,
    find_snapshot,
    read_baseline,
    read_raw,
    read_snapshot,
    set_status,
    snapshot_id_of,
)
from tests.databases import Stores
from tests.store.examples import (
    AAPL,
    ACCOUNT,
    EVENING,
    FRIDAY,
    NOON,
    PUT,
    SESSIONS,
    THURSDAY,
    TUESDAY,
    a_dividend,
    a_fill,
)
from tieout.errors import StoreError
from tieout.ids import AccountId, BrokerOrderId, InstrumentId, RunId, SnapshotId
from tieout.orders import OrderReport, OrderState, Side
from tieout.records import Fetched, Statement
from tieout.snapshots import Balance, Completeness, Position, Proof, RawAnswer, Snapshot, SnapshotStatus

RUN = RunId("alpaca-main-20260115-01")
STOCK = Position(AAPL, Decimal("10.5"), Decimal(150), Decimal(151), Decimal("1585.5"), Decimal(1575), side="long")
OPTION = Position(PUT, Decimal(-2), Decimal("1.5"), None, None, None, side="short", priced_at=EVENING)
ORDER = OrderReport(BrokerOrderId("o-1"), None, OrderState.WORKING, AAPL, Side.BUY, Decimal(5), Decimal(0))
ODD_ORDER = OrderReport(BrokerOrderId("o-2"), None, OrderState.UNKNOWN, None, None, None, Decimal(0))


def a_snapshot(**changed: Any) -> Snapshot:
    fields: dict[str, Any] = {
        "account_id": ACCOUNT,
        "business_date": THURSDAY,
        "captured_at": EVENING,
        "positions": (STOCK, OPTION),
        "balances": (Balance("USD", Decimal("1000.01"), None, Decimal(2500)),),
        "open_orders": (ORDER, ODD_ORDER),
        "proof": Proof(Completeness.COMPLETE, 2, agreed=True, pages={"orders": 1}, broker_time=EVENING),
        "raw": (RawAnswer("positions", "/v2/positions", 200, EVENING, b'[{"qty":"10.5"}]'),),
    }
    return Snapshot(**(fields | changed))


def a_statement() -> Statement:
    return Statement(
        NOON - timedelta(days=1),
        EVENING,
        Fetched((a_fill(), a_fill("e-2", PUT)), pages=1),
        Fetched((a_dividend(),), pages=2, unmapped=('{"odd": 1}',)),
    )


@pytest.fixture
def ids(stores: Stores) -> Mapping[str, InstrumentId]:
    with stores.journal.write() as connection:
        return instrument_ids(connection, [AAPL, PUT])


def append(
    stores: Stores,
    ids: Mapping[str, InstrumentId],
    snapshot: Snapshot,
    *,
    run_id: RunId = RUN,
    statement: Statement | None = None,
    baseline: Baseline | None = None,
) -> SnapshotId:
    with stores.warehouse.write() as connection:
        return append_snapshot(
            connection, snapshot, run_id=run_id, ids=ids, statement=statement, baseline=baseline, sessions=SESSIONS
        )


def test_a_snapshot_comes_back_row_by_row(stores: Stores, ids: Mapping[str, InstrumentId]) -> None:
    snapshot_id = append(stores, ids, a_snapshot())
    assert snapshot_id == snapshot_id_of(ACCOUNT, THURSDAY, RUN)
    with stores.warehouse.write() as connection:
        head = read_snapshot(connection, snapshot_id)
        assert (head.account_id, head.business_date, head.captured_at) == (ACCOUNT, THURSDAY, EVENING)
        assert (head.completeness, head.status) == (Completeness.COMPLETE, SnapshotStatus.PENDING)
        assert (head.positions, head.run_id, head.reason) == (2, RUN, None)
        table = tables.snapshot_position
        option, stock = read_rows(connection, select(table).order_by(table.c.quantity))
        assert (stock["instrument_id"], stock["quantity"]) == (ids["AAPL"], Decimal("10.5"))
        assert (option["symbol"], option["strike"], option["option_right"]) == (PUT.symbol, Decimal(150), "put")
        assert (option["market_value"], option["priced_at"], option["expiration"]) == (None, EVENING, FRIDAY)
        balance = read_rows(connection, select(tables.snapshot_balance))[0]
        assert (balance["cash"], balance["settled_cash"], balance["equity"]) == (Decimal("1000.01"), None, 2500)
        orders = read_rows(connection, select(tables.snapshot_order).order_by(tables.snapshot_order.c.broker_order_id))
        assert [row["instrument_id"] for row in orders] == [ids["AAPL"], None]
        assert read_raw(connection, snapshot_id) == a_snapshot().raw


def test_a_statement_is_kept_with_its_window_and_its_sessions(stores: Stores, ids: Mapping[str, InstrumentId]) -> None:
    baseline = Baseline(SnapshotId(7), THURSDAY - timedelta(days=1), NOON)
    append(stores, ids, a_snapshot(), statement=a_statement(), baseline=baseline)
    with stores.warehouse.write() as connection:
        head = read_rows(connection, select(tables.statement))[0]
        assert (head["since"], head["until"], head["complete"], head["pages"]) == (
            a_statement().since,
            EVENING,
            True,
            3,
        )
        assert (head["baseline_snapshot_id"], head["baseline_date"]) == (7, baseline.business_date)
        assert head["unmapped"] == ['{"odd": 1}']
        executions = read_rows(connection, select(tables.statement_execution))
        assert {row["business_date"] for row in executions} == {THURSDAY}
        assert {row["settles_on"] for row in executions} == {FRIDAY}
        activity = read_rows(connection, select(tables.statement_activity))[0]
        assert (activity["kind"], activity["amount"], activity["settles_on"]) == ("dividend", Decimal("2.40"), FRIDAY)


def test_a_snapshot_written_again_is_left_as_it_is(stores: Stores, ids: Mapping[str, InstrumentId]) -> None:
    first = append(stores, ids, a_snapshot(), statement=a_statement())
    assert append(stores, ids, a_snapshot(positions=()), statement=a_statement()) == first
    with stores.warehouse.write() as connection:
        for table, rows in ((tables.snapshot, 1), (tables.snapshot_position, 2), (tables.statement_execution, 2)):
            assert connection.execute(select(func.count()).select_from(table)).scalar() == rows


def test_duplicates_are_kept_for_the_quality_gate_to_find(stores: Stores, ids: Mapping[str, InstrumentId]) -> None:
    append(stores, ids, a_snapshot(positions=(STOCK, STOCK)))
    with stores.warehouse.write() as connection:
        assert connection.execute(select(func.count()).select_from(tables.snapshot_position)).scalar() == 2


def test_an_empty_snapshot_is_a_snapshot(stores: Stores, ids: Mapping[str, InstrumentId]) -> None:
    flat = a_snapshot(positions=(), balances=(), open_orders=(), raw=())
    snapshot_id = append(stores, ids, flat)
    with stores.warehouse.write() as connection:
        assert read_snapshot(connection, snapshot_id).positions == 0


def test_an_instrument_without_a_key_stores_nothing(stores: Stores) -> None:
    with pytest.raises(StoreError, match="AAPL has no instrument_id"):
        append(stores, {}, a_snapshot())
    with stores.warehouse.write() as connection:
        assert find_snapshot(connection, snapshot_id_of(ACCOUNT, THURSDAY, RUN)) is None


def test_the_status_of_a_snapshot_is_set_with_its_reason(stores: Stores, ids: Mapping[str, InstrumentId]) -> None:
    snapshot_id = append(stores, ids, a_snapshot())
    with stores.warehouse.write() as connection:
        set_status(connection, snapshot_id, SnapshotStatus.QUARANTINED, "cash + positions ≠ equity")
    with stores.warehouse.write() as connection:
        stored = read_snapshot(connection, snapshot_id)
    assert (stored.status, stored.reason) == (SnapshotStatus.QUARANTINED, "cash + positions ≠ equity")


def test_a_snapshot_that_is_not_there_is_named(stores: Stores) -> None:
    with stores.warehouse.write() as connection, pytest.raises(StoreError, match="no snapshot 12"):
        set_status(connection, SnapshotId(12), SnapshotStatus.ACCEPTED, None)


def test_the_baseline_is_the_last_accepted_snapshot_of_an_earlier_session(
    stores: Stores, ids: Mapping[str, InstrumentId]
) -> None:
    def keep(day: date, run: str, status: SnapshotStatus, **changed: Any) -> SnapshotId:
        snapshot = a_snapshot(business_date=day, captured_at=EVENING + (day - THURSDAY), **changed)
        snapshot_id = append(stores, ids, snapshot, run_id=RunId(run))
        with stores.warehouse.write() as connection:
            set_status(connection, snapshot_id, status, None)
        return snapshot_id

    keep(THURSDAY, "r1", SnapshotStatus.ACCEPTED)
    friday = keep(FRIDAY, "r2", SnapshotStatus.ACCEPTED)
    keep(FRIDAY, "r3", SnapshotStatus.QUARANTINED)
    keep(TUESDAY, "r4", SnapshotStatus.ACCEPTED)
    keep(FRIDAY, "r5", SnapshotStatus.ACCEPTED, account_id=AccountId("other"))
    with stores.warehouse.write() as connection:
        assert read_baseline(connection, ACCOUNT, TUESDAY) == Baseline(friday, FRIDAY, EVENING + timedelta(days=1))
        assert read_baseline(connection, ACCOUNT, THURSDAY) is None


def test_raw_answers_survive_any_byte(stores: Stores, ids: Mapping[str, InstrumentId]) -> None:
    odd = RawAnswer("orders", "/v2/orders", 500, EVENING, bytes(range(256)) * 10)
    snapshot_id = append(stores, ids, replace(a_snapshot(), raw=(odd,)))
    with stores.warehouse.write() as connection:
        assert read_raw(connection, snapshot_id) == (odd,)
