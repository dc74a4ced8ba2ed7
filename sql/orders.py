"""What venues said of our own orders, the latest report of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, insert

from sql.schema.journal import broker_order, order_event
from tieout.ids import AccountId, InstrumentId
from tieout.orders import OrderReport


def record_order_reports(
    journal: Connection,
    account_id: AccountId,
    reports: Sequence[OrderReport],
    ids: Mapping[str, InstrumentId],
    now: datetime,
) -> None:
    """Keep the newest report of each order, and every report as an event.

    ids    instrument ids by canonical symbol
    now    UTC
    """
    for report in reports:
        known = and_(broker_order.c.account_id == account_id, broker_order.c.broker_order_id == report.broker_order_id)
        journal.execute(delete(broker_order).where(known))
        journal.execute(insert(broker_order).values(_row(account_id, report, ids, now)))
        journal.execute(insert(order_event).values(_event(account_id, report, now)))


def _row(account_id: AccountId, report: OrderReport, ids: Mapping[str, InstrumentId], now: datetime) -> dict[str, Any]:
    return {
        "account_id": account_id,
        "broker_order_id": report.broker_order_id,
        "client_order_id": report.client_order_id,
        "instrument_id": ids[report.instrument.symbol] if report.instrument else None,
        "side": report.side.value if report.side else None,
        "quantity": report.quantity,
        "filled_quantity": report.filled_quantity,
        "average_fill_price": report.average_fill_price,
        "limit_price": report.limit_price,
        "state": report.state.value,
        "venue_status": report.venue_status,
        "submitted_at": report.submitted_at,
        "updated_at": report.updated_at or now,
    }


def _event(account_id: AccountId, report: OrderReport, now: datetime) -> dict[str, Any]:
    return {
        "intent_id": None,
        "account_id": account_id,
        "client_order_id": report.client_order_id,
        "event": report.state.value,
        "at": report.updated_at or now,
        "detail": {"broker_order_id": report.broker_order_id, "filled_quantity": str(report.filled_quantity)},
    }
