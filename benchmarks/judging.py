"""The quality suites through Great Expectations against the same checks in one raw SQL pass."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from benchmarks import data
from benchmarks.harness import Result, compared, in_turn
from benchmarks.measuring import Case, Clock, Measurement, found_alike, warehouse_url

RUNS = 3
CAPTURED_AT = datetime(2026, 1, 16, 21, 30, tzinfo=UTC)


def results(rows: int, folder: Path) -> list[Result]:
    """Time of a judgement without Data Docs, and what of it does not depend on the rows."""
    measured = in_turn((("judged", rows), ("raw_checks", rows)), folder, RUNS)
    ours, raw = measured["judged", rows], measured["raw_checks", rows]
    found_alike(ours=ours.extra["failed"], raw=raw.extra["failed"])
    name, peer = f"quality suites {rows:,}", "the same checks in one SQL pass"
    return [
        compared(name, ours.seconds, peer, raw.seconds, at_most=2.5),
        compared(f"quality suites, one position among {rows:,}", ours.extra["fixed"], peer, raw.extra["fixed"]),
    ]


def judged(rows: int, folder: Path) -> Measurement:
    """`judge` without Data Docs. Great Expectations is imported and has judged before, as in a run of many accounts."""
    from sql.quality.judge import judge
    from sql.warehouse import Warehouse

    warehouse = Warehouse.open(warehouse_url(folder, rows))
    fixed, clock = Clock(), Clock()
    judge(warehouse, data.SMALL, docs_dir=None, **_asked())  # the import, and what is made at first use
    with fixed.running():
        judge(warehouse, data.SMALL, docs_dir=None, **_asked())
    with clock.running():
        verdict = judge(warehouse, data.SNAPSHOT, docs_dir=None, **_asked())
    return clock.measured(failed=sum(one.rows_failed for one in verdict.results), fixed=fixed.seconds)


def raw_checks(rows: int, folder: Path) -> Measurement:
    """Every predicate of every suite over the same batches, counted in one statement."""
    from benchmarks.raw_quality import raw_pass
    from sql.quality.subject import read_subject
    from sql.warehouse import Warehouse

    warehouse = Warehouse.open(warehouse_url(folder, rows))

    def count(snapshot_id: int, clock: Clock) -> int:
        with clock.running(), warehouse.write() as connection:
            return raw_pass(connection, read_subject(connection, snapshot_id, **_asked()))

    fixed, clock = Clock(), Clock()
    count(data.SMALL, fixed)  # expectations are classes of Great Expectations: imported here too
    count(data.SMALL, fixed)
    failed = count(data.SNAPSHOT, clock)
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
