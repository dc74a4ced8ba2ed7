"""Executions of our own orders, in the book."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from sql.load import query
from sql.record_rows import EXECUTIONS
from sql.records import append_executions
from sql.reference import read_instruments
from sql.rows import read_rows
from tieout.ids import AccountId, ClientOrderId
from tieout.records import Execution
from tieout.sessions import Sessions

SOURCE = "order"


def book_fills(
    connection: Connection,
    account_id: AccountId,
    client_order_id: ClientOrderId,
    fills: Sequence[Execution],
    *,
    sessions: Sessions,
    now: datetime,
) -> tuple[Execution, ...]:
    """Book an order's executions under its client order id, each once, and give all that stand for it now.

    raises    StoreError where a known id comes with another content and is neither a correction nor a bust
    """
    ours = [replace(one, client_order_id=client_order_id) for one in fills]
    append_executions(connection, account_id, ours, sessions=sessions, source=SOURCE, now=now)
    return read_fills(connection, account_id, client_order_id)


def read_fills(connection: Connection, account_id: AccountId, client_order_id: ClientOrderId) -> tuple[Execution, ...]:
    """The booked executions of an order, oldest first, busts with their status."""
    binds = {"account_id": account_id, "client_order_id": client_order_id}
    rows = read_rows(connection, query("fills_of_order"), binds)
    instruments = read_instruments(connection, {row["instrument_id"] for row in rows})
    return tuple(EXECUTIONS.record(row, instruments) for row in rows)  # type: ignore[misc]
