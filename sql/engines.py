"""Engines for the three databases, each set up so that a commit is durable and a time is UTC.

Values never appear in their error messages: a raw answer or an account's figures do not belong in a log.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from tieout.errors import ConfigError, StoreError

WRITES = "tieout_writes"  # execution option of a connection that is going to write
BUSY_TIMEOUT_S = 60.0  # SQLite's own waiting for another writer; a journal transaction takes milliseconds
_WAL_ATTEMPTS = 2_000


def parse_url(url: str, name: str, dialects: tuple[str, ...]) -> URL:
    """The URL taken apart.

    name      environment variable it came from, for the message
    raises    ConfigError for text that is no URL, another database, or a file database without a file
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ConfigError(f"{name} is not a database URL such as {_EXAMPLES[dialects[0]]}") from None
    dialect = parsed.get_backend_name()
    if dialect not in dialects:
        known = " or ".join(_EXAMPLES[known] for known in dialects)
        raise ConfigError(f"{name}: {dialect} cannot be used here; write {known}")
    if dialect == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.database in (None, "", ":memory:"):
        raise ConfigError(f"{name}: a store needs a file, a database in memory would not outlive the run")
    return parsed


_EXAMPLES = {
    "sqlite": "sqlite:///data/journal.sqlite",
    "duckdb": "duckdb:///data/tieout.duckdb",
    "postgresql": "postgresql+psycopg://user@host/database",
}


def shown(url: URL) -> str:
    """The URL as messages may show it, without its password."""
    return url.render_as_string(hide_password=True)


def sqlite_engine(url: URL) -> Engine:
    """SQLite in WAL mode: readers never wait, a commit is on the disk when it returns, writers queue from BEGIN on."""
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_S}, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # Python's driver would begin by itself, too late and deferred
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    for _ in range(_WAL_ATTEMPTS):
        # Two processes that create the file at once: this one pragma does not wait for the busy timeout.
        with suppress(sqlite3.OperationalError):
            if connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
                return
            connection.execute("PRAGMA journal_mode=WAL")
        time.sleep(0.005)
    connection.execute("PRAGMA journal_mode=WAL")  # its error says why


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql(f"PRAGMA query_only={'OFF' if writes else 'ON'}")
    # A deferred transaction that turns into a writer fails at once when somebody else wrote meanwhile; IMMEDIATE waits.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def duckdb_engine(path: Path) -> Engine:
    """DuckDB on the file itself. Every connection is a real one: the file is free when the last is closed."""
    engine = create_engine(f"duckdb:///{path}", poolclass=NullPool, hide_parameters=True)
    event.listen(engine, "connect", _prepare_duckdb)
    return engine


def duckdb_reader(path: Path) -> Engine:
    """DuckDB on a published copy, read-only.

    The copy is attached to an instance of its own. Opened by name, a process that still reads an older copy under the
    same name would be given that one again: DuckDB keeps one instance per path.
    """
    engine = create_engine("duckdb:///:memory:", poolclass=NullPool, hide_parameters=True)

    def attach(connection: Any, record: Any) -> None:
        _prepare_duckdb(connection, record)
        quoted = str(path).replace("'", "''")
        connection.execute(f"SET temp_directory='{quoted}.tmp'")
        connection.execute(f"ATTACH '{quoted}' AS warehouse (READ_ONLY)")
        connection.execute("USE warehouse")

    event.listen(engine, "connect", attach)
    return engine


def _prepare_duckdb(connection: Any, _record: Any) -> None:
    connection.execute("SET TimeZone='UTC'")
    connection.execute("SET autoinstall_known_extensions=false")  # never the network


def postgres_engine(url: URL) -> Engine:
    """PostgreSQL with UTC times. Commits are as durable as the server's synchronous_commit, which we do not touch."""
    return create_engine(
        url,
        pool_pre_ping=True,
        pool_size=4,
        hide_parameters=True,
        connect_args={"options": "-c timezone=utc", "connect_timeout": 10},
    )


def make_folder(path: Path) -> None:
    """The folder a database file is going to lie in.

    raises    StoreError when it cannot be made
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{path.parent}: the folder for the database cannot be made ({error})") from error
