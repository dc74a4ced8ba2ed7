"""A request budget in PostgreSQL, shared by every machine that names the same database.

pyrate-limiter's own bucket keeps the entries. It wants a pool and gives up at once where somebody else is writing; here
it gets one connection, and an advisory lock that is waited for. The time is the server's, so machines need not agree.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from pyrate_limiter import Rate

from brokers.http.buckets import BudgetLost, SharedBucket

if TYPE_CHECKING:
    import psycopg

_LOCKS = 0x71E0  # first half of the lock's number: locks of others in this database do not meet ours
_SETTINGS = """SELECT set_config('timezone', 'UTC', true), set_config('lock_timeout', %s, true),
set_config('statement_timeout', %s, true), set_config('synchronous_commit', 'off', true)"""
"""The bucket writes local timestamps, so the zone must be everybody's. What a crash of the server loses is a minute."""


def in_postgres(rate: Rate, name: str, url: str) -> SharedBucket:
    """For every process that names the same database. Raises BudgetLost where it cannot be reached."""
    from psycopg import sql
    from pyrate_limiter import PostgresBucket

    line = OneConnection(url, name)
    with line.held(10.0):
        bucket = PostgresBucket(cast(Any, line), name, [rate])

    def forget(entries: str, until_ms: int) -> None:
        table = sql.Identifier(f"ratelimit___{bucket.table}")
        statement = sql.SQL("DELETE FROM {} WHERE name = %s AND item_timestamp <= TO_TIMESTAMP(%s)").format(table)
        with line.connection() as connection:
            connection.execute(statement, (entries, until_ms / 1000))

    return SharedBucket(bucket, line.held, forget, line.close)


class OneConnection:
    """What the bucket takes for a pool: one connection, made anew after it broke."""

    closed = False

    def __init__(self, url: str, name: str) -> None:
        self._url = url.replace("postgresql+psycopg:", "postgresql:", 1)
        self._lock_id = zlib.crc32(name.encode()) - 2**31  # four bytes with a sign, as the server takes them
        self._threads = threading.RLock()
        self._open: psycopg.Connection | None = None

    @contextmanager
    def held(self, within_s: float) -> Iterator[None]:
        """The advisory lock of this budget, and everything within as one transaction."""
        import psycopg

        if not self._threads.acquire(timeout=within_s):
            raise BudgetLost(f"busy for {within_s:g} s")
        try:
            self._connect()
            with self.connection() as connection:
                bound = f"{max(1, round(within_s * 1000))}ms"
                connection.execute(_SETTINGS, (bound, bound))
                connection.execute("SELECT pg_advisory_xact_lock(%s, %s)", (_LOCKS, self._lock_id))
                yield
        except psycopg.Error as error:
            raise BudgetLost(str(error).strip().partition("\n")[0]) from error
        finally:
            self._threads.release()

    @contextmanager
    def connection(self) -> Iterator[psycopg.Connection]:
        """The connection, in a transaction: a part of the one under way, for nothing is done without the lock."""
        if self._open is None:
            raise BudgetLost("not connected")
        with self._open.transaction():
            yield self._open

    def _connect(self) -> None:
        import psycopg

        if self._open is None or self._open.closed:
            self._open = psycopg.connect(self._url, autocommit=True, connect_timeout=10)

    def close(self) -> None:
        """Close the connection."""
        if self._open is not None:
            self._open.close()
