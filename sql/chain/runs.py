"""What came of the runs that one flow run made, account by account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from sql.rows import read_rows
from sql.runs import STARTED
from sql.schema import journal as journal_tables
from sql.schema import warehouse as tables
from tieout.errors import StoreError

CLOSE = "eod-reconciliation"
FIGURES = ("coverage", "rows_compared", "breaks_opened", "breaks_closed", "breaks_open", "critical_open")


def runs_of_flow(journal: Connection, warehouse: Connection, flow_run_id: str) -> list[dict[str, Any]]:
    """One row per account: the run as the journal has it, with its snapshot and the figures of its reconciliation."""
    table = journal_tables.run
    runs = read_rows(journal, select(table).where(table.c.flow_run_id == flow_run_id).order_by(table.c.run_id))
    return _with_figures(warehouse, runs)


def runs_beside(
    journal: Connection, warehouse: Connection, run_id: str | None, day: date | None
) -> list[dict[str, Any]]:
    """The ended runs of one close, found by any of them, or by its session.

    run_id    None takes the run that ended last, of `day` where that is given
    raises    StoreError where there is none, or it is still running
    """
    one = _run(journal, run_id, day)
    if one["state"] == STARTED:
        raise StoreError(f"run {one['run_id']} has not ended; wait for it, or see its page in the Prefect UI")
    if one["flow_run_id"] is None:
        return _with_figures(warehouse, [one])
    found = runs_of_flow(journal, warehouse, one["flow_run_id"])
    return [row for row in found if row["state"] != STARTED]


def _run(journal: Connection, run_id: str | None, day: date | None) -> dict[str, Any]:
    table = journal_tables.run
    if run_id is not None:
        rows = read_rows(journal, select(table).where(table.c.run_id == run_id))
        missing = f"there is no run {run_id}"
    else:
        closes = select(table).where(table.c.ended_at.is_not(None), table.c.flow == CLOSE)  # windows have runs too
        ended = closes.order_by(table.c.ended_at.desc()).limit(1)
        rows = read_rows(journal, ended if day is None else ended.where(table.c.business_date == day))
        missing = "no run has ended yet" + (f" for {day}" if day else "")
    if not rows:
        raise StoreError(f"{missing}; `tieout run eod-reconciliation` makes one")
    return rows[0]


def _with_figures(warehouse: Connection, runs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    ids = [row["run_id"] for row in runs]
    recon, head = tables.recon_run, tables.snapshot
    figures = {row["run_id"]: row for row in read_rows(warehouse, select(recon).where(recon.c.run_id.in_(ids)))}
    heads = {row["run_id"]: row for row in read_rows(warehouse, select(head).where(head.c.run_id.in_(ids)))}
    return [
        row
        | {name: figures.get(row["run_id"], {}).get(name) for name in FIGURES}
        | {"snapshot_id": heads.get(row["run_id"], {}).get("snapshot_id")}
        for row in runs
    ]


def calendar_of_run(journal: Connection, run_id: str) -> str:
    """The exchange calendar of the account that a run was about.

    raises    StoreError where there is no such run
    """
    run = _run(journal, run_id, None)
    table = journal_tables.account
    rows = read_rows(journal, select(table).where(table.c.account_id == run["account_id"]))
    if not rows:
        raise StoreError(f"account {run['account_id']} of run {run_id} is not in the journal")
    return str(rows[0]["calendar"])
