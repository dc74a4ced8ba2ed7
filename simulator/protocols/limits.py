"""A limit on requests as venues keep it: so many in a window, told in every answer, and 429 beyond."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

_WINDOW_S = 60


@dataclass(slots=True)
class RequestLimit:
    """Counts requests of each caller in windows that follow one another without a gap.

    per_minute    requests of one caller in a window, whatever client sends them; or weight, where requests differ
    clock         aware UTC
    retry_after   whether a 429 says how long to wait
    refused       requests that were one too many
    window_s      length of a window, seconds
    """

    per_minute: int
    clock: Callable[[], datetime]
    retry_after: bool = False
    refused: int = 0
    window_s: int = _WINDOW_S
    _counts: dict[tuple[str, int], int] = field(default_factory=dict)

    def take(self, caller: str, weight: int = 1) -> bool:
        """Count one request; False where it is one too many. Those are not counted."""
        if self.used(caller) + weight > self.per_minute:
            self.refused += 1
            return False
        self._counts[caller, self._window()] = self.used(caller) + weight
        return True

    def used(self, caller: str) -> int:
        """What the caller has used up in this window."""
        return self._counts.get((caller, self._window()), 0)

    @property
    def resets_in_s(self) -> int:
        """Whole seconds until the next window."""
        return math.ceil((self._window() + 1) * self.window_s - self.clock().timestamp())

    def headers(self, caller: str, *, refused: bool = False) -> Mapping[str, str]:
        """What the venue says of the limit in an answer to the caller."""
        said = {
            "X-RateLimit-Limit": str(self.per_minute),
            "X-RateLimit-Remaining": str(self.per_minute - self.used(caller)),
            "X-RateLimit-Reset": str((self._window() + 1) * self.window_s),
        }
        if refused and self.retry_after:
            said["Retry-After"] = str(self.resets_in_s)
        return said

    def _window(self) -> int:
        return int(self.clock().timestamp() // self.window_s)


@dataclass(slots=True)
class Bans:
    """Addresses that a venue does not answer for a while, because they went on after they were refused.

    after    refusals until the ban
    lasts    how long a ban lasts
    """

    clock: Callable[[], datetime]
    after: int = 3
    lasts: timedelta = timedelta(minutes=2)
    _refusals: dict[str, int] = field(default_factory=dict)
    _until: dict[str, datetime] = field(default_factory=dict)

    def refused(self, caller: str) -> None:
        """Count one refusal."""
        self._refusals[caller] = self._refusals.get(caller, 0) + 1
        if self._refusals[caller] >= self.after:
            self.ban(caller)

    def ban(self, caller: str) -> None:
        """Stop answering a caller from now on."""
        self._until[caller] = self.clock() + self.lasts
        self._refusals.pop(caller, None)

    def left_s(self, caller: str) -> int:
        """Whole seconds that the ban still lasts, zero where there is none."""
        until = self._until.get(caller)
        return 0 if until is None else max(math.ceil((until - self.clock()).total_seconds()), 0)

    def until_ms(self, caller: str) -> int:
        """When the ban ends, milliseconds since 1970."""
        until = self._until.get(caller)
        return 0 if until is None else int(until.timestamp() * 1_000)


@dataclass(slots=True)
class CallCounter:
    """A counter per caller that every call raises and time lowers; beyond its limit a call is refused.

    most     where it stops
    falls    by how much it falls in a second
    """

    clock: Callable[[], datetime]
    most: float = 15
    falls: float = 1 / 3
    _levels: dict[str, tuple[float, datetime]] = field(default_factory=dict)

    def take(self, caller: str, weight: float = 1) -> bool:
        """Count one call; False where it is one too many. Those are not counted."""
        now = self.clock()
        level, at = self._levels.get(caller, (0.0, now))
        level = max(level - (now - at).total_seconds() * self.falls, 0.0)
        if level + weight > self.most:
            return False
        self._levels[caller] = (level + weight, now)
        return True
