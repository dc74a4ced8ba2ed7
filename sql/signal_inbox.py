"""The table into which other programs write their signals. What stands there is text of strangers."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from sql.rows import read_rows
from sql.schema.journal import signal_inbox as table
from tieout.ids import SignalId


@dataclass(frozen=True, slots=True)
class InboxRow:
    """A row that nobody has read yet; `payload` as bytes, whatever the program wrote."""

    inbox_id: int
    strategy: str | None
    payload: bytes


def read_inbox(connection: Connection, limit: int) -> list[InboxRow]:
    """Rows without an answer, the oldest first."""
    unread = (table.c.signal_id.is_(None), table.c.reason.is_(None))
    wanted = select(table).where(*unread).order_by(table.c.inbox_id).limit(limit)
    return [
        InboxRow(row["inbox_id"], _text(row["strategy"]), _bytes(row["payload"]))
        for row in read_rows(connection, wanted)
    ]


def answer(connection: Connection, inbox_id: int, signal_id: SignalId, reason: str | None) -> None:
    """Write beside a row what became of it."""
    values = {"signal_id": signal_id, "reason": reason}
    connection.execute(update(table).where(table.c.inbox_id == inbox_id).values(values))


def _text(value: object) -> str | None:
    """SQLite gives back whatever type was written, whatever the column says."""
    return None if value is None or value == "" else str(value)


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "backslashreplace")
