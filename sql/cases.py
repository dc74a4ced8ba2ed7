"""Break cases in the journal: as they stand, as they stood, how they came there, and taking a resolution back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select, update

from sql import audit
from sql.case_rows import as_row, case_from_json, case_of_row
from sql.journal import Journal
from sql.record_rows import ACTIVITIES, EXECUTIONS, Kind, Record
from sql.records import append_activities, append_executions
from sql.reference import read_instruments
from sql.rows import chunks, read_rows
from sql.schema import journal as tables
from tieout.errors import DataError, StoreError
from tieout.ids import AccountId, BreakId, RunId
from tieout.recon.cases import Case, CaseChange, CaseEvent, undo
from tieout.recon.plainly import plainly
from tieout.recon.types import CaseState
from tieout.records import Activity, Execution, RecordStatus
from tieout.sessions import Sessions

_HISTORY_ONLY = ("booked", "undone", "closed_on")  # fields of a case that its events keep and the table does not
_DECISIONS = frozenset({CaseEvent.RESOLVED, CaseEvent.UNDONE})  # the others are findings, and stand in the history
NOT_CLOSED = (CaseState.OPEN, CaseState.RESOLVED)


def read_cases(
    connection: Connection,
    account_id: AccountId | None = None,
    as_of: date | datetime | None = None,
    states: Collection[CaseState] | None = NOT_CLOSED,
) -> list[dict[str, Any]]:
    """Cases as rows of `break_case`, with what their history adds, oldest first.

    account_id    None for all accounts
    as_of         None for now; a date: after the runs of that session; an aware moment: as recorded then
    states        None for all
    """
    cases = _now(connection, account_id) if as_of is None else _then(connection, account_id, as_of)
    wanted = [one for one in cases if states is None or one.state in states]
    return [as_row(one) for one in sorted(wanted, key=lambda one: (one.first_seen, one.break_id))]


def case_history(connection: Connection, break_id: str) -> list[dict[str, Any]]:
    """Every event of a case, oldest first; `detail` holds the case after it and what proves it."""
    table = tables.break_event
    return read_rows(connection, select(table).where(table.c.break_id == break_id).order_by(table.c.event_id))


def read_case(connection: Connection, break_id: str) -> Case:
    """One case as it stands.

    raises    StoreError where there is no such break
    """
    found = cases_by_id(connection, [BreakId(break_id)])
    if not found:
        raise StoreError(f"there is no break {break_id}; `tieout breaks` lists the open ones")
    return found[BreakId(break_id)]


def cases_by_id(connection: Connection, ids: Iterable[BreakId]) -> dict[BreakId, Case]:
    """Those of the named cases that exist."""
    table = tables.break_case
    found: dict[BreakId, Case] = {}
    for chunk in chunks(sorted(set(ids))):
        found |= _with_history(connection, select(table).where(table.c.break_id.in_(chunk)))
    return found


def not_closed(connection: Connection, account_id: AccountId) -> dict[BreakId, Case]:
    """The account's cases that are open or resolved."""
    table = tables.break_case
    states = [state.value for state in NOT_CLOSED]
    return _with_history(connection, select(table).where(table.c.account_id == account_id, table.c.state.in_(states)))


def before_run(connection: Connection, run_id: RunId) -> dict[BreakId, Case | None]:
    """Cases that a run has changed already, as they stood before it: where a run that was killed begins again."""
    table = tables.break_event
    touched = select(table.c.break_id, func.min(table.c.event_id).label("first")).where(table.c.run_id == run_id)
    found: dict[BreakId, Case | None] = {}
    for name, first in connection.execute(touched.group_by(table.c.break_id)).all():
        earlier = select(table).where(table.c.break_id == name, table.c.event_id < first)
        rows = read_rows(connection, earlier.order_by(table.c.event_id.desc()).limit(1))
        found[BreakId(name)] = case_from_json(rows[0]["detail"]["case"]) if rows else None
    return found


