"""Both stores for programs that only look: nothing is made, migrated or written, and no writer is kept waiting."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine

from sql import migrations
from sql.duck_file import published_beside
from sql.engines import duckdb_reader, parse_url, postgres_engine, shown, sqlite_engine
from sql.failures import told_clearly
from tieout.errors import StoreError


class Looking:
    """Readers of the journal and of the warehouse's published copy. Safe to share between threads."""

    def __init__(self, journal_url: str, warehouse_url: str) -> None:
        journal = parse_url(journal_url, "TIEOUT_JOURNAL_URL", ("sqlite", "postgresql"))
        warehouse = parse_url(warehouse_url, "TIEOUT_WAREHOUSE_URL", ("duckdb", "postgresql"))
        self._names = shown(journal), shown(warehouse)
        self._journal_file = Path(str(journal.database)) if journal.get_backend_name() == "sqlite" else None
        self._copy = published_beside(Path(str(warehouse.database))) if "duck" in warehouse.drivername else None
        self._journal = postgres_engine(journal) if self._journal_file is None else sqlite_engine(journal)
        self._warehouse = postgres_engine(warehouse) if self._copy is None else duckdb_reader(self._copy)

    def journal(self) -> AbstractContextManager[Connection]:
        """One consistent view of the journal, in which writing fails.

        raises    StoreError where it was never made; StoreVersionError where a newer tieout wrote it
        """
        return self._look(self._journal, "journal", self._names[0], self._journal_file)

    def warehouse(self) -> AbstractContextManager[Connection]:
        """The newest published copy. Raises as `journal`."""
        return self._look(self._warehouse, "warehouse", self._names[1], self._copy)

    @property
    def published(self) -> float | None:
        """What changes with every published copy; None on PostgreSQL, where each look is the newest."""
        return self._copy.stat().st_mtime if self._copy is not None and self._copy.exists() else None

    def close(self) -> None:
        """Let go of every connection."""
        self._journal.dispose()
        self._warehouse.dispose()

    @contextmanager
    def _look(self, engine: Engine, store: str, where: str, file: Path | None) -> Iterator[Connection]:
        if file is not None and not file.exists():
            raise StoreError(f"{where}: there is no {store} yet; `tieout init` makes one")
        with told_clearly(where), engine.connect() as connection:
            if engine.dialect.name == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            if not migrations.is_current(connection, store, where, migrated=True):
                raise StoreError(f"{where}: the {store} is older than this program; any command brings it up to date")
            yield connection
