"""The history of intents, line by line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import Connection, select

from sql.rows import chunks, read_rows
from sql.schema.journal import order_event
from tieout.ids import IntentId


def read_calls(connection: Connection, ids: Collection[IntentId]) -> dict[IntentId, list[str]]:
    """What people had to be told of each intent, oldest first; an intent without any is left out."""
    found: dict[IntentId, list[str]] = defaultdict(list)
    for chunk in chunks(list(ids)):
        wanted = select(order_event).where(order_event.c.intent_id.in_(chunk)).order_by(order_event.c.event_id)
        for row in read_rows(connection, wanted):
            if row["detail"].get("call"):
                found[IntentId(row["intent_id"])].append(f"{row['event']}: {row['detail']['words']}")
    return found
