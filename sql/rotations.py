"""Where each credential's rotation stands, and its history. No secret is ever given to this module."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from sql.audit import ACTOR, append
from sql.leases import Lease, check_token
from sql.rows import read_rows
from sql.schema.journal import credential_event, credential_rotation
from tieout.credentials import CredentialId
from tieout.errors import StoreError
from tieout.expiry import Notice
from tieout.redact import redact_text
from tieout.rotation_types import Event, Part, Phase, Rotation

_COLUMNS = (
    "number",
    "label",
    "former",
    "issued_at",
    "access_until",
    "refresh_until",
    "deadline",
    "not_before",
    "reason",
    "version",
)
_DETAIL = ("rounds", "tries", "old_refused", "venue_account")
NOTICE = "notice"
_MOMENTS = ("begun_at", "sent_at")


def read_rotation(connection: Connection, credential_id: CredentialId, part: Part) -> Rotation | None:
    """One part of one credential; None where nothing is known of it yet."""
    wanted = (credential_rotation.c.credential_id == credential_id, credential_rotation.c.part == part.value)
    found = read_rows(connection, select(credential_rotation).where(*wanted))
    return _row(found[0]) if found else None


def read_rotations(connection: Connection) -> tuple[Rotation, ...]:
    """Every row, by credential and part."""
    table = credential_rotation
    found = read_rows(connection, select(table).order_by(table.c.credential_id, table.c.part))
    return tuple(_row(one) for one in found)


def save_rotation(
    connection: Connection, row: Rotation, events: Sequence[Event] = (), *, lease: Lease, now: datetime
) -> None:
    """Write a row in the place of the version before it, with what happened, which goes into the audit trail too.

    raises    StoreError where the lease is no longer ours, or the row has changed meanwhile
    """
    check_token(connection, lease)
    table = credential_rotation
    key = (table.c.credential_id == row.credential_id) & (table.c.part == row.part.value)
    before = read_rows(connection, select(table.c.version).where(key))
    if before and before[0]["version"] >= row.version:
        raise StoreError(f"{row.credential_id}: its {row.part} row has changed meanwhile; read it again")
    connection.execute(delete(table).where(key))
    connection.execute(insert(table).values(**_values(row), updated_at=now))
    for event in events:
        connection.execute(insert(credential_event).values(**_event(row, event), at=now))
        note(connection, row, event.kind, event.words, now=now)


def note(connection: Connection, row: Rotation, what: str, words: str, *, now: datetime, actor: str = ACTOR) -> None:
    """One step in the audit trail: which version of which credential, and what came of it. Never the secret."""
    detail = {
        "part": row.part.value,
        "version": row.label,
        "former": row.former,
        "number": row.number,
        "phase": row.phase.value,
        "words": words,
    }
    append(connection, actor=actor, action=f"credential.{what}", subject=row.credential_id, detail=detail, now=now)


def read_events(connection: Connection, credential_id: CredentialId | None = None) -> list[dict[str, Any]]:
    """What happened, oldest first."""
    table = credential_event
    wanted = select(table).order_by(table.c.event_id)
    if credential_id is not None:
        wanted = wanted.where(table.c.credential_id == credential_id)
    return read_rows(connection, wanted)


def untold_events(connection: Connection) -> list[dict[str, Any]]:
    """What a person must hear of and has not been told."""
    table = credential_event
    return read_rows(
        connection, select(table).where(table.c.call, table.c.told_at.is_(None)).order_by(table.c.event_id)
    )


def record_notices(connection: Connection, notices: Iterable[Notice], now: datetime) -> None:
    """Note deadlines that a person must hear of, each once: its key is the same for the same news."""
    table = credential_event
    for one in notices:
        same = (table.c.credential_id == one.credential_id, table.c.notice == one.key)
        if read_rows(connection, select(table.c.event_id).where(*same)):
            continue
        row = {"credential_id": one.credential_id, "part": NOTICE, "number": 0, "phase": NOTICE, "notice": one.key}
        told = {"event": one.severity.value, "words": redact_text(one.words), "call": True, "at": now}
        connection.execute(insert(table).values(**row, **told))


def record_told(connection: Connection, event_ids: Sequence[int], now: datetime) -> None:
    """Note that a person was told."""
    table = credential_event
    connection.execute(update(table).where(table.c.event_id.in_(list(event_ids))).values(told_at=now))


def _row(found: dict[str, Any]) -> Rotation:
    detail = dict(found["detail"])
    more: dict[str, Any] = {name: found[name] for name in _COLUMNS} | {name: detail[name] for name in _DETAIL}
    more |= {name: datetime.fromisoformat(detail[name]) for name in _MOMENTS if detail.get(name)}
    return Rotation(
        credential_id=CredentialId(found["credential_id"]),
        part=Part(found["part"]),
        phase=Phase(found["phase"]),
        **more,
    )


def _values(row: Rotation) -> dict[str, Any]:
    moments = {name: moment.isoformat() for name in _MOMENTS if (moment := getattr(row, name)) is not None}
    return {
        "credential_id": row.credential_id,
        "part": row.part.value,
        "phase": row.phase.value,
        **{name: getattr(row, name) for name in _COLUMNS},
        "reason": redact_text(row.reason),
        "detail": {name: getattr(row, name) for name in _DETAIL} | moments,
    }


def _event(row: Rotation, event: Event) -> dict[str, Any]:
    return {
        "credential_id": row.credential_id,
        "part": row.part.value,
        "number": row.number,
        "phase": row.phase.value,
        "event": event.kind[:32],
        "words": redact_text(event.words),
        "call": event.call,
    }
