"""Where a kill falls, and whom it hits: a deck that holds every kind, shuffled by the seed."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

INTENTS = 4  # of one account in one batch of signals
_REQUESTS, _COMMITS = 24, 20  # that any window surely reaches


class Whom(StrEnum):
    """Who is killed."""

    BOTH = "worker and run"
    WORKER = "worker"
    RUN = "run"

    @property
    def takes_the_run(self) -> bool:
        return self is not Whom.WORKER

    @property
    def takes_the_worker(self) -> bool:
        return self is not Whom.RUN


class Point(StrEnum):
    """When. Of an order or any request: before the venue saw it, after it acted but before it answered, and after."""

    ORDER_BEFORE = "order, before the venue saw it"
    ORDER_BOOKED = "order, taken and not answered"
    ORDER_ANSWERED = "order, just answered"
    REQUEST_BEFORE = "request, before the venue saw it"
    REQUEST_BOOKED = "request, done and not answered"
    REQUEST_ANSWERED = "request, just answered"
    COMMIT = "journal, after a commit"
    STARTING = "run process is there, and holds nothing yet"
    BEGUN = "lease taken"
    UNKNOWN = "an order's fate unknown"
    UNBOOKED = "filled, and not booked yet"
    ENDING = "outcome written, run not over"

    @property
    def is_order(self) -> bool:
        return self.name.startswith("ORDER")

    @property
    def is_request(self) -> bool:
        return self.name.startswith("REQUEST")

    @property
    def is_answered(self) -> bool:
        return self.name.endswith("ANSWERED")

    @property
    def is_booked(self) -> bool:
        return self.name.endswith("BOOKED") and self is not Point.UNBOOKED


@dataclass(frozen=True, slots=True)
class Strike:
    """The next kill.

    nth    which of the orders, requests or commits it falls on
    """

    whom: Whom
    point: Point
    nth: int


def deck(rng: random.Random) -> Iterator[Strike]:
    """Strikes without end. Each pass through the points holds every one of them; most take worker and run."""
    whom = _whom(rng)
    while True:
        points = list(Point)
        rng.shuffle(points)
        for point in points:
            yield Strike(next(whom), point, _nth(rng, point))


def _whom(rng: random.Random) -> Iterator[Whom]:
    while True:
        turn = [Whom.BOTH, Whom.BOTH, Whom.BOTH, Whom.WORKER, Whom.RUN]
        rng.shuffle(turn)
        yield from turn


def _nth(rng: random.Random, point: Point) -> int:
    if point.is_order:
        return rng.randint(1, INTENTS)
    if point.is_request:
        return rng.randint(1, _REQUESTS)
    return rng.randint(1, _COMMITS) if point is Point.COMMIT else 1


class Trigger:
    """Armed with one strike. Whoever comes to its point pulls it, once, and from whatever thread."""

    def __init__(self, kill: Callable[[Strike], None]) -> None:
        self._kill = kill
        self._lock = threading.Lock()
        self._strike: Strike | None = None
        self._seen = 0
        self.pulled = threading.Event()

    @property
    def armed(self) -> Strike | None:
        """The strike that is due; None once it has fallen."""
        return self._strike

    def arm(self, strike: Strike) -> None:
        """What counts for it is counted from now on."""
        with self._lock:
            self._strike, self._seen = strike, 0
            self.pulled.clear()

    def disarm(self) -> None:
        with self._lock:
            self._strike = None

    def counts(self, matches: Callable[[Point], bool], times: int = 1) -> Strike | None:
        """Count something that has happened. The strike, where it falls on this: then it is the caller's to pull."""
        with self._lock:
            strike = self._strike
            if strike is None or not matches(strike.point):
                return None
            self._seen += times
            if self._seen < strike.nth:
                return None
            self._strike = None
            return strike

    def pull(self, strike: Strike) -> None:
        self._kill(strike)
        self.pulled.set()
