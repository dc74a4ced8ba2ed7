"""A break that a person resolves: its evidence is looked up, and what is booked stands with the case or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, func, select

from sql.cases import append_by_hand, calendar_of, case_history, read_case
from sql.journal import Journal
from sql.record_rows import ACTIVITIES, EXECUTIONS, Kind, Record
from sql.records import append_activities, append_executions
from sql.reference import read_instruments
from sql.rows import read_rows
from sql.schema import journal as journal_tables
from sql.schema import warehouse as tables
from sql.warehouse import Warehouse
from tieout.errors import DataError
from tieout.ids import AccountId
from tieout.recon.by_hand import (
    DOCUMENT,
    HandResolution,
    Way,
    adjustment,
    complete,
    require_unchanged,
    words,
)
from tieout.recon.cases import Case, CaseChange, CaseEvent, resolve_by_hand
from tieout.records import Activity, Execution, RecordStatus
from tieout.sessions import Sessions
from tieout.snapshots import SnapshotStatus

_KINDS = {"execution": EXECUTIONS, "activity": ACTIVITIES}
_STATED = {"execution": tables.statement_execution, "activity": tables.statement_activity}
_RANK = {RecordStatus.EXECUTED.value: 0, RecordStatus.CORRECTED.value: 1, RecordStatus.CANCELLED.value: 2}


@dataclass(frozen=True, slots=True)
class Agreed:
    """What people agreed to.

    by       their names, of which one proposed it
    terms    as `HandResolution.as_terms` wrote them
    """

    act_id: str
    by: str
    reason: str
    terms: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A wish whose evidence was found, and what it would book."""

    case: Case
    wish: HandResolution
    records: tuple[Record, ...]


def prepare(journal: Journal, warehouse: Warehouse, wish: HandResolution, act_id: str, now: datetime) -> Prepared:
    """Look everything up, and write nothing.

    raises    StoreError where there is no such break; DataError where the wish does not fit it, or its evidence is
              nowhere
    """
    with journal.read() as ours, warehouse.read() as theirs:
        return _prepared(ours, theirs, wish, act_id, now)


def carry_out(journal: Journal, warehouse: Warehouse, break_id: str, agreed: Agreed, now: datetime) -> Case:
    """Book what was agreed to, and resolve the case, in one transaction. Done twice, it was done once.

    raises    as `prepare`; DataError too where the figures are no longer those that people saw
    """
    wish = HandResolution.of_terms(break_id, agreed.terms)
    with warehouse.read() as theirs, journal.write() as ours:
        case = read_case(ours, break_id)
        if _is_done(ours, break_id, agreed.act_id):
            return case
        require_unchanged(case, agreed.terms)
        ready = _prepared(ours, theirs, wish, agreed.act_id, now)
        _book(ours, ready, agreed, now)
        after = resolve_by_hand(case, agreed.by, words(ready.wish), booked=bool(ready.records), until=wish.until)
        append_by_hand(ours, CaseChange(CaseEvent.RESOLVED, after, _detail(ready, agreed)), agreed.by, now)
        return after


def _prepared(ours: Connection, theirs: Connection, wish: HandResolution, act_id: str, now: datetime) -> Prepared:
    case = read_case(ours, wish.break_id)
    filled = complete(wish, case, Sessions(calendar_of(ours, case.account_id)))
    for source, key in filled.proof:
        _require_there(ours, theirs, case.account_id, source, key)
    return Prepared(case, filled, tuple(_records(ours, theirs, case, filled, act_id, now)))


def _records(
    ours: Connection, theirs: Connection, case: Case, wish: HandResolution, act_id: str, now: datetime
) -> list[Record]:
    match wish.way:
        case Way.STATEMENT:
            return [_accepted(ours, theirs, case.account_id, kind, key) for kind, key in wish.named_rows]
        case Way.TAKE_BACK:
            return [_cancelled(ours, case.account_id, kind, key) for kind, key in wish.named_rows]
        case Way.ADJUST:
            one = case.instrument_id
            held = None if one is None else read_instruments(ours, [one])[one]
            return [adjustment(wish, case, held, act_id, _seen_at(theirs, case) or now)]
        case Way.WAIT:
            return []


def _accepted(ours: Connection, theirs: Connection, account_id: AccountId, kind: str, key: str) -> Record:
    """The broker's row as a record that stands; a correction where ours says something else."""
    table, column = _STATED[kind], _KINDS[kind].key
    rows = read_rows(theirs, select(table).where(table.c.account_id == account_id, table.c[column] == key))
    if not rows:
        raise DataError(f"{kind} {key} is in no statement of {account_id}")
    row = max(rows, key=lambda one: _RANK[one["status"]])
    known = _revisions(ours, _KINDS[kind], account_id, key)
    _require_new(kind, key, known, row)
    stands = RecordStatus.CORRECTED if known else RecordStatus.EXECUTED
    ids = [row["instrument_id"]] if row["instrument_id"] is not None else []
    return _KINDS[kind].record(row | {"status": stands.value}, read_instruments(ours, ids))


