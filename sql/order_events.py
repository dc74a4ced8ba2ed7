"""The history of intents, line by line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, select

from sql.audit import ACTOR, append
from sql.rows import chunks, read_rows
from sql.schema.journal import order_event
from tieout.ids import IntentId
from tieout.placement import Event, Placement

_EVENT = insert(order_event)


def append_events(connection: Connection, placement: Placement, events: Sequence[Event], now: datetime) -> None:
    """Add lines to an intent's history, each with the state that the intent has by then; `now` is UTC."""
    about = {
        "intent_id": placement.intent.intent_id,
        "account_id": placement.intent.account_id,
        "client_order_id": placement.intent.order.client_order_id,
        "at": now,
    }
    after = {"state": placement.state.value, "version": placement.version}
    rows = [about | {"event": one.kind, "detail": {"words": one.words, "call": one.call} | after} for one in events]
    if rows:
        connection.execute(_EVENT, rows)
        told = [f"{one.kind}: {one.words}" if one.words else one.kind for one in events]
        audit_order(connection, f"order.{events[-1].kind}", placement, after | {"events": told}, now)


def audit_order(
    connection: Connection, action: str, placement: Placement, more: Mapping[str, object], now: datetime
) -> None:
    """Write into the audit trail what was decided about an intent."""
    order = {"account_id": placement.intent.account_id, "client_order_id": placement.intent.order.client_order_id}
    detail = order | dict(more)
    append(connection, actor=ACTOR, action=action, subject=placement.intent.intent_id, detail=detail, now=now)


def read_calls(connection: Connection, ids: Collection[IntentId]) -> dict[IntentId, list[str]]:
    """What people had to be told of each intent, oldest first; an intent without any is left out."""
    found: dict[IntentId, list[str]] = defaultdict(list)
    for chunk in chunks(list(ids)):
        wanted = select(order_event).where(order_event.c.intent_id.in_(chunk)).order_by(order_event.c.event_id)
        for row in read_rows(connection, wanted):
            if row["detail"].get("call"):
                found[IntentId(row["intent_id"])].append(f"{row['event']}: {row['detail']['words']}")
    return found
