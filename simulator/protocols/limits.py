"""A limit on requests as venues keep it: so many in a window, told in every answer, and 429 beyond."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

_WINDOW_S = 60


@dataclass(slots=True)
class RequestLimit:
    """Counts requests of each caller in windows that follow one another without a gap.

    per_minute    requests of one caller, whatever client sends them
    clock         aware UTC
    retry_after   whether a 429 says how long to wait
    refused       requests that were one too many
    """

    per_minute: int
    clock: Callable[[], datetime]
    retry_after: bool = False
    refused: int = 0
    _counts: dict[tuple[str, int], int] = field(default_factory=dict)

    def take(self, caller: str) -> bool:
        """Count one request; False where it is one too many. Those are not counted."""
        key = (caller, self._window())
        if self._counts.get(key, 0) >= self.per_minute:
            self.refused += 1
            return False
        self._counts[key] = self._counts.get(key, 0) + 1
        return True

    def headers(self, caller: str, *, refused: bool = False) -> Mapping[str, str]:
        """What the venue says of the limit in an answer to the caller."""
        reset = (self._window() + 1) * _WINDOW_S
        left = self.per_minute - self._counts.get((caller, self._window()), 0)
        said = {
            "X-RateLimit-Limit": str(self.per_minute),
            "X-RateLimit-Remaining": str(left),
            "X-RateLimit-Reset": str(reset),
        }
        if refused and self.retry_after:
            said["Retry-After"] = str(math.ceil(reset - self.clock().timestamp()))
        return said

    def _window(self) -> int:
        return int(self.clock().timestamp() // _WINDOW_S)
