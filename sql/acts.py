"""Acts that people must agree to, in the journal: asked once, decided once, and each step in the audit trail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from sql import audit
from sql.rows import read_rows
from sql.schema.journal import act as table
from tieout.acts import Act, ActState
from tieout.agreement import ActKind
from tieout.errors import StoreError


def ask(connection: Connection, one: Act) -> None:
    """Write down what somebody wants done."""
    row = {field.name: getattr(one, field.name) for field in fields(one)}
    row |= {"kind": one.kind.value, "state": one.state.value, "agreed": list(one.agreed), "terms": dict(one.terms)}
    connection.execute(insert(table), row)
    _audit(connection, one, "asked", one.proposer, one.asked_at)


def read_open(connection: Connection, now: datetime) -> list[Act]:
    """Acts that still can be agreed to, and those that were agreed to and not carried out; the oldest first."""
    waits = (table.c.state == ActState.ASKED.value) & (table.c.until > now)
    wanted = select(table).where(waits | (table.c.state == ActState.AGREED.value)).order_by(table.c.asked_at)
    return [_act(row) for row in read_rows(connection, wanted)]


def lock_act(connection: Connection, act_id: str) -> Act:
    """One act, which nobody else changes until the transaction ends.

    raises    StoreError where there is none
    """
    wanted = select(table).where(table.c.act_id == act_id)
    if connection.dialect.name == "postgresql":
        wanted = wanted.with_for_update()
    found = read_rows(connection, wanted)
    if not found:
        raise StoreError(f"{act_id}: nobody asked for that; `tieout approve` lists what waits")
    return _act(found[0])


def agree(connection: Connection, one: Act, person: str, now: datetime) -> tuple[str, ...]:
    """Note one person's yes; all who have said it."""
    agreed = (*one.agreed, person)
    connection.execute(update(table).where(table.c.act_id == one.act_id).values(agreed=list(agreed)))
    _audit(connection, one, "agreed", person, now)
    return agreed


def move(connection: Connection, one: Act, state: ActState, person: str, now: datetime) -> None:
    """Say how far it got."""
    values = {"state": state.value, "decided_at": now, "decided_by": person}
    connection.execute(update(table).where(table.c.act_id == one.act_id).values(values))
    _audit(connection, one, state.value if state is not ActState.AGREED else "decided", person, now)


def count_wrong_code(connection: Connection, act_id: str) -> None:
    """Count an answer that was not proven."""
    mine = update(table).where(table.c.act_id == act_id)
    connection.execute(mine.values(wrong_codes=table.c.wrong_codes + 1))


def standing(connection: Connection, kind: ActKind, subject: str) -> Act | None:
    """The last act of a kind about something, where it was carried out and not revoked since."""
    mine = (table.c.kind == kind.value, table.c.subject == subject)
    over = table.c.state.in_([ActState.DONE.value, ActState.REVOKED.value])
    rows = read_rows(connection, select(table).where(*mine, over).order_by(table.c.decided_at.desc()).limit(1))
    return _act(rows[0]) if rows and rows[0]["state"] == ActState.DONE.value else None


def _act(row: Mapping[str, Any]) -> Act:
    return Act(
        row["act_id"],
        ActKind(row["kind"]),
        row["subject"],
        row["terms"],
        row["proposer"],
        row["reason"],
        row["needed"],
        row["asked_at"],
        row["until"],
        tuple(row["agreed"]),
        ActState(row["state"]),
    )


def _audit(connection: Connection, one: Act, what: str, actor: str, now: datetime) -> None:
    detail = {"kind": one.kind, "of": one.subject, "reason": one.reason, "needed": one.needed, "terms": one.terms}
    audit.append(connection, actor=actor, action=f"act.{what}", subject=one.act_id, detail=detail, now=now)
