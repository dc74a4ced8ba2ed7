"""From a break to the broker's raw answer."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table, select

from sql.chain.raw import raw_answers, spellings
from sql.rows import read_rows
from sql.schema import journal as journal_tables
from sql.schema import warehouse as tables
from tieout.errors import StoreError
from tieout.ids import SnapshotId

# the tables that evidence points into by an id of the broker's
_KEYS = {
    "statement_execution": (tables.statement_execution, "execution_id"),
    "statement_activity": (tables.statement_activity, "activity_id"),
    "snapshot_order": (tables.snapshot_order, "broker_order_id"),
    "snapshot_position": (tables.snapshot_position, "symbol"),
}


def break_chain(journal: Connection, warehouse: Connection, break_id: str) -> dict[str, Any]:
    """A case with its events, the evidence rows, the run that saw it last, that run's snapshot and its raw answers.

    raises    StoreError where there is no such break
    """
    case = _case(journal, break_id)
    events = _events(journal, case["break_id"])
    run_id = events[-1]["run_id"] if events else None
    run, recon = _run(journal, run_id), _recon(warehouse, run_id)
    chain: dict[str, Any] = {"case": case, "events": events, "run": run, "reconciliation": recon}
    snapshot_id = recon["snapshot_id"] if recon else None
    if snapshot_id is None:
        return chain
    symbol = _symbol(journal, case["instrument_id"])
    evidence = case["evidence"] or []
    names = spellings(symbol) | {str(one["key"]) for one in evidence} | spellings(case["subject"].partition(":")[2])
    return chain | {
        "evidence_rows": _evidence_rows(warehouse, snapshot_id, evidence),
        "snapshot": _one(warehouse, tables.snapshot, snapshot_id=snapshot_id),
        "snapshot_rows": _snapshot_rows(warehouse, snapshot_id, case),
        "raw": raw_answers(warehouse, SnapshotId(snapshot_id), names),
    }


def _case(journal: Connection, break_id: str) -> dict[str, Any]:
    table = journal_tables.break_case
    wanted = break_id.strip()
    for row in read_rows(journal, select(table).where(table.c.break_id.ilike(wanted.replace("%", "")))):
        return row
    raise StoreError(f"there is no break {wanted}; `tieout breaks` lists the open ones")


def _events(journal: Connection, break_id: str) -> list[dict[str, Any]]:
    table = journal_tables.break_event
    return read_rows(journal, select(table).where(table.c.break_id == break_id).order_by(table.c.event_id))


def _run(journal: Connection, run_id: str | None) -> dict[str, Any] | None:
    return _one(journal, journal_tables.run, run_id=run_id) if run_id else None


def _recon(warehouse: Connection, run_id: str | None) -> dict[str, Any] | None:
    found = _one(warehouse, tables.recon_run, run_id=run_id) if run_id else None
    # the result repeats every case of the run; `tieout replay` is the way to read it
    return {name: value for name, value in found.items() if name not in ("result", "inputs")} if found else None


def _symbol(journal: Connection, instrument_id: int | None) -> str | None:
    if instrument_id is None:
        return None
    found = _one(journal, journal_tables.instrument, instrument_id=instrument_id)
    return str(found["symbol"]) if found else None


def _evidence_rows(warehouse: Connection, snapshot_id: int, evidence: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows that the evidence points to, as they stand in the warehouse."""
    found = []
    for one in evidence:
        if one["source"] in _KEYS:
            table, key = _KEYS[one["source"]]
            row = _one(warehouse, table, **{"snapshot_id": snapshot_id, key: one["key"]})
            if row is not None:
                found.append({"table": table.name, "row": row})
    return found


def _snapshot_rows(warehouse: Connection, snapshot_id: int, case: dict[str, Any]) -> list[dict[str, Any]]:
    """What the snapshot says of the break's instrument, or of its currency."""
    if case["instrument_id"] is not None:
        table, key, value = tables.snapshot_position, "instrument_id", case["instrument_id"]
    else:
        table, key, value = tables.snapshot_balance, "currency", case["currency"]
    return read_rows(warehouse, select(table).where(table.c.snapshot_id == snapshot_id, table.c[key] == value))


def _one(connection: Connection, table: Table, **where: Any) -> dict[str, Any] | None:
    """The first row that agrees in every column; None where there is none."""
    rows = read_rows(connection, select(table).where(*(table.c[name] == value for name, value in where.items())))
    return rows[0] if rows else None
