"""The quality suites through Great Expectations against the same checks in one raw SQL pass."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from benchmarks import data
from benchmarks.harness import Result, compared, in_turn
from benchmarks.measuring import Case, Clock, Measurement, found_alike, warehouse_url

RUNS = 3
FEW = 2_000_000  # the fixed cost is told once: it is the same beside any number of rows
CAPTURED_AT = datetime(2026, 1, 16, 21, 30, tzinfo=UTC)


def results(rows: int, folder: Path) -> list[Result]:
    """Time of a judgement without Data Docs."""
    measured = in_turn((("judged", rows), ("raw_checks", rows)), folder, RUNS)
    ours, raw = measured["judged", rows], measured["raw_checks", rows]
    found_alike(ours=ours.extra["failed"], raw=raw.extra["failed"])
    peer = "the same checks in one SQL pass"
    fixed = compared("quality suites, one position (fixed cost)", ours.extra["fixed"], peer, raw.extra["fixed"])
    return [
        compared(f"quality suites {rows:,}", ours.seconds, peer, raw.seconds, at_most=2.5),
        *([fixed] if rows <= FEW else ()),
    ]


def judged(rows: int, folder: Path) -> Measurement:
    """`judge` without Data Docs. Great Expectations is imported and has judged before, as in a run of many accounts."""
    from sql.quality.judge import judge
    from sql.warehouse import Warehouse

    def failing(warehouse: Warehouse, snapshot_id: int, clock: Clock) -> int:
        with clock.running():
            verdict = judge(warehouse, snapshot_id, docs_dir=None, **_asked())
        return sum(one.rows_failed for one in verdict.results)

    return _measured(failing, rows, folder)


def raw_checks(rows: int, folder: Path) -> Measurement:
    """Every predicate of every suite over the same batches, counted in one statement."""
    from benchmarks.raw_quality import raw_pass
    from sql.quality.subject import read_subject
    from sql.warehouse import Warehouse

    def failing(warehouse: Warehouse, snapshot_id: int, clock: Clock) -> int:
        with clock.running(), warehouse.write() as connection:
            return raw_pass(connection, read_subject(connection, snapshot_id, **_asked()))

    return _measured(failing, rows, folder)


def _measured(failing: Callable[[Any, int, Clock], int], rows: int, folder: Path) -> Measurement:
    """One position in a small warehouse, twice, for the first time imports too; then all of them in the large one."""
    from sql.warehouse import Warehouse

    small, large = Warehouse.open(warehouse_url(folder, data.EVERY)), Warehouse.open(warehouse_url(folder, rows))
    with small.write() as connection:
        if not connection.exec_driver_sql("SELECT count(*) FROM snapshot").scalar_one():
            data.fill(connection, data.EVERY)
    fixed, clock = Clock(), Clock()
    for _ in range(2):
        failing(small, data.SMALL, fixed)
    failed = failing(large, data.SNAPSHOT, clock)
    return clock.measured(failed=failed, fixed=fixed.seconds)


def _asked() -> dict[str, Any]:
    from tieout.settings import Tolerances

    return {
        "account_id": data.ACCOUNT,
        "business_date": date.fromisoformat(data.DAY),
        "captured_at": CAPTURED_AT,
        "tolerances": Tolerances(),
        "priced_since": None,
    }


CASES: tuple[Case, ...] = (judged, raw_checks)
