"""What goes wrong between us and a venue: each trouble has a name, strikes by seed or by script, and is counted.

A trouble says what the caller sees and what the venue did; `simulator/direct.py` carries it out. How far a venue may
stray is bounded by its `Traits`: an order shown late for ever could not be told from one that never arrived.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol


class Verb(StrEnum):
    """A call to a venue."""

    SUBMIT = "submit"
    CANCEL = "cancel"
    ORDER = "order"
    ORDERS = "orders"
    EXECUTIONS = "executions"
    UPDATES = "updates"


class Trouble(StrEnum):
    """One way for a call to go wrong."""

    REFUSED = "connection refused"  # nothing happened
    TIMED_OUT_BEFORE = "timed out before it arrived"  # nothing happened, and the caller cannot know
    TIMED_OUT_AFTER = "timed out after acceptance"  # it happened, and the caller cannot know
    ARRIVES_LATE = "timed out, arrives later"  # it happens after the caller gave up
    RESET_BEFORE = "reset before it arrived"
    RESET_AFTER = "reset after acceptance"
    SERVER_ERROR = "5xx after acceptance"
    RATE_LIMITED = "429"
    RATE_LIMITED_FOR = "429 with retry-after"
    SLOW = "slow"  # time passes before and after it happens
    TURNED_DOWN = "rejected by the venue"  # the venue's own and final no
    OUTAGE = "outage"  # refused as long as it lasts
    STALE = "stale answer"  # the venue as it was a while ago
    EMPTY_PAGE = "empty page"  # a list without what it should hold; never twice running
    DUPLICATE = "duplicate report"
    LATE = "late report"
    OUT_OF_ORDER = "out-of-order reports"


_READ_FAILS = (Trouble.REFUSED, Trouble.TIMED_OUT_BEFORE, Trouble.RATE_LIMITED, Trouble.RATE_LIMITED_FOR, Trouble.SLOW)
_WRITE_FAILS = (
    *_READ_FAILS,
    Trouble.TIMED_OUT_AFTER,
    Trouble.ARRIVES_LATE,
    Trouble.RESET_BEFORE,
    Trouble.RESET_AFTER,
    Trouble.SERVER_ERROR,
)
POSSIBLE: Mapping[Verb, tuple[Trouble, ...]] = {
    Verb.SUBMIT: (*_WRITE_FAILS, Trouble.TURNED_DOWN),
    Verb.CANCEL: _WRITE_FAILS,
    Verb.ORDER: (*_READ_FAILS, Trouble.STALE),
    Verb.ORDERS: (*_READ_FAILS, Trouble.STALE, Trouble.EMPTY_PAGE),
    Verb.EXECUTIONS: (*_READ_FAILS, Trouble.STALE, Trouble.EMPTY_PAGE),
    Verb.UPDATES: (Trouble.REFUSED, Trouble.DUPLICATE, Trouble.LATE, Trouble.OUT_OF_ORDER),
}


@dataclass(frozen=True, slots=True)
class Traits:
    """What one venue promises, and how far it may stray.

    enforces_ids     it refuses a client order id it has seen
    looks_up_by_id   it can be asked for an order by our id
    streams          it tells of changes by itself
    visibility       how long an accepted order is missing from look-ups and lists
    trades_late      how long trades, and the filled quantities of orders, are shown after they happened
    on_the_way       the longest that a request travels after its sender gave up
    stale            the oldest that an answer may be
    """

    enforces_ids: bool = True
    looks_up_by_id: bool = True
    streams: bool = True
    visibility: timedelta = timedelta(0)
    trades_late: timedelta = timedelta(0)
    on_the_way: timedelta = timedelta(seconds=2)
    stale: timedelta = timedelta(seconds=1)

    @property
    def settled_after(self) -> timedelta:
        """After this, every complete answer shows what happened: what a caller must know as the visibility delay."""
        return max(self.visibility, self.trades_late) + self.on_the_way + self.stale


class Faults(Protocol):
    """Decides what happens to each call."""

    def strikes(self, verb: Verb, now: datetime) -> Trouble | None: ...

    def between(self, least: float, most: float) -> timedelta:
        """How long something takes, in seconds."""
        ...


@dataclass(slots=True)
class SeededFaults:
    """Troubles by chance, the same for the same seed.

    rates     verb -> share of its calls that are struck, 0 to 1
    outages   (from, until), UTC, in which nothing can be reached
    until     UTC, after which nothing goes wrong any more
    struck    how often each trouble struck
    """

    draws: random.Random
    rates: Mapping[Verb, float]
    until: datetime
    outages: tuple[tuple[datetime, datetime], ...] = ()
    struck: Counter[Trouble] = field(default_factory=Counter)

    def strikes(self, verb: Verb, now: datetime) -> Trouble | None:
        """What strikes a call, None where it goes well."""
        if any(begin <= now < end for begin, end in self.outages):
            return self._noted(Trouble.OUTAGE)
        if now >= self.until or self.draws.random() >= self.rates.get(verb, 0.0):
            return None
        return self._noted(self.draws.choice(POSSIBLE[verb]))

    def between(self, least: float, most: float) -> timedelta:
        """How long something takes, in seconds."""
        return timedelta(milliseconds=self.draws.randint(round(least * 1_000), round(most * 1_000)))

    def _noted(self, trouble: Trouble) -> Trouble:
        self.struck[trouble] += 1
        return trouble


class ScriptedFaults:
    """Troubles as a test writes them down: what strikes each verb's calls, in order; None lets one pass.

    struck    how often each trouble struck
    """

    def __init__(self, **script: Iterable[Trouble | None]) -> None:
        self._script = {Verb(verb): list(troubles) for verb, troubles in script.items()}
        self.struck: Counter[Trouble] = Counter()

    def strikes(self, verb: Verb, _now: datetime) -> Trouble | None:
        """What strikes a call, None where it goes well."""
        waiting = self._script.get(verb)
        trouble = waiting.pop(0) if waiting else None
        if trouble is not None:
            self.struck[trouble] += 1
        return trouble

    def between(self, _least: float, most: float) -> timedelta:
        """Always as long as it may take."""
        return timedelta(seconds=most)
