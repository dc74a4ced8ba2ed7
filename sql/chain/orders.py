"""From an order to its decision, its fills, and what the broker says of it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table, or_, select

from sql.rows import read_rows
from sql.schema import journal as journal_tables
from sql.schema import warehouse as tables
from tieout.errors import StoreError


def order_chain(journal: Connection, warehouse: Connection, order_id: str) -> dict[str, Any]:
    """Everything known of one order: our intent, what was sent and seen, its executions, the broker's own rows.

    order_id    our client order id, or the broker's
    raises      StoreError where nobody knows the order
    """
    wanted = order_id.strip()
    orders = _any_id(journal, journal_tables.broker_order, {wanted})
    ids = {wanted} | {row["client_order_id"] for row in orders} | {row["broker_order_id"] for row in orders}
    ids.discard(None)
    intents = _by(journal, journal_tables.intent, "client_order_id", ids)
    signals = _by(journal, journal_tables.signal, "signal_id", {row["signal_id"] for row in intents} - {None})
    chain = {
        "signals": signals,
        "intents": intents,
        "events": _by(journal, journal_tables.order_event, "client_order_id", ids),
        "orders": orders,
        "executions": _any_id(journal, journal_tables.execution, ids),
        "statement_executions": _any_id(warehouse, tables.statement_execution, ids),
        "snapshot_orders": _any_id(warehouse, tables.snapshot_order, ids),
    }
    if not any(chain.values()):
        raise StoreError(f"no order {wanted!r} is known: neither to the journal nor to any statement or snapshot")
    return chain


def _any_id(connection: Connection, table: Table, ids: set[str]) -> list[dict[str, Any]]:
    condition = or_(table.c.client_order_id.in_(sorted(ids)), table.c.broker_order_id.in_(sorted(ids)))
    return read_rows(connection, select(table).where(condition))


def _by(connection: Connection, table: Table, column: str, ids: set[str]) -> list[dict[str, Any]]:
    return read_rows(connection, select(table).where(table.c[column].in_(sorted(ids)))) if ids else []
