"""Trades as they stand in the journal, with who decided them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import insert

from sql.fills import book_fills
from sql.placements import append_intent
from sql.records import append_executions
from sql.schema.fills import venue_exit
from sql.trades import read_trades
from tests.databases import Stores
from tests.store.examples import ACCOUNT, EVENING, FRIDAY, NEXT_EVENING, NOON, SESSIONS, THURSDAY, TUESDAY, a_fill
from tests.store.orders.samples import a_placement
from tieout.blotter import Trade
from tieout.ids import AccountId, BrokerOrderId
from tieout.records import Execution, RecordStatus


def fill(stores: Stores, *executions: Execution, account: str = ACCOUNT, late: bool = False) -> None:
    with stores.journal.write() as connection:
        now = NEXT_EVENING if late else EVENING
        append_executions(connection, AccountId(account), executions, sessions=SESSIONS, source="order", now=now)


def trades(
    stores: Stores,
    since: date = THURSDAY,
    until: date = TUESDAY,
    account: str | None = None,
    *,
    cancelled: bool = False,
) -> list[Trade]:
    with stores.journal.read() as connection:
        return read_trades(connection, since, until, AccountId(account) if account else None, cancelled=cancelled)


def test_trades_are_found_by_session_and_account(stores: Stores) -> None:
    later = NOON + timedelta(days=1)
    fill(stores, a_fill("e-1"), a_fill("e-2", executed_at=later))
    fill(stores, a_fill("e-3", executed_at=later), account="second")

    assert [one.execution for one in trades(stores, account=ACCOUNT)] == [
        a_fill("e-1"),
        a_fill("e-2", executed_at=later),
    ]
    assert [(one.account_id, one.trade_date, one.settles_on) for one in trades(stores, until=THURSDAY)] == [
        (ACCOUNT, THURSDAY, FRIDAY)
    ]
    assert len(trades(stores)) == 3
    assert len(trades(stores, date.min, date.max)) == 3


def test_a_corrected_trade_stands_as_corrected_on_its_own_day_and_a_bust_is_left_out(stores: Stores) -> None:
    fill(stores, a_fill("e-1"), a_fill("e-2"))
    corrected = a_fill("e-1", price=Decimal("150.20"), status=RecordStatus.CORRECTED)
    fill(stores, corrected, a_fill("e-2", status=RecordStatus.CANCELLED), late=True)

    (one,) = trades(stores)
    assert (one.execution.price, one.trade_date, one.settles_on) == (Decimal("150.20"), THURSDAY, FRIDAY)
    assert [each.execution.status.value for each in trades(stores, cancelled=True)] == ["corrected", "cancelled"]


def test_a_trade_names_its_intent_and_who_decided_it(stores: Stores) -> None:
    placed = a_placement()
    placed = replace(placed, intent=replace(placed.intent, proposer="mean"))
    exit_row = {
        "account_id": ACCOUNT,
        "broker_order_id": "b-9",
        "intent_id": placed.intent.intent_id,
        "kind": "stop_loss",
        "state": "filled",
        "filled": Decimal(10),
        "updated_at": EVENING,
    }
    with stores.journal.write() as connection:
        append_intent(connection, placed, (), now=EVENING)
        book_fills(connection, ACCOUNT, [(placed, [a_fill("e-1")])], sessions=SESSIONS, now=EVENING)
        connection.execute(insert(venue_exit), exit_row)
    fill(stores, a_fill("e-2", broker_order_id=BrokerOrderId("b-9")), a_fill("e-3"))

    found = [(one.execution.execution_id, one.intent_id, one.strategy) for one in trades(stores)]
    mine = placed.intent.intent_id
    assert found == [("e-1", mine, "mean"), ("e-2", mine, "mean"), ("e-3", None, "")]
