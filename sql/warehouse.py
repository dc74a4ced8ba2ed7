"""The warehouse: positions, ledger and everything else that is measured in rows.

DuckDB by default, PostgreSQL by URL. Writers come one at a time and briefly; readers are never in the way.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from sqlalchemy import URL, Connection

from sql import migrations
from sql.duck_file import DuckFile
from sql.engines import parse_url, postgres_engine, shown
from sql.failures import told_clearly
from sql.journal import lock_migrations
from sql.load import query

WRITER_KEY = 7_465_656_002  # PostgreSQL advisory lock of the warehouse's writers
WAIT_S = 900.0  # a hundred accounts may close at once, each holding the file for seconds
FOREIGN_WAIT_S = 60.0  # a program of somebody else's that opened the file itself


class _Store(Protocol):
    dialect: str

    @property
    def published_path(self) -> Path | None: ...
    def bring_up_to_date(self) -> None: ...
    def write(self, account_id: str | None) -> AbstractContextManager[Connection]: ...
    def read(self) -> AbstractContextManager[Connection]: ...
    def publish(self) -> None: ...
    def still(self) -> AbstractContextManager[Path | Connection]: ...
    def close(self) -> None: ...


class Warehouse:
    """An open warehouse. Safe to share between threads; each process opens its own."""

    def __init__(self, store: _Store, where: str) -> None:
        self._store = store
        self._where = where

    @classmethod
    def open(cls, url: str, *, wait_s: float = WAIT_S, foreign_wait_s: float = FOREIGN_WAIT_S) -> Warehouse:
        """The warehouse at that URL, made or brought up to date where needed. Quick when it is current already.

        wait_s            seconds a writer waits for the writers before it
        foreign_wait_s    seconds it waits for another program that has the DuckDB file open
        raises            ConfigError for a URL that cannot be one, StoreVersionError when a newer tieout wrote it,
                          StoreError when it cannot be opened
        """
        parsed = parse_url(url, "TIEOUT_WAREHOUSE_URL", ("duckdb", "postgresql"))
        where = shown(parsed)
        store: _Store
        if parsed.get_backend_name() == "duckdb":
            path = Path(str(parsed.database))
            store = DuckFile(path, where, wait_s=wait_s, foreign_wait_s=foreign_wait_s)
        else:
            store = _Postgres(parsed, where)
        store.bring_up_to_date()
        return cls(store, where)

    @property
    def dialect(self) -> str:
        """`duckdb` or `postgresql`."""
        return self._store.dialect

    @property
    def where(self) -> str:
        """The URL without its password."""
        return self._where

    @property
    def published_path(self) -> Path | None:
        """The DuckDB file that people and dashboards may open; None on PostgreSQL, where they read the database."""
        return self._store.published_path

    def write(self, account_id: str | None = None) -> AbstractContextManager[Connection]:
        """One transaction, alone: writers come one after the other in the order they asked.

        account_id    on PostgreSQL writers of different accounts need not wait for each other; None waits for all

        While the block runs, `connection.engine` gives further connections to the same database; those that are still
        open at its end are closed. Durable when the block ends, undone when it raises. Readers see it after `publish`.

        raises    StoreError when the wait is too long, the disk is full or cannot be written, or inside another write
        """
        return self._store.write(account_id)

    def read(self) -> AbstractContextManager[Connection]:
        """The newest published copy, read-only (on PostgreSQL the database itself). Never waits for a writer."""
        return self._store.read()

    def publish(self) -> None:
        """Let readers see everything committed so far: a copy replaces the published one in a single step."""
        self._store.publish()

    def still(self) -> AbstractContextManager[Path | Connection]:
        """The whole of it while every writer waits: DuckDB's file, open nowhere, or a connection to PostgreSQL."""
        return self._store.still()

    def close(self) -> None:
        """Let go of every connection."""
        self._store.close()


class _Postgres:
    """The warehouse in a PostgreSQL database."""

    dialect = "postgresql"
    published_path = None

    def __init__(self, url: URL, where: str) -> None:
        self._engine = postgres_engine(url)
        self._where = where

    def bring_up_to_date(self) -> None:
        with self.read() as connection:
            if migrations.is_current(connection, "warehouse", self._where):
                return
        with told_clearly(self._where), self._engine.begin() as connection:
            lock_migrations(connection)
            if not migrations.is_current(connection, "warehouse", self._where):
                migrations.upgrade(connection, "warehouse")

    @contextmanager
    def write(self, account_id: str | None) -> Iterator[Connection]:
        with told_clearly(self._where), self._engine.begin() as connection:
            if account_id is None:
                connection.execute(query("lock_warehouse"), {"key": WRITER_KEY})
            else:
                connection.execute(query("lock_account"), {"key": WRITER_KEY, "account_id": account_id})
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with told_clearly(self._where), self._engine.connect() as connection:
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            yield connection

    def publish(self) -> None:
        """Nothing to do: readers see what is committed."""

    @contextmanager
    def still(self) -> Iterator[Connection]:
        with self.write(None) as connection:
            yield connection

    def close(self) -> None:
        self._engine.dispose()
