"""Rows as a file for somebody else's program: CSV or Parquet, whole or not at all."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tieout.errors import DataError
from tieout.money import PRECISION, SCALE, plain, rounded

if TYPE_CHECKING:
    import pyarrow as pa

FORMATS = (".csv", ".parquet")
AT_ONCE = 50_000  # rows of one group


class Holds(StrEnum):
    """What a column holds."""

    TEXT = "text"
    WHOLE = "whole"
    DECIMAL = "decimal"
    DAY = "day"
    MOMENT = "moment"


Columns = Mapping[str, Holds]


def require_format(file: Path) -> None:
    """Refuse what is neither.

    raises    DataError
    """
    if file.suffix.lower() not in FORMATS:
        raise DataError(f"{file}: name a file that ends in {' or '.join(FORMATS)}")


def write_table(file: Path, columns: Columns, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write rows to a file, by its ending; it stands whole or not at all. How many there were.

    raises    DataError for another ending, or a file that cannot be written
    """
    require_format(file)
    part = file.with_name(f".{file.name}.part")
    write = _write_csv if file.suffix.lower() == ".csv" else _write_parquet
    try:
        count = write(part, columns, rows)
        part.replace(file)
    except OSError as error:
        raise DataError(f"{file}: cannot be written: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)
    return count


def _write_csv(file: Path, columns: Columns, rows: Iterable[Mapping[str, Any]]) -> int:
    count = 0
    with file.open("w", encoding="utf-8", newline="") as out:
        written = csv.DictWriter(out, list(columns), extrasaction="ignore")
        written.writeheader()
        for row in rows:
            written.writerow({name: _text(row[name]) for name in columns})
            count += 1
    return count


def _text(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return plain(value) if isinstance(value, Decimal) else value


def _write_parquet(file: Path, columns: Columns, rows: Iterable[Mapping[str, Any]]) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = _schema(columns)
    count, batch = 0, []
    with pq.ParquetWriter(file, schema) as out:
        for row in rows:
            batch.append({name: _exact(row[name]) for name in columns})
            count += 1
            if len(batch) == AT_ONCE:
                out.write_table(pa.Table.from_pylist(batch, schema))
                batch = []
        out.write_table(pa.Table.from_pylist(batch, schema))
    return count


def _schema(columns: Columns) -> pa.Schema:
    import pyarrow as pa

    kinds = {
        Holds.TEXT: pa.string(),
        Holds.WHOLE: pa.int64(),
        Holds.DECIMAL: pa.decimal128(PRECISION, SCALE),
        Holds.DAY: pa.date32(),
        Holds.MOMENT: pa.timestamp("us", tz="UTC"),
    }
    return pa.schema({name: kinds[kind] for name, kind in columns.items()})


def _exact(value: object) -> object:
    return rounded(value) if isinstance(value, Decimal) else value
