"""Where a request budget stands: in this process, in a file for this machine, or in PostgreSQL for many machines.

Each is a bucket of pyrate-limiter with a lock that everybody who shares it takes, so that looking and spending are one.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from copy import copy
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pyrate_limiter import AbstractBucket, Rate, SQLiteBucket

from brokers.http.gate import FileGate


class BudgetLost(Exception):
    """The budget cannot be read or written now."""


@dataclass(frozen=True, slots=True)
class SharedBucket:
    """A bucket and what belongs to it.

    held     the lock, taken within so many seconds; raises BudgetLost, and so does whatever fails inside
    forget   drops the entries of one name up to a moment, epoch milliseconds, for which the library has no verb
    """

    bucket: AbstractBucket
    held: Callable[[float], AbstractContextManager[None]]
    forget: Callable[[str, int], None]
    close: Callable[[], None]

    def up_to(self, limit: int, interval_ms: int) -> AbstractBucket:
        """The same entries under another limit."""
        other = copy(self.bucket)
        other.rates = [Rate(limit, interval_ms)]
        return other


def in_process(rate: Rate) -> SharedBucket:
    """For the threads of this process. SQLite in memory: entries may be written out of order there."""
    threads = threading.RLock()

    @contextmanager
    def held(within_s: float) -> Iterator[None]:
        if not threads.acquire(timeout=within_s):
            raise BudgetLost(f"busy for {within_s:g} s")
        try:
            yield
        finally:
            threads.release()

    bucket = SQLiteBucket.init_from_file([rate], db_path=":memory:")
    return SharedBucket(bucket, held, partial(_forget, bucket), bucket.close)


def in_file(rate: Rate, name: str, path: Path) -> SharedBucket:
    """For every process of this machine that names the same file. Raises sqlite3.Error, OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    bucket = SQLiteBucket.init_from_file([rate], table=name, db_path=str(path), use_file_lock=True)
    bucket.lock = threading.RLock()  # everybody has the gate already: to take the library's own is work for nothing
    gate = FileGate(path.with_name(f"{path.name}.gate"))

    @contextmanager
    def held(within_s: float) -> Iterator[None]:
        try:
            with gate.held(within_s):
                yield
        except (sqlite3.Error, OSError) as error:  # a lock that was not given in time is an OSError
            raise BudgetLost(str(error)) from error

    def close() -> None:
        bucket.close()  # type: ignore[no-untyped-call]
        gate.close()

    return SharedBucket(bucket, held, partial(_forget, bucket), close)


def _forget(bucket: SQLiteBucket, name: str, until_ms: int) -> None:
    statement = f"DELETE FROM '{bucket.table}' WHERE name = ? AND item_timestamp <= ?"
    bucket.conn.execute(statement, (name, until_ms)).close()
    bucket.conn.commit()
