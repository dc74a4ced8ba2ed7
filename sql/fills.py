"""Executions of our own orders, in the book."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, tuple_

from sql.record_rows import EXECUTIONS
from sql.records import append_executions
from sql.reference import read_instruments
from sql.rows import chunks, read_rows
from sql.schema.journal import execution
from tieout.ids import AccountId, ClientOrderId, InstrumentId, IntentId
from tieout.instruments import Instrument
from tieout.placement import Placement
from tieout.records import Execution
from tieout.sessions import Sessions

SOURCE = "order"
_IN_ORDER = (execution.c.executed_at, execution.c.execution_id, execution.c.revision)


def book_fills(
    connection: Connection,
    account_id: AccountId,
    found: Sequence[tuple[Placement, Sequence[Execution]]],
    *,
    sessions: Sessions,
    now: datetime,
) -> dict[IntentId, tuple[Execution, ...]]:
    """Book the executions of an account's orders under their client order ids, each once, and give all that stand now.

    raises    StoreError where a known id comes with another content and is neither a correction nor a bust
    """
    ours = [
        replace(one, client_order_id=row.intent.order.client_order_id)
        for row, executions in found
        for one in executions
    ]
    append_executions(connection, account_id, ours, sessions=sessions, source=SOURCE, now=now)
    return read_fills(connection, [row for row, _ in found])


def read_fills(connection: Connection, rows: Collection[Placement]) -> dict[IntentId, tuple[Execution, ...]]:
    """The booked executions of each order, oldest first, busts with their status; every order has an entry."""
    keys = {(row.intent.account_id, row.intent.order.client_order_id): row.intent.intent_id for row in rows}
    found: dict[IntentId, dict[str, dict[str, Any]]] = {key: {} for key in keys.values()}
    for chunk in chunks(sorted(keys)):
        mine = tuple_(execution.c.account_id, execution.c.client_order_id).in_(chunk)
        for row in read_rows(connection, select(execution).where(mine).order_by(*_IN_ORDER)):
            key = keys[AccountId(row["account_id"]), ClientOrderId(row["client_order_id"])]
            found[key][row["execution_id"]] = row  # the newest revision is read last
    traded = {row["instrument_id"] for each in found.values() for row in each.values()}
    instruments = read_instruments(connection, traded)
    return {key: tuple(_execution(row, instruments) for row in each.values()) for key, each in found.items()}


def _execution(row: Mapping[str, Any], instruments: Mapping[InstrumentId, Instrument]) -> Execution:
    return EXECUTIONS.record(row, instruments)  # type: ignore[return-value]
