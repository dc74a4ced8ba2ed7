"""SQLite and DuckDB: a whole file is copied, and put back by rename."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote

from sql.engines import BUSY_TIMEOUT_S
from tieout.backup import Member
from tieout.errors import StoreError

_AT_ONCE = 1 << 20
_BESIDE = ("-wal", "-shm", ".wal")  # logs of SQLite and DuckDB that belong to one state of their file


def copy_sqlite(source: Path, target: Path) -> None:
    """One consistent state by SQLite's own online backup; writers are not held up."""
    with (
        closing(sqlite3.connect(f"file:{quote(str(source))}?mode=ro", uri=True, timeout=BUSY_TIMEOUT_S)) as ours,
        closing(sqlite3.connect(target)) as copy,
    ):
        ours.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
    sync(target)


def copy_file(source: Path, target: Path) -> None:
    """A copy that is on the disk before anybody can see it; file systems that can share blocks do."""
    shutil.copyfile(source, target)
    sync(target)


def member(root: Path, path: Path) -> Member:
    """A file as a manifest names it."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_AT_ONCE):
            digest.update(block)
    return Member(path.relative_to(root).as_posix(), path.stat().st_size, digest.hexdigest())


def require_alone(journal: Path) -> None:
    """Fold the log of a SQLite journal into its file, which SQLite does only for whoever has it alone.

    raises    StoreError where another program has it open; a damaged one is let pass, for it is going to be replaced
    """
    try:
        with closing(sqlite3.connect(journal, timeout=1.0)) as connection:
            if connection.execute("PRAGMA journal_mode=DELETE").fetchone()[0] != "delete":
                raise sqlite3.OperationalError("database is locked")
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise StoreError(
                f"{journal}: is open in another program; stop every flow, worker and server first"
            ) from error
        raise
    except sqlite3.DatabaseError:
        return


def put_in_place(made: Path, target: Path, aside: str, others: Iterable[Path] = ()) -> Path | None:
    """Let a file take another's name in one step. There is no moment at which the name has no file.

    aside      ending of the name that the file before it keeps
    others     files that belong to the old one, such as a published copy; they go
    returns    where the old one is now, None where there was none
    """
    kept = None
    if target.exists():
        kept = target.with_name(f"{target.name}{aside}")
        os.link(target, kept)
    for stale in (*(Path(f"{target}{tail}") for tail in _BESIDE), *others):
        with suppress(FileNotFoundError):
            stale.rename(stale.with_name(f"{stale.name}{aside}"))
    made.replace(target)
    sync(target.parent)
    return kept


def sync(path: Path) -> None:
    """On the disk when this returns."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