def append_changes(
    connection: Connection,
    changes: Sequence[CaseChange],
    *,
    run_id: RunId,
    business_date: date,
    actor: str,
    now: datetime,
    detail: Mapping[str, Any] | None = None,
) -> int:
    """Write events and bring the cases up to them; an event that the run has written before is left out.

    detail     what every event of this step carries besides its case
    returns    how many events are new
    """
    table = tables.break_event
    written = connection.execute(select(table.c.break_id, table.c.event).where(table.c.run_id == run_id))
    known = {(name, event) for name, event in written}
    new = [one for one in changes if (one.case.break_id, one.event.value) not in known]
    for change in new:
        _append_event(connection, change, run_id, business_date, actor, now, detail or {})
        _write_case(connection, change.case, now)
    return len(new)


def undo_resolution(journal: Journal, break_id: str, actor: str, reason: str, now: datetime) -> Case:
    """Take a resolution back: what it booked is reversed, the case is open, and no rule resolves it again.

    actor, reason    who and why, kept with the case
    raises           StoreError where there is no such break; DataError where nothing was resolved
    """
    with journal.write() as connection:
        case = read_case(connection, break_id)
        if case.state is CaseState.OPEN:
            raise DataError(f"break {break_id} is open: there is no resolution to take back")
        if case.state is CaseState.CLOSED and not case.booked:
            raise DataError(f"break {break_id} is closed and nothing was booked for it: there is nothing to take back")
        sessions = Sessions(calendar_of(connection, case.account_id))
        taken_back = _reverse(connection, case, sessions, actor, reason, now)
        change = undo(case, actor, reason)
        change = replace(change, detail=change.detail | {"reversed": taken_back})
        append_by_hand(connection, change, actor, now)
        return change.case


def append_by_hand(connection: Connection, change: CaseChange, actor: str, now: datetime) -> None:
    """Write down what a person did to a case: it belongs to the run that saw the case last, and to today's session."""
    case = change.case
    last_run = RunId(case_history(connection, case.break_id)[-1]["run_id"])
    today = Sessions(calendar_of(connection, case.account_id)).business_date(now)
    _append_event(connection, change, last_run, today, actor, now, {})
    _write_case(connection, case, now)


def _now(connection: Connection, account_id: AccountId | None) -> list[Case]:
    wanted = select(tables.break_case)
    if account_id is not None:
        wanted = wanted.where(tables.break_case.c.account_id == account_id)
    return list(_with_history(connection, wanted).values())


def _then(connection: Connection, account_id: AccountId | None, as_of: date | datetime) -> list[Case]:
    """Each case after its last event up to then."""
    table = tables.break_event
    until = table.c.at <= as_of if isinstance(as_of, datetime) else table.c.business_date <= as_of
    last = select(func.max(table.c.event_id)).where(until).group_by(table.c.break_id)
    rows = read_rows(connection, select(table.c.detail).where(table.c.event_id.in_(last)))
    cases = [case_from_json(row["detail"]["case"]) for row in rows]
    return [one for one in cases if account_id is None or one.account_id == account_id]


def _with_history(connection: Connection, wanted: Select[Any]) -> dict[BreakId, Case]:
    rows = {BreakId(row["break_id"]): row for row in read_rows(connection, wanted)}
    table = tables.break_event
    for chunk in chunks(sorted(rows)):
        last = select(func.max(table.c.event_id)).where(table.c.break_id.in_(chunk)).group_by(table.c.break_id)
        for event in read_rows(connection, select(table).where(table.c.event_id.in_(last))):
            kept = event["detail"]["case"]
            rows[event["break_id"]] |= {
                "booked": kept["booked"],
                "undone": kept["undone"],
                "closed_on": date.fromisoformat(kept["closed_on"]) if kept["closed_on"] else None,
            }
    return {name: case_of_row(row) for name, row in rows.items()}


def _append_event(
    connection: Connection,
    change: CaseChange,
    run_id: RunId,
    business_date: date,
    actor: str,
    now: datetime,
    detail: Mapping[str, Any],
) -> None:
    row = {
        "break_id": change.case.break_id,
        "run_id": run_id,
        "business_date": business_date,
        "event": change.event.value,
        "at": now,
        "actor": actor,
        "detail": plainly({**detail, **change.detail, "case": change.case}),
    }
    connection.execute(insert(tables.break_event), row)
    if change.event in _DECISIONS:
        _audit(connection, change, run_id, actor, now)


