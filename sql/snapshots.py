"""Snapshots and statements in the warehouse: what the broker said, row by row, with its raw answers."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, Table, select, update

from sql import snapshot_rows as rows
from sql.bulk import arrow_table, insert_arrow
from sql.load import query
from sql.rows import read_rows
from sql.schema import warehouse as tables
from tieout.errors import StoreError
from tieout.ids import AccountId, InstrumentId, RunId, SnapshotId, derived_int
from tieout.records import Statement
from tieout.sessions import Sessions
from tieout.snapshots import Completeness, RawAnswer, Snapshot, SnapshotStatus


@dataclass(frozen=True, slots=True)
class Baseline:
    """The accepted snapshot that a statement's window starts from; captured_at is UTC."""

    snapshot_id: SnapshotId
    business_date: date
    captured_at: datetime


@dataclass(frozen=True, slots=True)
class StoredSnapshot:
    """The head of a stored snapshot; its rows stand in `snapshot_position` and the tables beside it."""

    snapshot_id: SnapshotId
    account_id: AccountId
    business_date: date
    captured_at: datetime
    completeness: Completeness
    status: SnapshotStatus
    run_id: RunId
    positions: int
    reason: str | None


def snapshot_id_of(account_id: AccountId, business_date: date, run_id: RunId) -> SnapshotId:
    """The id of a run's snapshot, the same for every try of that run."""
    return SnapshotId(derived_int("snapshot", account_id, business_date, run_id))


def append_snapshot(
    connection: Connection,
    snapshot: Snapshot,
    *,
    run_id: RunId,
    ids: Mapping[str, InstrumentId],
    statement: Statement | None,
    baseline: Baseline | None,
    sessions: Sessions,
) -> SnapshotId:
    """Store a snapshot with its statement, status `pending`. A snapshot that is there already is left as it is.

    ids          symbol -> surrogate key of every instrument in it
    statement    None where the broker's statement could not be read
    raises       StoreError for an instrument without a key
    """
    snapshot_id = snapshot_id_of(snapshot.account_id, snapshot.business_date, run_id)
    if find_snapshot(connection, snapshot_id) is not None:
        return snapshot_id
    stored = rows.StoredUnder(snapshot_id, snapshot.account_id, ids, sessions)
    head = rows.head(stored, snapshot, run_id)
    parts: list[tuple[Table, list[dict[str, object]]]] = [
        (tables.snapshot, [head]),
        (tables.snapshot_position, rows.positions(stored, snapshot)),
        (tables.snapshot_balance, rows.balances(stored, snapshot)),
        (tables.snapshot_order, rows.orders(stored, snapshot)),
        (tables.snapshot_raw, rows.raw_answers(stored, snapshot)),
    ]
    if statement is not None:
        window = (baseline.snapshot_id, baseline.business_date) if baseline else (None, None)
        parts += [
            (tables.statement, [rows.statement_head(stored, statement, *window)]),
            (tables.statement_execution, rows.statement_executions(stored, statement)),
            (tables.statement_activity, rows.statement_activities(stored, statement)),
        ]
    for table, listed in parts:
        insert_arrow(connection, table, arrow_table(table, listed))
    return snapshot_id


def set_status(connection: Connection, snapshot_id: SnapshotId, status: SnapshotStatus, reason: str | None) -> None:
    """Accept or quarantine a snapshot.

    raises    StoreError where there is no such snapshot
    """
    read_snapshot(connection, snapshot_id)
    statement = update(tables.snapshot).where(tables.snapshot.c.snapshot_id == snapshot_id)
    connection.execute(statement.values(status=status.value, reason=reason))


def read_snapshot(connection: Connection, snapshot_id: SnapshotId) -> StoredSnapshot:
    """The head of a snapshot.

    raises    StoreError where there is no such snapshot
    """
    found = find_snapshot(connection, snapshot_id)
    if found is None:
        raise StoreError(f"there is no snapshot {snapshot_id} in the warehouse")
    return found


def find_snapshot(connection: Connection, snapshot_id: SnapshotId) -> StoredSnapshot | None:
    """The head of a snapshot, None where there is none."""
    table = tables.snapshot
    for row in read_rows(connection, select(table).where(table.c.snapshot_id == snapshot_id)):
        return StoredSnapshot(
            SnapshotId(row["snapshot_id"]),
            AccountId(row["account_id"]),
            row["business_date"],
            row["captured_at"],
            Completeness(row["completeness"]),
            SnapshotStatus(row["status"]),
            RunId(row["run_id"]),
            row["positions"],
            row["reason"],
        )
    return None


def read_baseline(connection: Connection, account_id: AccountId, before: date) -> Baseline | None:
    """The last accepted snapshot of an earlier session."""
    for row in read_rows(connection, query("read_baseline"), {"account_id": account_id, "before": before}):
        return Baseline(SnapshotId(row["snapshot_id"]), row["business_date"], row["captured_at"])
    return None


def read_raw(connection: Connection, snapshot_id: SnapshotId) -> tuple[RawAnswer, ...]:
    """The broker's answers as they came, oldest first, so that a parse can be redone."""
    table = tables.snapshot_raw
    found = read_rows(
        connection, select(table).where(table.c.snapshot_id == snapshot_id).order_by(table.c.received_at, table.c.path)
    )
    return tuple(
        RawAnswer(row["part"], row["path"], row["status"], row["received_at"], zlib.decompress(row["body"]))
        for row in found
    )
