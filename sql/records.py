"""Executions and activities that we accept as ours, in the journal.

A record is known by its account and id. The same record again changes nothing; a correction or a bust becomes the next
revision, dated the session it came to us, and leaves the earlier one as it stood. A correction takes two numbers of the
account's sequence: the earlier revision is taken back under the first, the new one stands under the second.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from sql.coins import read_rule
from sql.load import query
from sql.record_rows import ACTIVITIES, EXECUTIONS, Kind, Record
from sql.reference import instrument_ids, read_instruments, record_account
from sql.rows import chunks, read_rows
from sql.schema.journal import journal_sequence
from tieout.errors import StoreError
from tieout.ids import AccountId, InstrumentId
from tieout.instruments import Instrument
from tieout.ledger.types import JournalRecord
from tieout.records import Activity, Execution, RecordStatus
from tieout.sessions import Sessions

__all__ = [
    "Appended",
    "append_activities",
    "append_executions",
    "instrument_ids",
    "last_seq",
    "read_instruments",
    "read_records",
    "record_account",
]


@dataclass(frozen=True, slots=True)
class Appended:
    """What an append did: records that were new, records we had already, and the account's last sequence number."""

    new: int
    repeated: int
    last_seq: int


def append_executions(
    connection: Connection,
    account_id: AccountId,
    executions: Sequence[Execution],
    *,
    sessions: Sessions,
    source: str,
    evidence: Any = None,
    now: datetime,
) -> Appended:
    """Accept executions as ours.

    source      order, import, statement or resolution
    evidence    JSON-able proof, the same for all of them; or a function that gives each record its own
    now         UTC; the session it falls in dates corrections and busts
    raises      StoreError where a known id comes with another content and is neither a correction nor a bust
    """
    return _append(connection, EXECUTIONS, account_id, executions, sessions, source, evidence, now)


def append_activities(
    connection: Connection,
    account_id: AccountId,
    activities: Sequence[Activity],
    *,
    sessions: Sessions,
    source: str,
    evidence: Any = None,
    now: datetime,
) -> Appended:
    """Accept activities as ours; see `append_executions`."""
    return _append(connection, ACTIVITIES, account_id, activities, sessions, source, evidence, now)


def last_seq(connection: Connection, account_id: AccountId) -> int:
    """The account's last journal sequence number, 0 before its first record."""
    column = journal_sequence.c.last_seq
    return connection.execute(select(column).where(journal_sequence.c.account_id == account_id)).scalar() or 0


def read_records(
    connection: Connection, account_id: AccountId, after_seq: int, until_seq: int | None = None
) -> list[JournalRecord]:
    """The account's records with after_seq < seq <= until_seq, in order; reversals stand as records of their own."""
    found: list[JournalRecord] = []
    for kind in (EXECUTIONS, ACTIVITIES):
        rows = _rows_after(connection, kind, account_id, after_seq, until_seq)
        ids = [row["instrument_id"] for row in rows if row["instrument_id"] is not None]
        earlier = _earlier_revisions(connection, kind, account_id, rows)
        ids += [row["instrument_id"] for row in earlier.values() if row["instrument_id"] is not None]
        instruments = read_instruments(connection, ids)
        for row in rows:
            found += _as_records(kind, row, earlier.get((row[kind.key], row["revision"] - 1)), instruments)
    wanted = (record for record in found if after_seq < record.seq and (until_seq is None or record.seq <= until_seq))
    return sorted(wanted, key=lambda record: record.seq)


def _append(
    connection: Connection,
    kind: Kind,
    account_id: AccountId,
    records: Sequence[Record],
    sessions: Sessions,
    source: str,
    evidence: Any,
    now: datetime,
) -> Appended:
    seq = int(connection.execute(query("lock_sequence"), {"account_id": account_id}).scalar_one())
    instruments = [record.instrument for record in records if record.instrument is not None]
    if (rule := read_rule(connection, account_id)) is not None:
        instruments += [held for record in records for held in rule.touched(record)]
    ids = instrument_ids(connection, instruments)
    known = _revisions(connection, kind, account_id, [kind.id_of(record) for record in records])
    added: list[dict[str, Any]] = []
    for record in records:
        proof = evidence(record) if callable(evidence) else evidence
        row = kind.row(record, ids) | {"account_id": account_id, "source": source, "evidence": proof}
        revisions = known.setdefault(row[kind.key], [])
        if _is_known(kind, row, revisions, record, sessions):
            continue
        seq += 2 if _takes_back(row, revisions) else 1
        row |= _place(kind, record, revisions, sessions, now)
        row |= {"revision": len(revisions), "seq": seq, "recorded_at": now}
        revisions.append(row)
        added.append(row)
    if added:
        connection.execute(insert(kind.table), added)
        counter = update(journal_sequence).where(journal_sequence.c.account_id == account_id)
        connection.execute(counter.values(last_seq=seq))
    return Appended(len(added), len(records) - len(added), seq)


