"""A part of the audit trail as a file for somebody else's program."""

from __future__ import annotations

from dataclasses import asdict, fields
from pathlib import Path

from tasks.stores import Stores
from tasks.table_file import Holds, require_format, write_table
from tieout.audit import AuditEvent

COLUMNS = {one.name: Holds.TEXT for one in fields(AuditEvent)} | {"number": Holds.WHOLE, "at": Holds.MOMENT}


def export_trail(stores: Stores, file: Path, wanted: object) -> int:
    """Write events to a CSV or Parquet file, by its ending; the file stands whole or not at all. How many there were.

    wanted    a `sql.audit.Wanted`
    raises    DataError for another ending, or a file that cannot be written
    """
    from sql.audit import Wanted, read_events

    require_format(file)
    if not isinstance(wanted, Wanted):
        raise TypeError(f"{wanted!r} does not say which events are wanted")
    with stores.journal.read() as journal:
        return write_table(file, COLUMNS, (asdict(one) for one in read_events(journal, wanted)))
