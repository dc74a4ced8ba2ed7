"""Three-way reconciliation of positions against the floor, and against peers that compare the same three sides."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchmarks import data
from benchmarks.harness import Measured, Result, compared, in_turn, measure
from benchmarks.measuring import Case, Clock, Measurement, warehouse_url

RUNS = 3
PEAK_MB = 4096
FEW = 2_000_000  # rows up to which the slow peers are measured as often as we are
PEERS = {
    "datacompy_exact": "datacompy {}, Decimals",
    "datacompy_floats": "datacompy {}, floats",
    "pandas_exact": "pandas {} outer merges, Decimals",
    "pandas_floats": "pandas {} outer merges, floats",
    "polars_exact": "polars {} full joins, decimals",
    "polars_floats": "polars {} full joins, floats",
}


def results(rows: int, folder: Path) -> list[Result]:
    """Time against floor and peers, peak memory, and what doubling the rows costs."""
    half = rows // 2
    measure("prepare", rows, folder)
    measure("prepare", half, folder)
    near = in_turn((("reconcile", rows), ("bare_joins", rows), ("reconcile", half)), folder, RUNS)
    far = in_turn([(peer, rows) for peer in PEERS], folder, RUNS if rows <= FEW else 1)
    ours, floor, before = near["reconcile", rows], near["bare_joins", rows], near["reconcile", half]
    _same_work(rows, ours, floor, [far[peer, rows] for peer in PEERS])
    name = f"reconcile {rows:,}"
    return [
        compared(name, ours.seconds, "three bare DuckDB full joins", floor.seconds, at_most=2.5),
        *(_against(name, ours, peer, far[peer, rows]) for peer in PEERS),
        compared(f"{name}, peak memory", ours.peak_mb, "4 GiB", PEAK_MB, unit="MiB", at_most=1),
        compared(name, ours.seconds, f"the same of {half:,}", before.seconds, at_most=2),
    ]


def _against(name: str, ours: Measured, peer: str, theirs: Measured) -> Result:
    words = PEERS[peer].format(theirs.extra["version"])
    return compared(name, ours.seconds, words, theirs.seconds, faster=20 if peer == "datacompy_exact" else None)


def _same_work(rows: int, ours: Measured, floor: Measured, peers: list[Measured]) -> None:
    """Everybody found what is broken on purpose; the floor, which compares no cost, found the rest.

    raises    RuntimeError naming what was found and what should have been
    """
    found = [one.extra["found"] for one in (ours, *peers)]
    if set(found) != {data.differing(rows)} or floor.extra["found"] != data.differing_in_quantity(rows):
        told = f"found {found}, the floor {floor.extra['found']}"
        raise RuntimeError(f"{told}; broken are {data.differing(rows)}, {data.differing_in_quantity(rows)} in quantity")


def prepare(rows: int, folder: Path) -> Measurement:
    """Fill the warehouse that the reconciliation and quality cases read."""
    from sql.warehouse import Warehouse

    clock = Clock()
    with clock.running(), Warehouse.open(warehouse_url(folder, rows)).write() as connection:
        data.fill(connection, rows)
    return clock.measured()


def reconcile(rows: int, folder: Path) -> Measurement:
    """Our three-way comparison of positions, as a run asks it. Imports are not in its time, as in no peer's."""
    import pandas as _  # noqa: F401 - DuckDB's driver imports it with the first value that is bound

    from sql.warehouse import Warehouse

    clock, (statement, binds) = Clock(), asked(rows)
    with Warehouse.open(warehouse_url(folder, rows)).write() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM snapshot").fetchall()  # the file is open
        with clock.running():
            found = connection.execute(statement, binds).fetchall()
    return clock.measured(found=len(found))


def asked(rows: int) -> tuple[Any, dict[str, Any]]:
    """The product's own query, and what a run would bind to it."""
    from sql.load import query

    return query("recon_positions"), {
        "account_id": data.ACCOUNT,
        "snapshot_id": data.SNAPSHOT,
        "baseline_id": data.BASELINE,
        "has_baseline": True,
        "baseline_date": date.fromisoformat(data.DAY_BEFORE),
        "baseline_at": datetime(2026, 1, 15, 21, 30, tzinfo=UTC),
        "statements": [data.SNAPSHOT],
        "ledger_seq": rows,
        "late": [],
        "in_wallets": False,
        "coins": "=0",
        "book_date": date.fromisoformat(data.DAY),
        "cost_relative": Decimal("0.001"),
        "cost_absolute": Decimal("0.01"),
    }


CASES: tuple[Case, ...] = (prepare, reconcile)
