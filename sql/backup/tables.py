"""PostgreSQL: every table of ours as CSV by COPY, and back within one transaction, without its own programs."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect

from sql import migrations
from sql.backup.files import sync
from sql.schema import every
from tieout.backup import Part
from tieout.errors import StoreError

_AT_ONCE = 1 << 16


def dump(connection: Connection, folder: Path, stores: Sequence[str]) -> tuple[list[Path], dict[str, int]]:
    """Write the tables of those stores; the connection's transaction is the moment they show.

    returns    the files in the order to read them back, and the last number of each sequence
    """
    written = []
    for table in _tables(connection, stores):
        path = folder / f"{table}.csv"
        with (
            _cursor(connection).copy(f'COPY "{table}" TO STDOUT (FORMAT csv, HEADER true)') as rows,
            path.open("wb") as file,
        ):
            for block in rows:
                file.write(block)
        sync(path)
        written.append(path)
    return written, _sequences(connection)


def load(connection: Connection, root: Path, part: Part) -> None:
    """Replace the rows of a database by those of a backup, and bring it to our newest version.

    raises    StoreError where the database stands at another version than the backup
    """
    for store, version in part.revisions.items():
        _require_version(connection, store, version)
    tables = [Path(one.name).stem for one in part.files]
    # Also what the backup does not have: a plan or an alert of the time after it would be believed.
    connection.exec_driver_sql(f"TRUNCATE {', '.join(_quoted(_tables(connection, part.stores)))}")
    for one, table in zip(part.files, tables, strict=True):
        _load_table(connection, root / one.name, table)
    for name, value in part.sequences.items():
        _cursor(connection).execute("SELECT setval(%s::regclass, %s)", (f'"{name}"', value))
    for store in part.revisions:
        migrations.upgrade(connection, store)


def is_occupied(connection: Connection, stores: Sequence[str]) -> bool:
    """Whether any table of those stores holds a row that somebody wrote."""
    seeded = {"audit_chain"}
    found = [name for name in _tables(connection, stores) if name not in seeded]
    return any(connection.exec_driver_sql(f'SELECT 1 FROM "{name}" LIMIT 1').first() for name in found)


def _require_version(connection: Connection, store: str, version: str) -> None:
    found = migrations.read_version(connection, store)
    if found is None:
        migrations.upgrade(connection, store, to=version)
    elif found != version:
        raise StoreError(
            f"the {store} of this database is at version {found}, the backup at {version}: restore into an empty one"
        )


def _load_table(connection: Connection, path: Path, table: str) -> None:
    with path.open(newline="", encoding="utf-8") as file:
        columns = next(csv.reader(file))
    statement = f'COPY "{table}" ({", ".join(_quoted(columns))}) FROM STDIN (FORMAT csv, HEADER true)'
    with _cursor(connection).copy(statement) as rows, path.open("rb") as file:
        while block := file.read(_AT_ONCE):
            rows.write(block)


def _tables(connection: Connection, stores: Sequence[str]) -> list[str]:
    """Names that are there, those that others refer to first; what two stores share once."""
    there = set(inspect(connection).get_table_names())
    homes = {"journal": every.JOURNAL, "warehouse": every.WAREHOUSE}
    named = [table.name for store in stores for table in homes[store].sorted_tables]
    return [name for name in dict.fromkeys(named) if name in there]


def _sequences(connection: Connection) -> dict[str, int]:
    found = connection.exec_driver_sql(
        "SELECT sequencename, last_value FROM pg_sequences "
        "WHERE schemaname = current_schema() AND last_value IS NOT NULL"
    )
    return {str(name): int(value) for name, value in found}


def _quoted(names: Iterable[str]) -> list[str]:
    return [f'"{name}"' for name in names]


def _cursor(connection: Connection) -> Any:
    return connection.connection.cursor()