def _is_known(
    kind: Kind,
    row: Mapping[str, Any],
    revisions: Sequence[Mapping[str, Any]],
    record: Record,
    sessions: Sessions,
) -> bool:
    """Whether the record stands in the journal as it comes.

    raises    StoreError where the id is known with another content and the record is no correction or bust
    """
    same = [old for old in revisions if kind.same_content(row, old)]
    if any(old["status"] == row["status"] for old in same):
        _require_same_day(kind, record, same[0], sessions)
        return True
    if not revisions or row["status"] != RecordStatus.EXECUTED.value:
        return False
    if same and revisions[0]["status"] == RecordStatus.CANCELLED.value:
        return True  # the bust came before the record that it takes back
    raise StoreError(
        f"{kind.name} {row[kind.key]} of {row['account_id']} is in the journal with another content and came again "
        f"without being marked as a correction. Ours: {kind.shown(revisions[-1])}. Now: {kind.shown(row)}."
    )


def _require_same_day(kind: Kind, record: Record, old: Mapping[str, Any], sessions: Sessions) -> None:
    """Ids that a venue uses again on another day must not swallow a record."""
    if old["revision"] == 0 and kind.place(record, sessions)[0] != old["business_date"]:
        raise StoreError(
            f"{kind.name} {old[kind.key]} of {old['account_id']} is in the journal for {old['business_date']} and came "
            f"again for {kind.place(record, sessions)[0]}: an id that is used twice cannot tell records apart."
        )


def _takes_back(row: Mapping[str, Any], revisions: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a correction must first reverse what stands: nothing stands after a bust."""
    if not revisions or row["status"] == RecordStatus.CANCELLED.value:
        return False
    return bool(revisions[-1]["status"] != RecordStatus.CANCELLED.value)


def _place(
    kind: Kind, record: Record, revisions: Sequence[Mapping[str, Any]], sessions: Sessions, now: datetime
) -> dict[str, date]:
    """Business and settlement date; what changes a record we had is dated the session it came to us."""
    business_date, settles_on = kind.place(record, sessions)
    if revisions:
        business_date = max(business_date, sessions.business_date(now))
        settles_on = max(settles_on, business_date)
    return {"business_date": business_date, "settles_on": settles_on}


def _revisions(
    connection: Connection, kind: Kind, account_id: AccountId, ids: Sequence[str]
) -> dict[str, list[Mapping[str, Any]]]:
    """Id -> its rows, oldest revision first."""
    table = kind.table
    found: dict[str, list[Mapping[str, Any]]] = {}
    for chunk in chunks(sorted(set(ids))):
        statement = select(table).where(table.c.account_id == account_id, table.c[kind.key].in_(chunk))
        for row in read_rows(connection, statement.order_by(table.c.revision)):
            found.setdefault(row[kind.key], []).append(row)
    return found


def _rows_after(
    connection: Connection, kind: Kind, account_id: AccountId, after_seq: int, until_seq: int | None
) -> list[dict[str, Any]]:
    table = kind.table
    statement = select(table).where(table.c.account_id == account_id, table.c.seq > after_seq)
    if until_seq is not None:  # a correction's row carries its second number
        statement = statement.where(table.c.seq <= until_seq + 1)
    return read_rows(connection, statement)


def _earlier_revisions(
    connection: Connection, kind: Kind, account_id: AccountId, rows: Sequence[dict[str, Any]]
) -> dict[tuple[str, int], Mapping[str, Any]]:
    revised = [row[kind.key] for row in rows if row["revision"] > 0]
    found = _revisions(connection, kind, account_id, revised)
    return {(key, row["revision"]): row for key, revisions in found.items() for row in revisions}


def _as_records(
    kind: Kind,
    row: Mapping[str, Any],
    before: Mapping[str, Any] | None,
    instruments: Mapping[InstrumentId, Instrument],
) -> list[JournalRecord]:
    """What one row means to the ledger: the record, its predecessor taken back, or both."""
    stands = row["status"] != RecordStatus.CANCELLED.value
    found = []
    if before is not None and before["status"] != RecordStatus.CANCELLED.value:
        settles_on = max(before["settles_on"] or before["business_date"], row["business_date"])
        taken_back = kind.record(before, instruments)
        seq = row["seq"] - 1 if stands else row["seq"]
        found.append(
            JournalRecord(seq, taken_back, before["instrument_id"], row["business_date"], settles_on, reverses=True)
        )
    if stands:
        settles_on = row["settles_on"] or row["business_date"]
        record = kind.record(row, instruments)
        found.append(JournalRecord(row["seq"], record, row["instrument_id"], row["business_date"], settles_on))
    return found
