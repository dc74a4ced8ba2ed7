"""One request budget per key, shared by every process that uses the key.

A venue counts per account, and a flow run is a process of its own: eight runs with a limiter each would be eight times
too fast. Orders come before reconciliation before data (`tieout.lanes`), and where the venue says that less is left
than we think, because somebody else uses the key as well, its word holds for all of them until it counts anew.
"""

from __future__ import annotations

import hashlib
import logging
import sqlite3
import time
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import cast

from pyrate_limiter import AbstractBucket, Duration, Rate, RateItem

from brokers.http.allowance import Allowance
from brokers.http.buckets import BudgetLost, SharedBucket, in_file, in_process
from tieout.errors import ConfigError, RateLimited, Unavailable
from tieout.lanes import Lane, Lanes, ceilings, to_withhold

_log = logging.getLogger("tieout.http")
_SWEEP = 100  # requests between two sweeps of what has left the window
_LOCK_S = 5.0  # seconds after which a lock that everybody holds for milliseconds counts as broken
_LATE_S = 1.0  # an order counts as under way while it waits: one that was let through much too late stays here
_MINUTE_MS = int(Duration.MINUTE)
_ANY = 1_000_000  # entries that are withheld are written whatever is spent
_WITHHELD = "withheld"
_SAME_RESET_MS = 2_000  # resets are told in whole seconds, and every answer takes its own time to us


@dataclass(frozen=True, slots=True)
class Waiting:
    """How time passes while a request waits. `now_ms` None asks whoever keeps the budget."""

    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    now_ms: Callable[[], int] | None = None


class RequestBudget:
    """At most `per_minute` requests in any minute, over all processes that name the same place and key.

    where    an SQLite file; the URL of a PostgreSQL database; None keeps the budget inside this process
    lanes    which share of it each lane may use, and how long it waits for room
    """

    def __init__(
        self,
        broker: str,
        key: str,
        per_minute: int,
        where: Path | str | None = None,
        lanes: Lanes | None = None,
        waiting: Waiting | None = None,
    ) -> None:
        self._broker = broker
        self._name = budget_name(broker, key)
        self._per_minute = per_minute
        self._where = where
        self._rule = lanes or Lanes()
        self._waiting = waiting or Waiting()
        self._spent = 0
        if not isinstance(where, str):
            _ = self._shared  # a file that cannot be opened is told at once

    def spend(self, lane: Lane = Lane.RECONCILIATION) -> None:
        """Take one request from the budget, waiting for room as long as its lane may.

        raises   RateLimited where there is none in time, Unavailable where the budget fails; nothing was sent
        """
        began, patience_s = self._waiting.monotonic(), self._rule.wait_s(lane)
        try:
            while (wait_s := self._taken_after(lane)) > 0:
                if self._waiting.monotonic() - began + wait_s > patience_s:
                    raise self._no_room(lane, wait_s)
                self._waiting.sleep(wait_s)
            if self._waiting.monotonic() - began > patience_s + _LATE_S:
                raise self._no_room(lane, 0.0)
        except BudgetLost as error:
            raise Unavailable(self._broker, f"our own request budget cannot be kept ({error})") from error

    def heed(self, said: Allowance) -> None:
        """The venue's word about what is left: for everybody who shares the budget, until the venue counts anew.

        Never raises: the request it came with has been sent.
        """
        if said.requests >= self._per_minute:
            return
        try:
            with self._shared.held(_LOCK_S):
                self._withhold(said)
        except BudgetLost as error:
            _log.warning("%s: what the venue says of its limit was not noted (%s)", self._broker, error)

    def headroom(self) -> tuple[int, int] | None:
        """How many requests are left of how many, for all who share it; None where the budget cannot be read now."""
        try:
            with self._shared.held(_LOCK_S):
                spent = self._entries_since(self._now() - _MINUTE_MS)
        except BudgetLost as error:
            _log.warning("%s: what is left of our request budget is not known (%s)", self._broker, error)
            return None
        return max(self._per_minute - spent, 0), self._per_minute

    def close(self) -> None:
        """Give the file or the connection back."""
        if "_shared" in vars(self):
            self._shared.close()

    @cached_property
    def _shared(self) -> SharedBucket:
        return _bucket(self._name, Rate(self._per_minute, _MINUTE_MS), self._where)

    @cached_property
    def _lanes(self) -> dict[Lane, AbstractBucket]:
        """One and the same bucket under the ceiling of each lane."""
        limits = ceilings(self._per_minute, self._rule)
        return {lane: self._shared.up_to(limit, _MINUTE_MS) for lane, limit in limits.items()}

    def _now(self) -> int:
        given = self._waiting.now_ms
        return given() if given is not None else int(self._shared.bucket.now())  # type: ignore[no-untyped-call]

    def _taken_after(self, lane: Lane) -> float:
        """Seconds until there may be room; 0 where a request was taken."""
        with self._shared.held(_LOCK_S):
            now = self._now()
            if self._spent % _SWEEP == 0:
                self._shared.bucket.leak(now)
            bucket, wanted = self._lanes[lane], RateItem(lane.value, now)
            if bucket.put(wanted):
                self._spent += 1
                return 0.0
            return max(cast(int, bucket.waiting(wanted)), 1) / 1000

    def _withhold(self, said: Allowance) -> None:
        """Enter what others spent as if it had been spent a minute before the venue counts anew: it leaves then.

        A word takes the place of those before it, but for one that holds for longer.
        """
        ages_out = self._now() + round(said.for_s * 1000) - _MINUTE_MS
        self._shared.forget(_WITHHELD, ages_out + _SAME_RESET_MS)
        missing = to_withhold(self._per_minute, self._entries_since(ages_out - _SAME_RESET_MS), said.requests)
        if missing:
            self._shared.up_to(_ANY, _MINUTE_MS).put(RateItem(_WITHHELD, ages_out, missing))
            _log.info("%s: the venue leaves %s requests for %.0f s", self._broker, said.requests, said.for_s)

    def _entries_since(self, since_ms: int) -> int:
        """Entries that are not older; the bucket tells them newest first."""
        bucket = self._shared.bucket

        def older(index: int) -> bool:
            entry = bucket.peek(index)
            return not isinstance(entry, RateItem) or entry.timestamp < since_ms

        return bisect_left(range(cast(int, bucket.count())), True, key=older)

    def _no_room(self, lane: Lane, wait_s: float) -> RateLimited:
        refusal = RateLimited(
            self._broker,
            f"our own request budget leaves no room for {lane} in the next {wait_s:.3g} s: nothing was sent",
        )
        refusal.retry_after_s = wait_s
        return refusal


def budget_name(broker: str, key: str) -> str:
    """A table name that tells processes with the same key apart from others, and nobody the key."""
    digest = hashlib.sha256(f"{broker}\x1f{key}".encode()).hexdigest()[:16]
    return f"{broker}_{digest}"


def _bucket(name: str, rate: Rate, where: Path | str | None) -> SharedBucket:
    if where is None:
        return in_process(rate)
    if isinstance(where, str):
        from brokers.http.postgres_bucket import in_postgres

        return in_postgres(rate, name, where)
    try:
        return in_file(rate, name, where)
    except (sqlite3.Error, OSError) as error:
        raise ConfigError(
            f"the request budget {where} cannot be opened ({error}): name a writable file as `limits_file` among the "
            "account's options"
        ) from error