def _audit(connection: Connection, change: CaseChange, run_id: RunId, actor: str, now: datetime) -> None:
    case = change.case
    detail = plainly(
        {
            **change.detail,
            "account_id": case.account_id,
            "run_id": run_id,
            "kind": case.kind,
            "of": case.subject,
            "cause": case.cause,
            "resolution": case.resolution,
            "money_at_risk": case.money_at_risk,
            "booked": case.booked,
        }
    )
    action = f"break.{change.event.value}"
    audit.append(connection, actor=actor, action=action, subject=case.break_id, detail=detail, now=now)


def _write_case(connection: Connection, case: Case, now: datetime) -> None:
    table = tables.break_case
    row = {name: value for name, value in as_row(case).items() if name not in _HISTORY_ONLY} | {"updated_at": now}
    row = {name: value.value if hasattr(value, "value") else value for name, value in row.items()}
    if connection.execute(update(table).where(table.c.break_id == case.break_id).values(row)).rowcount == 0:
        connection.execute(insert(table), row)


def calendar_of(connection: Connection, account_id: AccountId) -> str:
    """The name of the account's exchange calendar.

    raises    StoreError for an account that the journal does not know
    """
    wanted = select(tables.account.c.calendar).where(tables.account.c.account_id == account_id)
    found = connection.execute(wanted).scalar()
    if found is None:
        raise StoreError(f"account {account_id} is not in the journal")
    return str(found)


def _reverse(
    connection: Connection, case: Case, sessions: Sessions, actor: str, reason: str, now: datetime
) -> list[str]:
    """Take back what the case's resolution booked, and let what it took back stand again. Returns their ids."""
    how: dict[str, Any] = {
        "sessions": sessions,
        "source": "resolution",
        "evidence": {"undoes": case.break_id, "actor": actor, "reason": reason},
        "now": now,
    }
    activities = [_turned(connection, ACTIVITIES, row) for row in _booked_for(connection, ACTIVITIES, case)]
    executions = [_turned(connection, EXECUTIONS, row) for row in _booked_for(connection, EXECUTIONS, case)]
    append_activities(connection, case.account_id, [one for one in activities if isinstance(one, Activity)], **how)
    append_executions(connection, case.account_id, [one for one in executions if isinstance(one, Execution)], **how)
    return sorted(
        kind.id_of(one) for kind, rows in ((ACTIVITIES, activities), (EXECUTIONS, executions)) for one in rows
    )


def _turned(connection: Connection, kind: Kind, rows: Sequence[Mapping[str, Any]]) -> Record:
    """What turns the last revision around: what stood before it stands again, or nothing does."""
    *earlier, row = rows
    stands = [one for one in earlier if one["status"] != RecordStatus.CANCELLED.value]
    if stands:
        row, status = stands[-1], RecordStatus.CORRECTED
    else:
        status = RecordStatus.CANCELLED
    instruments = read_instruments(connection, [row["instrument_id"]] if row["instrument_id"] is not None else [])
    return replace(kind.record(row, instruments), status=status)


def _booked_for(connection: Connection, kind: Kind, case: Case) -> list[list[dict[str, Any]]]:
    """Revisions, oldest first, of each record whose last one that a resolution wrote names the case as its reason."""
    table = kind.table
    ids = select(table.c[kind.key]).where(table.c.account_id == case.account_id, table.c.source == "resolution")
    wanted = select(table).where(table.c.account_id == case.account_id, table.c[kind.key].in_(ids))
    found: dict[str, list[dict[str, Any]]] = {}
    for row in read_rows(connection, wanted.order_by(table.c.revision)):
        found.setdefault(row[kind.key], []).append(row)
    ours = [_until_resolution(rows) for rows in found.values()]
    return [rows for rows in ours if _is_for(rows[-1], case)]


def _until_resolution(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    last = max(index for index, row in enumerate(rows) if row["source"] == "resolution")
    return list(rows[: last + 1])


def _is_for(row: Mapping[str, Any], case: Case) -> bool:
    evidence = row["evidence"] or {}
    cancelled = row["status"] == RecordStatus.CANCELLED.value
    return bool(evidence.get("took_back_for" if cancelled else "break_id") == case.break_id)
