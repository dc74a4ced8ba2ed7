"""Three-way reconciliation of positions against peers that compare the same three sides, and against the floor."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import combinations
from pathlib import Path
from typing import Any

from benchmarks import data
from benchmarks.harness import Measured, Result, compared, in_turn, measure
from benchmarks.measuring import Case, Clock, Measurement, found_alike, warehouse_url

PAIRS = tuple(combinations(("book", "implied", "broker"), 2))
FULL_JOIN = """
SELECT count(*) FROM {left} AS l FULL OUTER JOIN {right} AS r ON l.id = r.id
WHERE l.quantity IS DISTINCT FROM r.quantity
"""
RUNS = 3
PEAK_MB = 4096
FEW = 2_000_000  # rows up to which a slow peer is measured more than once


def results(rows: int, folder: Path) -> list[Result]:
    """Time against floor and peers, peak memory, and what doubling the rows costs."""
    measure("prepare", rows, folder)
    near = in_turn(("reconcile", "bare_joins"), rows, folder, RUNS)
    ours, floor = near["reconcile"], near["bare_joins"]
    far = {
        case: measure(case, rows, folder)
        for case in ("datacompy_decimal", "datacompy_float", "pandas_merge", "polars_join")
    }
    found_alike(
        ours=ours.extra["found"], floor=floor.extra["found"], **{name: one.extra["found"] for name, one in far.items()}
    )
    name = f"reconcile {rows:,}"
    lines = [compared(name, ours.seconds, "three bare DuckDB full joins", floor.seconds, at_most=2.5)]
    lines += [_against(name, ours, peer, one) for peer, one in far.items()]
    lines.append(compared(f"{name}, peak memory", ours.peak_mb, "4 GiB", PEAK_MB, unit="MiB", at_most=1))
    lines.append(_doubling(rows, ours, folder))
    return lines


def _against(name: str, ours: Measured, peer: str, theirs: Measured) -> Result:
    words = {
        "datacompy_decimal": f"datacompy {theirs.extra.get('version')}, exact Decimals",
        "datacompy_float": f"datacompy {theirs.extra.get('version')}, floats",
        "pandas_merge": "pandas outer merges, floats",
        "polars_join": "polars full joins, exact decimals",
    }
    faster = 20 if peer == "datacompy_decimal" else None
    return compared(name, ours.seconds, words[peer], theirs.seconds, faster=faster)


def _doubling(rows: int, ours: Measured, folder: Path) -> Result:
    half = rows // 2
    measure("prepare", half, folder)
    before = in_turn(("reconcile",), half, folder, RUNS)["reconcile"]
    return compared(f"reconcile {rows:,}", ours.seconds, f"the same of {half:,}", before.seconds, at_most=2)


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

    from sql.load import query
    from sql.warehouse import Warehouse

    binds = {
        "account_id": data.ACCOUNT,
        "snapshot_id": data.SNAPSHOT,
        "baseline_id": data.BASELINE,
        "has_baseline": True,
        "baseline_date": date.fromisoformat(data.DAY_BEFORE),
        "baseline_at": datetime(2026, 1, 15, 21, 30, tzinfo=UTC),
        "statements": [data.SNAPSHOT],
        "ledger_seq": rows,
        "late": [],
        "book_date": date.fromisoformat(data.DAY),
        "cost_relative": Decimal("0.001"),
        "cost_absolute": Decimal("0.01"),
    }
    clock = Clock()
    with Warehouse.open(warehouse_url(folder, rows)).write() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM snapshot").fetchall()  # the file is open
        with clock.running():
            found = connection.execute(query("recon_positions"), binds).fetchall()
    return clock.measured(found=len(found))


def bare_joins(rows: int, folder: Path) -> Measurement:
    """The floor: three full outer joins of bare tables on integer keys, quantities compared, nothing else."""
    import duckdb

    clock, path = Clock(), folder / f"bare-{rows}.duckdb"
    path.unlink(missing_ok=True)
    with duckdb.connect(path) as connection:
        data.sides(connection, rows)
    with duckdb.connect(path) as connection:
        connection.execute("SELECT count(*) FROM duckdb_tables()").fetchall()
        with clock.running():
            found = [connection.execute(FULL_JOIN.format(left=a, right=b)).fetchall()[0][0] for a, b in PAIRS]
    return clock.measured(found=max(found))


def datacompy_decimal(rows: int, _folder: Path) -> Measurement:
    """datacompy on pandas, three comparisons of exact quantities, as ours are."""
    return _datacompy({name: one.to_pandas() for name, one in _arrows(rows).items()})


def datacompy_float(rows: int, _folder: Path) -> Measurement:
    """datacompy on pandas in the form it is fastest in, which is not exact."""
    return _datacompy(_floats(rows))


def _datacompy(frames: dict[str, Any]) -> Measurement:
    import datacompy as peer

    clock, found = Clock(), []
    with clock.running():
        for left, right in PAIRS:
            compared = peer.PandasCompare(frames[left], frames[right], join_columns="id")
            unequal = len(compared.all_mismatch())
            found.append(unequal + len(compared.df1_unq_rows) + len(compared.df2_unq_rows))
    return clock.measured(found=max(found), version=peer.__version__)


def pandas_merge(rows: int, _folder: Path) -> Measurement:
    """pandas: three outer merges, quantities as float."""
    frames, clock, found = _floats(rows), Clock(), []
    with clock.running():
        for left, right in PAIRS:
            both = frames[left].merge(frames[right], on="id", how="outer", suffixes=("_l", "_r"))
            found.append(int((both["quantity_l"].fillna(0) != both["quantity_r"].fillna(0)).sum()))
    return clock.measured(found=max(found))


def polars_join(rows: int, _folder: Path) -> Measurement:
    """polars: three full joins, exact decimals."""
    import polars as pl

    frames, clock, found = {name: pl.from_arrow(one) for name, one in _arrows(rows).items()}, Clock(), []
    with clock.running():
        for left, right in PAIRS:
            both = frames[left].join(frames[right], on="id", how="full", coalesce=True)
            found.append(both.filter(pl.col("quantity").ne_missing(pl.col("quantity_right"))).height)
    return clock.measured(found=max(found))


def _arrows(rows: int) -> dict[str, Any]:
    import duckdb

    with duckdb.connect() as connection:
        data.sides(connection, rows)
        return {
            name: connection.execute(f"SELECT id, quantity FROM {name}").to_arrow_table()
            for name in ("book", "implied", "broker")
        }


def _floats(rows: int) -> dict[str, Any]:
    import duckdb

    with duckdb.connect() as connection:
        data.sides(connection, rows)
        return {
            name: connection.execute(f"SELECT id, CAST(quantity AS DOUBLE) AS quantity FROM {name}").df()
            for name in ("book", "implied", "broker")
        }


CASES: tuple[Case, ...] = (
    prepare,
    reconcile,
    bare_joins,
    datacompy_decimal,
    datacompy_float,
    pandas_merge,
    polars_join,
)
