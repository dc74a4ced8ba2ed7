"""An eye on the journal from outside: it sees the commits of runs, and lets the kill fall at the one it was told."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from tests.flows.worker_kills.crew import Crew
from tests.flows.worker_kills.strikes import Point, Trigger

_LOOK_EVERY_S = 0.0005
_HELD = "SELECT 1 FROM lease WHERE NOT released AND instr(holder, :run)"
_SEEN_WHEN = {  # always said of the present run, so that what an earlier one left does not count
    Point.BEGUN: _HELD,
    Point.UNKNOWN: f"{_HELD} AND EXISTS (SELECT 1 FROM intent WHERE state = 'unknown')",
    Point.UNBOOKED: f"{_HELD} AND EXISTS (SELECT 1 FROM intent WHERE CAST(filled AS REAL) > CAST(booked AS REAL))",
    Point.ENDING: "SELECT 1 FROM run WHERE flow_run_id = :run AND state <> 'running'",
}


class Eye:
    """Looks at SQLite's own count of commits, which costs next to nothing and hinders nobody."""

    def __init__(self, journal: Path, trigger: Trigger, crew: Crew) -> None:
        self._journal = sqlite3.connect(journal, isolation_level=None, check_same_thread=False, timeout=30)
        self._trigger = trigger
        self._crew = crew
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="eye", daemon=True)

    @contextmanager
    def open(self) -> Iterator[None]:
        """Look for as long as the block lasts."""
        self._thread.start()
        try:
            yield
        finally:
            self._over.set()
            self._thread.join()
            self._journal.close()

    def _watch(self) -> None:
        version = self._version()
        while not self._over.wait(_LOOK_EVERY_S):
            armed = self._trigger.armed
            if armed is not None and armed.point is Point.STARTING and self._crew.is_running():
                self._fall(Point.STARTING)
            if (now := self._version()) != version:
                version = now
                if armed is not None and self._is_reached(armed.point, self._crew.run):
                    self._fall(armed.point)

    def _version(self) -> int:
        return int(self._journal.execute("PRAGMA data_version").fetchone()[0])

    def _is_reached(self, point: Point, run: UUID | None) -> bool:
        if point is Point.COMMIT:
            return True
        wanted = _SEEN_WHEN.get(point)
        if wanted is None or run is None:
            return False
        return self._journal.execute(wanted, {"run": str(run)}).fetchone() is not None

    def _fall(self, point: Point) -> None:
        strike = self._trigger.counts(lambda one: one is point)
        if strike is not None:
            self._trigger.pull(strike)
