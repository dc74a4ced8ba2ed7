"""Exits at the venue, in the journal: each tied to the intent of its entry, and its executions in the book once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from sql.fills import SOURCE
from sql.records import append_executions
from sql.rows import read_rows
from sql.schema.fills import exit_plan
from sql.schema.fills import venue_exit as table
from sql.schema.journal import execution as executions
from tieout.exits import ExitKind, exits_of
from tieout.ids import AccountId, BrokerOrderId, ClientOrderId, IntentId
from tieout.money import ZERO
from tieout.orders import OrderReport, OrderState, Side
from tieout.placement import Placement
from tieout.records import Execution
from tieout.sessions import Sessions
from tieout.venue_exits import VenueExit, belongs, first_seen, took


def keep_exits(connection: Connection, row: Placement, report: OrderReport, now: datetime) -> tuple[VenueExit, ...]:
    """Take in what a report of an entry says of its exits; all that are known of it, in the venue's sequence.

    now    UTC
    """
    if not exits_of(row.intent.order):
        return ()
    _lock(connection, row.intent.intent_id)
    known = {one.broker_order_id: one for one in read_exits(connection, row.intent.intent_id)}
    for leg in report.legs:
        before = known.get(leg.broker_order_id)
        after = took(before or first_seen(row, leg), leg, now)
        known[leg.broker_order_id] = after
        if after != before:
            _write(connection, after, now)
    return tuple(known.values())


def read_exits(connection: Connection, intent_id: IntentId) -> tuple[VenueExit, ...]:
    """The exits of an entry that the venue has shown, take-profit before stop-loss."""
    wanted = select(table).where(table.c.intent_id == intent_id)
    rows = read_rows(connection, wanted.order_by(table.c.kind.desc(), table.c.broker_order_id))
    return tuple(exit_of(row) for row in rows)


def book_exit(
    connection: Connection, one: VenueExit, fetched: Sequence[Execution], *, sessions: Sessions, now: datetime
) -> VenueExit:
    """Book an exit's executions, each once whoever booked it first, and count what the book holds of it.

    fetched    a whole list of the account's executions
    raises     StoreError where a known id comes with another content and is neither a correction nor a bust
    """
    _lock(connection, one.intent_id)
    mine = [replace(fill, broker_order_id=one.broker_order_id) for fill in fetched if belongs(fill, one)]
    append_executions(connection, one.account_id, mine, sessions=sessions, source=SOURCE, now=now)
    standing = next(
        each for each in read_exits(connection, one.intent_id) if each.broker_order_id == one.broker_order_id
    )
    counted = replace(standing, booked=_booked(connection, one), counted_at=now)
    _write(connection, counted, now)
    return counted


def _booked(connection: Connection, one: VenueExit) -> Decimal:
    """Units as they traded: a correction counts with its newest quantity, what was taken back with what it was."""
    of_order = (executions.c.account_id == one.account_id) & (executions.c.broker_order_id == one.broker_order_id)
    rows = read_rows(connection, select(executions).where(of_order).order_by(executions.c.revision))
    return sum({row["execution_id"]: row["quantity"] for row in rows}.values(), ZERO)


def _lock(connection: Connection, intent_id: IntentId) -> None:
    """Two who look after the same exits do it one after the other."""
    wanted = select(exit_plan.c.intent_id).where(exit_plan.c.intent_id == intent_id)
    connection.execute(wanted.with_for_update() if connection.dialect.name == "postgresql" else wanted)


def _write(connection: Connection, one: VenueExit, now: datetime) -> None:
    mine = (table.c.account_id == one.account_id) & (table.c.broker_order_id == one.broker_order_id)
    connection.execute(delete(table).where(mine))
    connection.execute(insert(table).values(_row(one) | {"updated_at": now}))


def _row(one: VenueExit) -> dict[str, Any]:
    return {
        "account_id": one.account_id,
        "broker_order_id": one.broker_order_id,
        "intent_id": one.intent_id,
        "client_order_id": one.client_order_id,
        "kind": one.kind.value,
        "side": one.side.value if one.side else None,
        "price": one.price,
        "quantity": one.quantity,
        "state": one.state.value,
        "filled": one.filled,
        "booked": one.booked,
        "ended_at": one.ended_at,
        "counted_at": one.counted_at,
    }


def exit_of(row: Mapping[str, Any]) -> VenueExit:
    """The exit that a row of the journal holds."""
    return VenueExit(
        AccountId(row["account_id"]),
        BrokerOrderId(row["broker_order_id"]),
        IntentId(row["intent_id"]),
        ClientOrderId(row["client_order_id"]) if row["client_order_id"] else None,
        ExitKind(row["kind"]),
        Side(row["side"]) if row["side"] else None,
        row["price"],
        row["quantity"],
        OrderState(row["state"]),
        row["filled"],
        row["booked"],
        row["ended_at"],
        row["counted_at"],
    )
