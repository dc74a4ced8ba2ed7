"""What people announced, in the journal: said once, matched once, and each step in the audit trail."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from sql import audit
from sql.rows import read_rows
from sql.schema.transfers import expected_transfer as table
from tieout.announced import WAITING, AnnouncedState, Announcement
from tieout.errors import StoreError
from tieout.ids import AccountId
from tieout.transfers import Movement, Terms, What

EVERY = frozenset(AnnouncedState)


def append_announcement(connection: Connection, one: Announcement, now: datetime) -> None:
    """Write down what is expected; the same again changes nothing."""
    known = select(table.c.announced_id).where(table.c.announced_id == one.announced_id)
    if connection.execute(known).first() is not None:
        return
    connection.execute(insert(table), _row(one))
    detail = {"account_id": one.account_id, "expects": one.words, "reason": one.reason}
    audit.append(connection, actor=one.by, action="transfer.expected", subject=one.announced_id, detail=detail, now=now)


def read_announced(
    connection: Connection,
    account_id: AccountId | None = None,
    states: Iterable[AnnouncedState] = EVERY,
    *,
    lock: bool = False,
) -> list[Announcement]:
    """Announcements, the one that must happen first on top.

    lock    nobody else decides about them until the transaction ends
    """
    wanted = select(table).where(table.c.state.in_(sorted(states)))
    if account_id is not None:
        wanted = wanted.where(table.c.account_id == account_id)
    wanted = wanted.order_by(table.c.until, table.c.since, table.c.announced_id)
    if lock and connection.dialect.name == "postgresql":
        wanted = wanted.with_for_update()
    return [_announcement(row) for row in read_rows(connection, wanted)]


def note_seen(connection: Connection, seen: Iterable[Movement], now: datetime) -> None:
    """Note which announcements came, and which of them nobody waits for any more."""
    for movement in seen:
        if movement.announced_id is None:
            continue
        over = movement.key == movement.announced_id
        state = AnnouncedState.MISSED if over else AnnouncedState.CAME
        _decide(connection, movement.announced_id, state, now, None if over else movement.key)


def revoke_announcement(connection: Connection, announced_id: str, by: str, reason: str, now: datetime) -> None:
    """Take an announcement back.

    raises    StoreError where none of that id waits
    """
    if not _decide(connection, announced_id, AnnouncedState.REVOKED, now, None):
        raise StoreError(f"{announced_id}: nothing of that id is waited for; `tieout transfers list` shows what is")
    detail = {"reason": reason}
    audit.append(connection, actor=by, action="transfer.revoked", subject=announced_id, detail=detail, now=now)


def _decide(
    connection: Connection, announced_id: str, state: AnnouncedState, now: datetime, movement: str | None
) -> int:
    waits = (table.c.announced_id == announced_id) & table.c.state.in_(sorted(WAITING))
    values = {"state": state.value, "decided_at": now, "movement": movement}
    return int(connection.execute(update(table).where(waits).values(values)).rowcount)


def _row(one: Announcement) -> dict[str, Any]:
    return {
        "announced_id": one.announced_id,
        "account_id": one.account_id,
        "what": one.terms.what.value,
        "subject": one.terms.subject,
        "value": one.terms.value,
        "announced_by": one.by,
        "reason": one.reason,
        "since": one.since,
        "until": one.until,
        "state": one.state.value,
        "decided_at": one.decided_at,
        "movement": one.key,
    }


def _announcement(row: Mapping[str, Any]) -> Announcement:
    return Announcement(
        row["announced_id"],
        AccountId(row["account_id"]),
        Terms(What(row["what"]), row["subject"], row["value"]),
        row["announced_by"],
        row["reason"],
        row["since"],
        row["until"],
        AnnouncedState(row["state"]),
        row["decided_at"],
        row["movement"],
    )