def _require_new(kind: str, key: str, known: Sequence[Mapping[str, Any]], row: Mapping[str, Any]) -> None:
    same = [_KINDS[kind].same_content(one, row) for one in known]
    if any(one["status"] == RecordStatus.CANCELLED.value for one in known) or any(same[:-1]):
        raise DataError(f"{kind} {key} was booked and taken back before: adjust the difference instead")
    if any(same):
        raise DataError(f"{kind} {key} is in the book as the broker states it: it is not what differs")


def _cancelled(ours: Connection, account_id: AccountId, kind: str, key: str) -> Record:
    """Our row as a record that takes it back."""
    known = _revisions(ours, _KINDS[kind], account_id, key)
    if not known:
        raise DataError(f"{kind} {key} is not in the book of {account_id}: there is nothing to take back")
    if any(one["status"] == RecordStatus.CANCELLED.value for one in known):
        raise DataError(f"{kind} {key} was taken back before: adjust the difference instead")
    row = known[-1]
    ids = [row["instrument_id"]] if row["instrument_id"] is not None else []
    return replace(_KINDS[kind].record(row, read_instruments(ours, ids)), status=RecordStatus.CANCELLED)


def _revisions(ours: Connection, kind: Kind, account_id: AccountId, key: str) -> list[dict[str, Any]]:
    table = kind.table
    wanted = select(table).where(table.c.account_id == account_id, table.c[kind.key] == key)
    return read_rows(ours, wanted.order_by(table.c.revision))


def _book(ours: Connection, ready: Prepared, agreed: Agreed, now: datetime) -> None:
    name = ready.case.account_id
    reverses = ready.wish.way is Way.TAKE_BACK
    how: dict[str, Any] = {
        "sessions": Sessions(calendar_of(ours, name)),
        "source": "resolution",
        "evidence": _detail(ready, agreed) | {"took_back_for" if reverses else "break_id": ready.case.break_id},
        "now": now,
    }
    append_executions(ours, name, [one for one in ready.records if isinstance(one, Execution)], **how)
    append_activities(ours, name, [one for one in ready.records if isinstance(one, Activity)], **how)


def _detail(ready: Prepared, agreed: Agreed) -> dict[str, Any]:
    return {
        "act": agreed.act_id,
        "by": agreed.by,
        "reason": agreed.reason,
        "how": ready.wish.way.value,
        "rows": list(ready.wish.rows),
        "proof": [f"{source}:{key}" for source, key in ready.wish.proof],
    }


def _is_done(ours: Connection, break_id: str, act_id: str) -> bool:
    return any(one["detail"].get("act") == act_id for one in case_history(ours, break_id))


def _require_there(ours: Connection, theirs: Connection, account_id: AccountId, source: str, key: str) -> None:
    if source == DOCUMENT:
        return
    place: dict[str, tuple[Connection, Table, str]] = {
        "execution": (ours, journal_tables.execution, "execution_id"),
        "activity": (ours, journal_tables.activity, "activity_id"),
        "statement_execution": (theirs, tables.statement_execution, "execution_id"),
        "statement_activity": (theirs, tables.statement_activity, "activity_id"),
        "snapshot": (theirs, tables.snapshot, "snapshot_id"),
    }
    connection, table, column = place[source]
    if source == "snapshot" and not key.isdigit():
        raise DataError(f"evidence snapshot:{key}: its id is a number")
    value = int(key) if source == "snapshot" else key
    wanted = select(func.count()).select_from(table).where(table.c.account_id == account_id, table.c[column] == value)
    if not connection.execute(wanted).scalar_one():
        where = "our book" if connection is ours else "what the broker sent"
        raise DataError(f"evidence {source}:{key} is not in {where} for {account_id}")


def _seen_at(theirs: Connection, case: Case) -> datetime | None:
    """When the broker showed the figure that the case was last seen with, UTC."""
    table = tables.snapshot
    wanted = select(func.max(table.c.captured_at)).where(
        table.c.account_id == case.account_id,
        table.c.business_date == case.last_seen,
        table.c.status == SnapshotStatus.ACCEPTED.value,
    )
    rows: Sequence[Any] = [row[0] for row in theirs.execute(wanted)]
    found: datetime | None = rows[0] if rows else None
    return found
