"""A DuckDB file that many processes write, one at a time, and everybody reads in a copy.

Beside `tieout.duckdb` lie
    tieout.published.duckdb   the copy for people, dashboards and our own reads; replaced by rename, never changed
    tieout.duckdb.queue/      who writes and who waits (sql/fairlock.py)
    *.part                    a copy being made; one left behind by a killed process is removed by the next writer

A commit is in DuckDB's file or its write-ahead log before `write` returns. A process killed before that loses only its
own transaction: whoever opens the file next replays the log.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError

from sql import migrations
from sql.backup.files import copy_file, sync
from sql.engines import duckdb_engine, duckdb_reader, make_folder
from sql.failures import told_clearly
from sql.fairlock import FairLock
from tieout.errors import StoreError

_HEADERS = (
    3 * 4096
)  # the file's three header blocks; they hold the checkpoint's number, so every checkpoint changes them
_FOREIGN_PAUSE_S = 0.05


def published_beside(path: Path) -> Path:
    """Where the copy for readers lies."""
    return path.absolute().with_name(f"{path.stem}.published{path.suffix}")


class DuckFile:
    """The warehouse's file, its lock and its published copy."""

    dialect = "duckdb"

    def __init__(self, path: Path, where: str, *, wait_s: float, foreign_wait_s: float) -> None:
        self._path = path.absolute()
        self._where = where
        self._foreign_wait_s = foreign_wait_s
        self._lock = FairLock(self._path.with_name(f"{path.name}.queue"), wait_s=wait_s)
        self._published = published_beside(self._path)
        self._opened: list[Any] = []
        self._engine = self._tracking(duckdb_engine(self._path))
        self._reader = duckdb_reader(self._published)

    @property
    def published_path(self) -> Path | None:
        return self._published

    def bring_up_to_date(self) -> None:
        """Make or migrate the file and publish it, unless the published copy shows that it is current."""
        make_folder(self._path)
        if self._published.exists():
            self._require_file()
            with self.read() as connection:
                current = migrations.is_current(connection, "warehouse", self._where, migrated=True)
            if current:
                self._look_for_a_newer_version()
                return
        with told_clearly(self._where), self._lock.held():
            with self._transaction() as connection:
                if not migrations.is_current(connection, "warehouse", self._where):
                    migrations.upgrade(connection, "warehouse")
            self._publish()

    def _look_for_a_newer_version(self) -> None:
        """Tell at once of a file that a newer tieout changed and did not publish; never at a writer's expense."""
        changed = _headers(self._published) != _headers(self._path)
        if changed and os.access(self._path.parent, os.W_OK) and not self._lock.queue():
            with self.write(None):
                pass

    @contextmanager
    def write(self, _account_id: str | None) -> Iterator[Connection]:
        with told_clearly(self._where), self._lock.held():
            self._require_file()
            with self._transaction() as connection:
                if not migrations.is_current(connection, "warehouse", self._where, migrated=True):
                    raise StoreError(
                        f"{self._where}: the warehouse is older than this program; open it again to migrate"
                    )
                yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        if not self._published.exists():
            self.publish()
        with told_clearly(self._where), self._reader.connect() as connection:
            yield connection

    def publish(self) -> None:
        with told_clearly(self._where), self._lock.held():
            self._require_file()
            self._publish()

    @contextmanager
    def still(self) -> Iterator[Path]:
        """The file itself, whole and open nowhere, while every writer waits."""
        with told_clearly(self._where), self._lock.held():
            self._require_file()
            self._fold()
            yield self._path

    def close(self) -> None:
        self._engine.dispose()
        self._reader.dispose()

    def _publish(self) -> None:
        for stale in self._path.parent.glob(f"{self._published.name}.*.part"):
            stale.unlink()
        self._fold()
        if _headers(self._published) == _headers(self._path):
            return
        part = self._published.with_name(f"{self._published.name}.{os.getpid()}.part")
        copy_file(self._path, part)
        part.replace(self._published)
        sync(self._path.parent)

    def _fold(self) -> None:
        """Bring what a killed writer left in the log into the file: opening replays it, closing writes it down."""
        if self._log().exists():
            with self._transaction():
                pass
        if self._log().exists():
            raise StoreError(f"{self._where}: the write-ahead log could not be folded into the file, nothing published")

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        """A transaction on the file itself. The lock is held; at the end no connection of this process is left open."""
        try:
            with self._connect() as connection, connection.begin():
                yield connection
        finally:
            with ExitStack() as closing:  # also what a library left open: the file must be free for the next writer
                for left in self._opened:
                    closing.callback(left.close)
                self._opened.clear()

    def _connect(self) -> Connection:
        """Open the file, waiting a while for a program of somebody else's that holds it."""
        deadline = time.monotonic() + self._foreign_wait_s
        while True:
            try:
                return self._engine.connect()
            except DBAPIError as error:
                if "Could not set lock" not in str(error.orig) or time.monotonic() > deadline:
                    raise
            time.sleep(_FOREIGN_PAUSE_S)

    def _tracking(self, engine: Engine) -> Engine:
        """Remember each connection, so that one left open by a library cannot keep the file from the next process."""
        event.listen(engine, "connect", lambda connection, _record: self._opened.append(connection))
        return engine

    def _require_file(self) -> None:
        if not self._path.exists() and self._published.exists():
            raise StoreError(
                f"{self._path} is gone, but its published copy {self._published.name} is there. Restore the file from "
                f"a backup or copy the published one to its name; to start anew, remove both."
            )

    def _log(self) -> Path:
        return self._path.with_name(f"{self._path.name}.wal")


def _headers(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_HEADERS) + str(path.stat().st_size).encode()
    except FileNotFoundError:
        return b""
