"""What was proven of options: events in the journal, and their records in the book, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from sql import audit
from sql.options.forecasts import read_forecasts, release
from sql.records import append_activities
from sql.reference import instrument_ids
from sql.rows import chunks, read_rows
from sql.schema.journal import activity, execution
from sql.schema.options import option_event
from tieout.ids import AccountId, InstrumentId, RunId, derived_text
from tieout.options.evidence import Event
from tieout.options.legs import Outcome
from tieout.records import Activity, Execution
from tieout.sessions import Sessions

SOURCE = "assignment"


def event_id(account_id: AccountId, event: Event) -> str:
    """The name of an event: the same however often it is found."""
    return derived_text(
        "OEV", account_id, event.contract.symbol, event.outcome, event.contracts, event.business_date, length=16
    )


def book_events(
    connection: Connection,
    account_id: AccountId,
    events: Sequence[Event],
    *,
    run_id: RunId,
    sessions: Sessions,
    now: datetime,
) -> tuple[Event, ...]:
    """Write every event down, and book those that are confirmed: record, reservation and event stand together.

    now        UTC
    returns    those that were booked now, not those of an earlier run
    """
    booked = []
    for event in events:
        ids = instrument_ids(connection, [event.contract])
        instrument_id = ids[event.contract.symbol]
        seq = None
        if event.confirmed:
            added = append_activities(
                connection,
                account_id,
                event.books,
                sessions=sessions,
                source=SOURCE,
                evidence=evidence_of(account_id, event, run_id),
                now=now,
            )
            seq = added.last_seq
            release(connection, account_id, instrument_id, event.words, now)
            if added.new:
                booked.append(event)
        _write(connection, account_id, instrument_id, event, run_id, seq, now)
    return tuple(booked)


def evidence_of(account_id: AccountId, event: Event, run_id: RunId) -> dict[str, Any]:
    """Why it was booked, kept with each record."""
    return {
        "option_event": event_id(account_id, event),
        "run_id": run_id,
        "basis": event.basis.value,
        "confidence": str(event.confidence),
        "traits": sorted(event.traits),
        "says": event.words,
    }


def read_events(
    connection: Connection, account_id: AccountId, instruments: Iterable[InstrumentId] | None = None
) -> list[dict[str, Any]]:
    """The account's events, the oldest first; of some instruments where given."""
    table = option_event
    wanted = select(table).where(table.c.account_id == account_id)
    if instruments is not None:
        wanted = wanted.where(table.c.instrument_id.in_(sorted(set(instruments))))
    return read_rows(connection, wanted.order_by(table.c.business_date, table.c.event_id))


def not_booked(
    connection: Connection, account_id: AccountId, executions: Iterable[Execution], activities: Iterable[Activity]
) -> tuple[tuple[Execution, ...], tuple[Activity, ...]]:
    """Those of a statement's records that the journal does not hold. Only what the statement names is read."""
    executions, activities = tuple(executions), tuple(activities)
    trades: set[str] = set()
    known: set[tuple[str, str]] = set()
    for traded in chunks(sorted({one.execution_id for one in executions})):
        mine = (execution.c.account_id == account_id) & execution.c.execution_id.in_(traded)
        trades |= set(connection.execute(select(execution.c.execution_id).where(mine)).scalars())
    for posted in chunks(sorted({one.activity_id for one in activities})):
        mine = (activity.c.account_id == account_id) & activity.c.activity_id.in_(posted)
        found = connection.execute(select(activity.c.activity_id, activity.c.status).where(mine))
        known |= {(row.activity_id, row.status) for row in found}
    return (
        tuple(one for one in executions if one.execution_id not in trades),
        tuple(one for one in activities if (one.activity_id, one.status.value) not in known),
    )


def _write(
    connection: Connection,
    account_id: AccountId,
    instrument_id: InstrumentId,
    event: Event,
    run_id: RunId,
    seq: int | None,
    now: datetime,
) -> None:
    """One row for each event; one that was confirmed before stays as it is. What is new of it goes into the trail."""
    table, name = option_event, event_id(account_id, event)
    before = _known(connection, name)
    if before is None or before[0] != "confirmed":
        _audit(connection, account_id, event, run_id, before, now)
    expected = read_forecasts(connection, account_id, [instrument_id])
    values = {
        "account_id": account_id,
        "instrument_id": instrument_id,
        "outcome": event.outcome.value,
        "contracts": event.contracts,
        "business_date": event.business_date,
        "basis": event.basis.value,
        "confidence": event.confidence,
        "state": state_of(event),
        "traits": sorted(event.traits),
        "words": event.words,
        "forecast_id": expected[0]["forecast_id"] if expected else None,
        "booked": [one.activity_id for one in event.books] if event.confirmed else [],
        "booked_seq": seq,
        "run_id": run_id,
        "at": now,
    }
    open_row = (table.c.event_id == name) & (table.c.state != "confirmed")
    if connection.execute(update(table).where(open_row).values(values)).rowcount:
        return
    if connection.execute(select(table.c.event_id).where(table.c.event_id == name)).first() is None:
        connection.execute(insert(table), values | {"event_id": name})


def _known(connection: Connection, name: str) -> tuple[str, str] | None:
    """State and basis of an event as it stands."""
    table = option_event
    row = connection.execute(select(table.c.state, table.c.basis).where(table.c.event_id == name)).first()
    return None if row is None else (row.state, row.basis)


def _audit(
    connection: Connection,
    account_id: AccountId,
    event: Event,
    run_id: RunId,
    before: tuple[str, str] | None,
    now: datetime,
) -> None:
    """The evidence of an event, once for each state and basis that it has had."""
    if before == (state_of(event), event.basis.value):
        return
    detail = evidence_of(account_id, event, run_id) | {
        "account_id": account_id,
        "outcome": event.outcome.value,
        "contracts": str(event.contracts),
        "business_date": event.business_date,
        "booked": [one.activity_id for one in event.books] if event.confirmed else [],
    }
    action, subject = f"option.{state_of(event)}", event.contract.symbol
    audit.append(connection, actor=audit.ACTOR, action=action, subject=subject, detail=detail, now=now)


def state_of(event: Event) -> str:
    """`confirmed`, `waiting` for the venue's rows, or `unproven`."""
    if event.confirmed:
        return "confirmed"
    return "waiting" if event.waits and event.outcome is not Outcome.TRADED else "unproven"
