"""A part of the audit trail as a file for somebody else's program."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import asdict, fields
from datetime import UTC
from pathlib import Path

from tasks.stores import Stores
from tieout.audit import AuditEvent
from tieout.errors import DataError

FORMATS = (".csv", ".parquet")
COLUMNS = tuple(field.name for field in fields(AuditEvent))


def export_trail(stores: Stores, file: Path, wanted: object) -> int:
    """Write events to a CSV or Parquet file, by its ending; the file stands whole or not at all. How many there were.

    wanted    a `sql.audit.Wanted`
    raises    DataError for another ending, or a file that cannot be written
    """
    from sql.audit import Wanted, read_events

    if file.suffix.lower() not in FORMATS or not isinstance(wanted, Wanted):
        raise DataError(f"{file}: name a file that ends in {' or '.join(FORMATS)}")
    part = file.with_name(f".{file.name}.part")
    write = _write_csv if file.suffix.lower() == ".csv" else _write_parquet
    try:
        with stores.journal.read() as journal:
            count = write(part, read_events(journal, wanted))
        part.replace(file)
    except OSError as error:
        raise DataError(f"{file}: cannot be written: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)
    return count


def _write_csv(file: Path, events: Iterable[AuditEvent]) -> int:
    count = 0
    with file.open("w", encoding="utf-8", newline="") as out:
        rows = csv.DictWriter(out, COLUMNS)
        rows.writeheader()
        for event in events:
            rows.writerow(asdict(event) | {"at": event.at.astimezone(UTC).isoformat(timespec="microseconds")})
            count += 1
    return count


def _write_parquet(file: Path, events: Iterable[AuditEvent]) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    text = {name: pa.string() for name in COLUMNS}
    schema = pa.schema(text | {"number": pa.int64(), "at": pa.timestamp("us", tz="UTC")})
    count, batch = 0, []
    with pq.ParquetWriter(file, schema) as out:
        for event in events:
            batch.append(asdict(event))
            count += 1
            if len(batch) == AT_ONCE:
                out.write_table(pa.Table.from_pylist(batch, schema))
                batch = []
        out.write_table(pa.Table.from_pylist(batch, schema))
    return count


AT_ONCE = 50_000  # rows of one group
