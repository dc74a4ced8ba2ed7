"""Writing a snapshot's positions against the driver alone."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import data
from benchmarks.harness import Result, compared, in_turn
from benchmarks.measuring import Case, Clock, Measurement

RUNS = 3


def results(rows: int, folder: Path) -> list[Result]:
    """Our bulk write against the fastest raw Arrow insert."""
    measured = in_turn((("snapshot_write", rows), ("raw_insert", rows)), folder, RUNS)
    ours, floor = measured["snapshot_write", rows].seconds, measured["raw_insert", rows].seconds
    return [compared(f"snapshot write {rows:,}", ours, "raw Arrow INSERT of the same rows", floor, at_most=1.5)]


def snapshot_write(rows: int, folder: Path) -> Measurement:
    """Our bulk write of a snapshot's positions: lock, open, insert, commit, close."""
    from sql.bulk import insert_arrow
    from sql.schema.warehouse import snapshot_position
    from sql.warehouse import Warehouse

    arrow, clock = data.position_rows(rows), Clock()
    with TemporaryDirectory(dir=folder) as fresh:
        warehouse = Warehouse.open(f"duckdb:///{fresh}/write.duckdb")
        with clock.running(), warehouse.write() as connection:
            insert_arrow(connection, snapshot_position, arrow)
        with warehouse.write() as connection:
            found = connection.exec_driver_sql("SELECT count(*) FROM snapshot_position").scalar_one()
    return clock.measured(found=found)


def raw_insert(rows: int, folder: Path) -> Measurement:
    """The floor: the same Arrow rows into the same columns by the driver alone: open, insert, commit, close."""
    import duckdb

    arrow, clock = data.position_rows(rows), Clock()
    with TemporaryDirectory(dir=folder) as fresh:
        path = f"{fresh}/raw.duckdb"
        with duckdb.connect(path) as connection:
            connection.register("arrow", arrow)
            connection.execute("CREATE TABLE positions AS SELECT * FROM arrow LIMIT 0")
        with clock.running(), duckdb.connect(path) as connection:
            connection.register("arrow", arrow)
            connection.execute("INSERT INTO positions SELECT * FROM arrow")
        with duckdb.connect(path) as connection:
            found = connection.execute("SELECT count(*) FROM positions").fetchall()[0][0]
    return clock.measured(found=found)


CASES: tuple[Case, ...] = (snapshot_write, raw_insert)
