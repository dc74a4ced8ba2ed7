"""Booking what a rule has proven: the statement's row becomes a record of our journal, with its evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from sql.cases import append_changes
from sql.recon_inputs import Inputs
from sql.record_rows import activity_record
from sql.records import append_activities
from sql.reference import read_instruments
from sql.rows import chunks, read_rows
from sql.schema import journal as journal_tables
from sql.schema import warehouse as tables
from tieout.errors import StoreError
from tieout.ids import AccountId, ActivityId, InstrumentId, RunId, derived_text
from tieout.instruments import Instrument
from tieout.recon.cases import CaseChange, found_id
from tieout.recon.plainly import plainly
from tieout.recon.types import Finding
from tieout.records import Activity, ActivityKind, RecordStatus
from tieout.sessions import Sessions

ACTOR = "tieout"  # the rules; people are named
_RANK = {RecordStatus.EXECUTED.value: 0, RecordStatus.CORRECTED.value: 1, RecordStatus.CANCELLED.value: 2}


def records_for(warehouse: Connection, inputs: Inputs, findings: Sequence[Finding]) -> dict[str, list[Activity]]:
    """What resolving each finding books, by break id.

    raises    StoreError where a row that a rule has accepted is not in the statements
    """
    ids = [one for found in findings if found.proposal for one in found.proposal.accept_activities]
    stated = _stated(warehouse, inputs, ids)
    held = read_instruments(
        warehouse, [one.difference.instrument_id for one in findings if one.difference.instrument_id]
    )
    return {found_id(inputs.account_id, one): _records(one, stated, held, inputs) for one in findings}


def book(
    journal: Connection,
    inputs: Inputs,
    findings: Sequence[Finding],
    records: Mapping[str, Sequence[Activity]],
    changes: Sequence[CaseChange],
    *,
    run_id: RunId,
    sessions: Sessions,
    now: datetime,
) -> None:
    """Book and say so, in the caller's transaction: records, cases and events stand together or not at all.

    A run that was killed after this finds its own events and adds nothing.
    """
    detail = {"ledger_seq": inputs.seqs[0]}
    new = append_changes(
        journal, changes, run_id=run_id, business_date=inputs.business_date, actor=ACTOR, now=now, detail=detail
    )
    if not new:
        return
    for found in findings:
        name = found_id(inputs.account_id, found)
        append_activities(
            journal,
            inputs.account_id,
            records[name],
            sessions=sessions,
            source="resolution",
            evidence=_evidence(found, name, run_id),
            now=now,
        )


def begun_at(journal: Connection, run_id: RunId) -> int | None:
    """The ledger's sequence at which a run that was killed had its first look; None where it had booked nothing."""
    table = journal_tables.break_event
    for detail in journal.execute(select(table.c.detail).where(table.c.run_id == run_id)).scalars():
        if "ledger_seq" in detail:
            return int(detail["ledger_seq"])
    return None


def _evidence(found: Finding, name: str, run_id: RunId) -> dict[str, Any]:
    rule = found.proposal.rule if found.proposal else None
    return {
        "break_id": name,
        "run_id": run_id,
        "rule": rule,
        "says": found.explanation,
        "rows": plainly(found.evidence),
        "accounts_for": plainly([one.subject for one in found.symptoms]),
    }


def _records(
    found: Finding, stated: Mapping[str, Activity], held: Mapping[InstrumentId, Instrument], inputs: Inputs
) -> list[Activity]:
    proposal = found.proposal
    if proposal is None:
        raise StoreError(f"{found.difference.subject} was resolved without a proposal")
    records = [stated[one] for one in proposal.accept_activities]
    if proposal.adjust_quantity:
        records.append(_adjustment(found, held, inputs))
    return records


def _adjustment(found: Finding, held: Mapping[InstrumentId, Instrument], inputs: Inputs) -> Activity:
    """Dust booked away: units without money."""
    one, proposal = found.difference, found.proposal
    if one.instrument_id is None or proposal is None:
        raise StoreError(f"{one.subject}: an adjustment of units needs its instrument")
    instrument = held[one.instrument_id]
    name = found_id(inputs.account_id, found)
    return Activity(
        ActivityId(derived_text("ADJ", name, inputs.business_date)),
        ActivityKind.ADJUSTMENT,
        inputs.captured_at,
        instrument,
        proposal.adjust_quantity,
        currency=instrument.currency,
        venue_kind=proposal.rule,
        description=found.explanation,
    )


def _stated(warehouse: Connection, inputs: Inputs, ids: Sequence[str]) -> dict[str, Activity]:
    """The statements' last word on each activity, as a record that stands."""
    table, head = tables.statement_activity, tables.snapshot
    rows: list[dict[str, Any]] = []
    for chunk in chunks(sorted(set(ids))):
        wanted = select(table, head.c.captured_at).join(head, head.c.snapshot_id == table.c.snapshot_id)
        rows += read_rows(
            warehouse,
            wanted.where(
                table.c.account_id == AccountId(inputs.account_id),
                table.c.snapshot_id.in_(inputs.statements),
                table.c.activity_id.in_(chunk),
            ),
        )
    rows.sort(key=lambda row: (row["captured_at"], _RANK[row["status"]]))
    instruments = read_instruments(
        warehouse, [row["instrument_id"] for row in rows if row["instrument_id"] is not None]
    )
    stands = {"status": RecordStatus.EXECUTED.value}
    found = {row["activity_id"]: activity_record(row | stands, instruments) for row in rows}
    missing = sorted(set(ids) - set(found))
    if missing:
        raise StoreError(f"activities {', '.join(missing)} are in no statement of {inputs.account_id}")
    return found
