"""Time that passes only where somebody waits, for budgets under test."""

from __future__ import annotations

from dataclasses import dataclass, field

from brokers.http.limiter import Waiting

STARTS_MS = 1_767_225_600_000


@dataclass
class Passing:
    """A clock that `sleep` moves, and what was slept."""

    now_ms: int = STARTS_MS
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now_ms += round(seconds * 1000)

    @property
    def waiting(self) -> Waiting:
        return Waiting(lambda: self.now_ms / 1000, self.sleep, lambda: self.now_ms)
