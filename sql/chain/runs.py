"""What came of the runs that one flow run made, account by account."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from sql.rows import read_rows
from sql.schema import journal as journal_tables
from sql.schema import warehouse as tables

FIGURES = ("coverage", "rows_compared", "breaks_opened", "breaks_closed", "breaks_open", "critical_open")


def runs_of_flow(journal: Connection, warehouse: Connection, flow_run_id: str) -> list[dict[str, Any]]:
    """One row per account: the run as the journal has it, with the figures of its reconciliation if there was one."""
    table = journal_tables.run
    runs = read_rows(journal, select(table).where(table.c.flow_run_id == flow_run_id).order_by(table.c.run_id))
    recon = tables.recon_run
    ids = [row["run_id"] for row in runs]
    found = {row["run_id"]: row for row in read_rows(warehouse, select(recon).where(recon.c.run_id.in_(ids)))}
    return [row | {name: found.get(row["run_id"], {}).get(name) for name in FIGURES} for row in runs]
