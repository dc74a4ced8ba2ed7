"""Recorded reconciliations in the warehouse: one row per run, never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from sql.bulk import arrow_table, insert_arrow
from sql.load import query
from sql.rows import read_rows
from sql.schema import warehouse as tables
from tieout.ids import AccountId, RunId, SnapshotId
from tieout.recon.plainly import plainly


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """One row of `recon_run`; `result` is the canonical text whose SHA-256 stands beside it."""

    run_id: RunId
    account_id: AccountId
    business_date: date
    state: str
    coverage: Decimal
    rows_compared: int
    breaks_opened: int
    breaks_closed: int
    breaks_open: int
    critical_open: int
    snapshot_id: SnapshotId
    ledger_seq: int
    inputs: Mapping[str, Any]
    result: str
    result_sha256: str


def read_run(warehouse: Connection, run_id: RunId) -> RecordedRun | None:
    """What a run recorded, None where it has not come to its end."""
    for row in read_rows(warehouse, query("recon_run_of"), {"run_id": run_id}):
        return RecordedRun(**row)
    return None


UNFIT = "quarantined"
"""State of a run that compared nothing, because its snapshot was not fit to be compared."""


def append_unfit(
    warehouse: Connection,
    run_id: RunId,
    account_id: AccountId,
    business_date: date,
    snapshot_id: SnapshotId,
    finished_at: datetime,
) -> None:
    """Record a run that compared nothing: coverage zero, and no result that could be replayed."""
    none = Decimal(0)
    row = RecordedRun(run_id, account_id, business_date, UNFIT, none, 0, 0, 0, 0, 0, snapshot_id, 0, {}, "", "")
    append_run(warehouse, row, finished_at)


def append_run(warehouse: Connection, run: RecordedRun, finished_at: datetime) -> None:
    """Record a run. One that is recorded already is left as it is."""
    if read_run(warehouse, run.run_id) is not None:
        return
    row = {name: getattr(run, name) for name in RecordedRun.__slots__} | {"finished_at": finished_at}
    row["inputs"] = plainly(run.inputs)
    insert_arrow(warehouse, tables.recon_run, arrow_table(tables.recon_run, [row]))
