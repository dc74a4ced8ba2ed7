"""One request budget per key, shared by every process that uses the key.

A venue counts per account, and a flow run is a process of its own: eight runs with a limiter each would be eight times
too fast. The budget therefore lives in an SQLite file behind a file lock.
"""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path

from pyrate_limiter import Duration, InMemoryBucket, Limiter, Rate, SQLiteBucket
from pyrate_limiter.limiter import SingleBucketFactory

from tieout.errors import ConfigError, RateLimited, Unavailable

_SWEEP = 100  # requests between two sweeps of what has left the window


class RequestBudget:
    """At most `per_minute` requests in any minute, over all processes that name the same file and key.

    path         the SQLite file; None keeps the budget inside this process
    patience_s   seconds to wait for room before giving up
    """

    def __init__(self, broker: str, key: str, per_minute: int, path: Path | None, patience_s: float = 60.0) -> None:
        self._broker = broker
        self._patience_s = patience_s
        self._bucket = _bucket(budget_name(broker, key), Rate(per_minute, Duration.MINUTE), path)
        # Sweeping is ours to do: the library's own sweeper is a thread that outlives a flow run
        self._limiter = Limiter(SingleBucketFactory(self._bucket, schedule_leak=False), buffer_ms=5)
        if (lock := self._bucket.limiter_lock()) is not None:
            self._limiter.lock = (lock, self._limiter.lock)
        self._spent = 0

    def spend(self) -> None:
        """Take one request from the budget, waiting for room.

        raises   RateLimited where there was none in time, Unavailable where the file fails; nothing was sent
        """
        try:
            if self._spent % _SWEEP == 0:
                self._sweep()
            granted = self._limiter.try_acquire("request", timeout=self._patience_s)
        except (sqlite3.Error, OSError) as error:
            raise Unavailable(self._broker, f"our own request budget cannot be kept ({error})") from error
        self._spent += 1
        if not granted:
            refusal = RateLimited(self._broker, f"our own request budget left no room for {self._patience_s:g} s")
            refusal.retry_after_s = self._patience_s
            raise refusal

    def _sweep(self) -> None:
        self._bucket.leak(self._bucket.now())  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """Close the file."""
        self._limiter.close()


def budget_name(broker: str, key: str) -> str:
    """A table name that tells processes with the same key apart from others, and nobody the key."""
    digest = hashlib.sha256(f"{broker}\x1f{key}".encode()).hexdigest()[:16]
    return f"{broker}_{digest}"


def _bucket(name: str, rate: Rate, path: Path | None) -> InMemoryBucket | SQLiteBucket:
    if path is None:
        return InMemoryBucket([rate])
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return SQLiteBucket.init_from_file([rate], table=name, db_path=str(path), use_file_lock=True)
    except (sqlite3.Error, OSError) as error:
        raise ConfigError(
            f"the request budget {path} cannot be opened ({error}): name a writable file as `limits_file` among the "
            "account's options"
        ) from error
