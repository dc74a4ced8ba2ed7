"""The audit trail in the journal: one hash-chained list of events per database, appended to by any number of processes.

What is appended in a transaction of `Journal.write` is written by its last statement before the commit, in one go. So
the end of the chain is locked for as short as can be, and last of all: no transaction that holds it waits for anything,
and none can deadlock over it. An event stands if and only if its transaction does.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, Text, bindparam, insert, select, type_coerce, update

from sql.load import query
from sql.schema.journal import audit_chain as chain
from sql.schema.journal import audit_event as table
from sql.types import canonical_json
from tieout.audit import GENESIS, Anchor, AuditEvent, Head, Verification, sealed, verify
from tieout.redact import redact_json, redact_text

ACTOR = "tieout"  # where no person decided
PENDING = "tieout_audit"  # execution option of a writing connection: the list of what is to be appended at its end
LONGEST_WORD, LONGEST_SUBJECT = 64, 200  # characters of the columns
_AT_ONCE = 5_000  # rows that a walk over the chain holds in memory
_INSERT = insert(table).values(detail=type_coerce(bindparam("written"), Text))
_COLUMNS = (
    table.c.event_id,
    table.c.at,
    table.c.actor,
    table.c.action,
    table.c.subject,
    table.c.account_id,
    type_coerce(table.c.detail, Text).label("detail"),  # as it stands there: another spelling is an edit too
    table.c.previous_hash,
    table.c.event_hash,
)


class Said(NamedTuple):
    """One event before it has its place in the chain."""

    at: datetime
    actor: str
    action: str
    subject: str
    account_id: str | None
    detail: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events are read; None and empty are no restriction.

    since, until    UTC, [since, until)
    action          the whole of it, or its beginning up to a dot: `order` finds `order.sending`
    """

    since: datetime | None = None
    until: datetime | None = None
    action: str | None = None
    actor: str | None = None
    subject: str | None = None
    account_id: str | None = None


def append(
    connection: Connection, *, actor: str, action: str, subject: str, detail: Mapping[str, object], now: datetime
) -> None:
    """Add one event to the trail; it stands if the transaction does.

    actor      a person's name, or `tieout`
    action     a word and its object, `breaker.lifted`
    subject    what it was done to
    detail     JSON-able; secrets are removed here as well, by the rules of `tieout/redact.py`. `account_id` in it also
               goes into a column
    now        UTC
    """
    account = detail.get("account_id")
    said = Said(
        now.astimezone(UTC),
        _text(actor, LONGEST_WORD),
        _text(action, LONGEST_WORD),
        _text(subject, LONGEST_SUBJECT),
        None if account is None else _text(str(account), LONGEST_WORD),
        _clean(canonical_json(redact_json(json.loads(canonical_json(dict(detail)))))),
    )
    pending = connection.get_execution_options().get(PENDING)
    if pending is None:
        write_pending(connection, [said])
    else:
        pending.append(said)


def write_pending(connection: Connection, pending: Sequence[Said]) -> None:
    """Write what a transaction has to say, at its end."""
    if not pending:
        return
    end = connection.execute(query("lock_audit_chain"), {"genesis": GENESIS}).one()
    last = Head(end.event_id, end.event_hash)
    rows = []
    for said in pending:
        event = sealed(AuditEvent(last.number + 1, *said, previous_hash=last.event_hash))
        last = Head(event.number, event.event_hash)
        rows.append(_row(event, said))
    connection.execute(_INSERT, rows)
    connection.execute(update(chain).values(event_id=last.number, event_hash=last.event_hash))


def read_head(connection: Connection) -> Head:
    """Where the chain ends by the store's own word."""
    found = connection.execute(select(chain)).first()
    return Head(0, GENESIS) if found is None else Head(found.event_id, found.event_hash)


def read_events(
    connection: Connection, wanted: Wanted | None = None, *, newest: int | None = None
) -> Iterator[AuditEvent]:
    """Events, oldest first.

    newest    only so many, the newest of all
    """
    statement = _where(select(*_COLUMNS), wanted or Wanted())
    if newest is not None:
        rows = connection.execute(statement.order_by(table.c.event_id.desc()).limit(newest)).all()
        yield from (_event(row) for row in reversed(rows))
        return
    ordered = statement.order_by(table.c.event_id).execution_options(yield_per=_AT_ONCE)
    for row in connection.execute(ordered):
        yield _event(row)


def verify_chain(connection: Connection, anchors: Sequence[Anchor] = ()) -> Verification:
    """Walk over the whole chain, in one consistent view."""
    head = read_head(connection)
    return verify(read_events(connection), head, anchors)


def last_of(connection: Connection, action: str) -> dict[str, Any] | None:
    """The detail of the newest event of an action; None where there is none."""
    newest = select(table.c.detail).where(table.c.action == action).order_by(table.c.event_id.desc()).limit(1)
    found: dict[str, Any] | None = connection.execute(newest).scalar()
    return found


def _where(statement: Select[Any], wanted: Wanted) -> Select[Any]:
    exact = {"actor": wanted.actor, "subject": wanted.subject, "account_id": wanted.account_id}
    for name, value in exact.items():
        if value is not None:
            statement = statement.where(table.c[name] == value)
    if wanted.action is not None:
        of_kind = table.c.action.startswith(f"{wanted.action}.", autoescape=True)
        statement = statement.where((table.c.action == wanted.action) | of_kind)
    if wanted.since is not None:
        statement = statement.where(table.c.at >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(table.c.at < wanted.until)
    return statement


def _row(event: AuditEvent, said: Said) -> dict[str, Any]:
    row = said._asdict()
    row["written"] = row.pop("detail")
    return row | {
        "event_id": event.number,
        "previous_hash": event.previous_hash,
        "event_hash": event.event_hash,
    }


def _event(row: Row[Any]) -> AuditEvent:
    return AuditEvent(*tuple(row))


def _text(value: str, longest: int) -> str:
    return _clean(redact_text(value))[:longest]


def _clean(text: str) -> str:
    """What no store takes is shown instead of kept: NUL, and halves of characters."""
    return text.replace("\x00", "\N{SYMBOL FOR NULL}").encode("utf-8", "replace").decode()
