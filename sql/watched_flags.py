"""What the transfers watch saw last of each account."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from sql.schema.journal import account_flags as table
from tieout.ids import AccountId


def read_watched(connection: Connection, account_id: AccountId) -> tuple[dict[str, str] | None, datetime | None]:
    """Flags at the last look, and up to when transfers have been told; None where nobody has looked."""
    row: Any = connection.execute(select(table).where(table.c.account_id == account_id)).first()
    return (None, None) if row is None else (row.flags, row.watched_until)


def record_watched(
    connection: Connection, account_id: AccountId, flags: Mapping[str, str], until: datetime, now: datetime
) -> None:
    """Note what was seen."""
    connection.execute(delete(table).where(table.c.account_id == account_id))
    row = {"account_id": account_id, "flags": dict(flags), "seen_at": now, "watched_until": until}
    connection.execute(insert(table), row)
