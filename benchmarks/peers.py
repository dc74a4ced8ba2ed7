"""What others do with the same three sides: quantities on all three pairs, cost on book against broker, nothing more.

Each gets its frames ready in memory, in the order in which our stores hold them, and is asked for the rows that differ
with both sides' figures, as our query answers. `exact` is what money needs; `floats` is there to be known.
"""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

from benchmarks import data
from benchmarks.measuring import Case, Clock, Measurement

SIDES = ("book", "implied", "broker")
PAIRS = tuple(combinations(SIDES, 2))
COLUMNS = {pair: ("quantity", "cost") if pair == ("book", "broker") else ("quantity",) for pair in PAIRS}
FULL_JOIN = """
SELECT count(*) FROM {left} AS l FULL OUTER JOIN {right} AS r ON l.id = r.id
WHERE l.quantity IS DISTINCT FROM r.quantity
"""


def bare_joins(rows: int, folder: Path) -> Measurement:
    """The floor: three full outer joins of bare tables on integer keys, quantities compared and counted, no more."""
    import duckdb

    clock, path = Clock(), folder / f"bare-{rows}.duckdb"
    path.unlink(missing_ok=True)
    with duckdb.connect(path) as connection:
        data.sides(connection, rows)
    with duckdb.connect(path) as connection:
        connection.execute("SELECT count(*) FROM duckdb_tables()").fetchall()  # the file is open
        with clock.running():
            found = [connection.execute(FULL_JOIN.format(left=a, right=b)).fetchall()[0][0] for a, b in PAIRS]
    return clock.measured(found=max(found))


def datacompy_exact(rows: int, _folder: Path) -> Measurement:
    """datacompy on pandas with Decimals."""
    return _datacompy(_pandas(rows, exact=True))


def datacompy_floats(rows: int, _folder: Path) -> Measurement:
    """datacompy on pandas in the form it is fastest in."""
    return _datacompy(_pandas(rows, exact=False))


def _datacompy(frames: dict[str, Any]) -> Measurement:
    """As its documentation calls it: compare, ask whether all matches, take the mismatches and each side's own rows."""
    import datacompy as peer

    pairs = {pair: [frames[side][["id", *columns]] for side in pair] for pair, columns in COLUMNS.items()}
    clock, found = Clock(), []
    with clock.running():
        for left, right in pairs.values():
            compared = peer.PandasCompare(left, right, join_columns="id")
            if not compared.matches():
                unequal = compared.all_mismatch()
                found.append(len(unequal) + len(compared.df1_unq_rows) + len(compared.df2_unq_rows))
    return clock.measured(found=max(found), version=peer.__version__)


def pandas_exact(rows: int, _folder: Path) -> Measurement:
    """pandas with Decimals."""
    return _merges(_pandas(rows, exact=True))


def pandas_floats(rows: int, _folder: Path) -> Measurement:
    """pandas in the form it is fastest in."""
    return _merges(_pandas(rows, exact=False))


def _merges(frames: dict[str, Any]) -> Measurement:
    """Three outer merges; a side that is missing is unequal to everything."""
    import pandas as pd

    pairs = {pair: [frames[side][["id", *columns]] for side in pair] for pair, columns in COLUMNS.items()}
    clock, found = Clock(), []
    with clock.running():
        for pair, (left, right) in pairs.items():
            both = left.merge(right, on="id", how="outer", suffixes=("_l", "_r"))
            differs = both["quantity_l"] != both["quantity_r"]
            if "cost" in COLUMNS[pair]:
                differs |= both["cost_l"] != both["cost_r"]
            found.append(len(both[differs]))
    return clock.measured(found=max(found), version=pd.__version__)


def polars_exact(rows: int, _folder: Path) -> Measurement:
    """polars with its 38-digit decimals."""
    return _joins(_arrows(rows, exact=True))


def polars_floats(rows: int, _folder: Path) -> Measurement:
    """polars in the form it is fastest in."""
    return _joins(_arrows(rows, exact=False))


def _joins(arrows: dict[str, Any]) -> Measurement:
    """Three full joins by the streaming engine."""
    import polars as pl

    frames: dict[str, Any] = {side: pl.from_arrow(one) for side, one in arrows.items()}
    clock, found = Clock(), []
    with clock.running():
        for (left, right), columns in COLUMNS.items():
            sides = (frames[side].lazy().select("id", *columns) for side in (left, right))
            both = next(sides).join(next(sides), on="id", how="full", coalesce=True)
            differs = pl.any_horizontal(pl.col(one).ne_missing(pl.col(f"{one}_right")) for one in columns)
            found.append(both.filter(differs).collect(engine="streaming").height)
    return clock.measured(found=max(found), version=pl.__version__)


def _pandas(rows: int, *, exact: bool) -> dict[str, Any]:
    return {side: one.to_pandas() for side, one in _arrows(rows, exact=exact).items()}


def _arrows(rows: int, *, exact: bool) -> dict[str, Any]:
    import duckdb

    kind = data.MONEY if exact else "DOUBLE"
    columns = f"id, CAST(quantity AS {kind}) AS quantity, CAST(cost AS {kind}) AS cost"
    with duckdb.connect() as connection:
        data.sides(connection, rows)
        return {side: connection.execute(f"SELECT {columns} FROM {side}").to_arrow_table() for side in SIDES}


CASES: tuple[Case, ...] = (
    bare_joins,
    datacompy_exact,
    datacompy_floats,
    pandas_exact,
    pandas_floats,
    polars_exact,
    polars_floats,
)
