"""The history of an intent, line by line."""

from __future__ import annotations

from sqlalchemy import Connection, select

from sql.rows import read_rows
from sql.schema.journal import order_event
from tieout.ids import IntentId


def read_calls(connection: Connection, intent_id: IntentId) -> list[str]:
    """What people had to be told of an intent, oldest first."""
    wanted = select(order_event).where(order_event.c.intent_id == intent_id).order_by(order_event.c.event_id)
    rows = read_rows(connection, wanted)
    return [f"{row['event']}: {row['detail']['words']}" for row in rows if row["detail"].get("call")]
