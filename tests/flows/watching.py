"""A desk that is watched, with a clock that tests turn: nothing of it needs a Prefect server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tasks.watching.service import Watch
from tests.flows.conftest import FlowDesk

ALERTS = '[alerts]\ncritical = ["env:CHANNEL"]\nwarning = ["env:CHANNEL"]\n'


@dataclass
class Time:
    """TIEOUT_NOW and the monotonic clock, moved together; the latter never back."""

    now: datetime
    set_now: Callable[[str], None]
    passed_s: float = 0.0

    def __post_init__(self) -> None:
        self.set_now(self.now.isoformat())

    def monotonic(self) -> float:
        return self.passed_s

    def move(self, by: timedelta) -> None:
        self.now += by
        self.passed_s += max(by.total_seconds(), 0)
        self.set_now(self.now.isoformat())


@dataclass
class Watching:
    """Watches of one desk."""

    desk: FlowDesk
    time: Time
    made: list[Watch] = field(default_factory=list)

    def start(self, **given: Any) -> Watch:
        from tasks.settings import load_settings

        self.made.append(Watch(load_settings(), monotonic=self.time.monotonic, **given))
        return self.made[-1]

    def turns(self, watch: Watch, count: int = 1, beat: timedelta = timedelta(seconds=30)) -> list[str]:
        """So many beats; the states of its brokers after each, as words."""
        found = []
        for _ in range(count):
            watch.turn()
            watch.settle()
            found.append(" ".join(one.state.value for one in watch.health.values()))
            self.time.move(beat)
        return found

    def stop(self) -> None:
        for one in self.made:
            one.stop()
