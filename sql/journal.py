"""The journal: what happens, entry by entry, durable before the next step is taken.

SQLite in WAL mode by default, PostgreSQL by URL. Transactions are small and many processes write at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine

from sql import audit, migrations
from sql.engines import WRITES, make_folder, parse_url, postgres_engine, shown, sqlite_engine
from sql.failures import told_clearly
from sql.load import query

MIGRATION_KEY = 7_465_656_001  # PostgreSQL advisory lock: one migration at a time in a database


class Journal:
    """An open journal. Safe to share between threads; each process opens its own."""

    def __init__(self, engine: Engine, where: str) -> None:
        self._engine = engine
        self._where = where

    @classmethod
    def open(cls, url: str) -> Journal:
        """The journal at that URL, made or brought up to date where needed.

        raises    ConfigError for a URL that cannot be one, StoreVersionError when a newer tieout wrote it,
                  StoreError when it cannot be opened
        """
        parsed = parse_url(url, "TIEOUT_JOURNAL_URL", ("sqlite", "postgresql"))
        if parsed.get_backend_name() == "sqlite":
            make_folder(Path(str(parsed.database)))
            journal = cls(sqlite_engine(parsed), shown(parsed))
        else:
            journal = cls(postgres_engine(parsed), shown(parsed))
        journal._bring_up_to_date()
        return journal

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._engine.dialect.name

    @property
    def where(self) -> str:
        """The URL without its password."""
        return self._where

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: on the disk when the block ends, gone without a trace when it raises.

        raises    StoreError for a full or read-only disk, or when another writer does not end
        """
        with (
            told_clearly(self._where),
            self._engine.connect() as connection,
            connection.execution_options(**{WRITES: True, audit.PENDING: []}).begin(),
        ):
            yield connection
            audit.write_pending(connection, connection.get_execution_options()[audit.PENDING])

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view, never waiting for a writer. Writing through it fails."""
        with told_clearly(self._where), self._engine.connect() as connection:
            if self.dialect == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            yield connection

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()

    def _bring_up_to_date(self) -> None:
        with self.read() as connection:
            if migrations.is_current(connection, "journal", self._where):
                return
        with self.write() as connection:
            lock_migrations(connection)
            if not migrations.is_current(connection, "journal", self._where):
                migrations.upgrade(connection, "journal")


def lock_migrations(connection: Connection) -> None:
    """Keep other processes from migrating the same database; SQLite's write transaction does that by itself."""
    if connection.dialect.name == "postgresql":
        connection.execute(query("lock_warehouse"), {"key": MIGRATION_KEY})
