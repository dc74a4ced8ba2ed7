"""The audit lines of calls to a venue: kept while a session lasts, and handed over once for the audit trail."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from tieout.errors import BrokerError

NO_ANSWER = 0  # the status of a call that was sent and not answered
OK = "ok"
_KEPT = 5_000  # calls of one session; a day's close needs some twenty


@dataclass(frozen=True, slots=True)
class Call:
    """The audit line of one call: what was asked and what came of it. No header, no body, no secret.

    status    HTTP status, or the venue's own code; 200 for a whole answer, NO_ANSWER without one
    """

    broker: str
    part: str
    method: str
    path: str
    sent_at: datetime
    status: int
    outcome: str  # `ok` or the name of the error
    received_bytes: int | None  # None where nobody counts them
    elapsed_ms: int
    client_order_id: str | None = None
    reached: bool = True  # False: no connection was made
    limits: str = ""  # what the venue says of its rate limit


class CallLog:
    """Calls of one session. Written and read by the same thread, or by one after the other."""

    def __init__(self) -> None:
        self._calls: deque[Call] = deque(maxlen=_KEPT)
        self._not_taken: deque[Call] = deque()

    @property
    def all(self) -> tuple[Call, ...]:
        """Every call so far, answered or not; of very many the last ones."""
        return tuple(self._calls)

    def note(self, *calls: Call) -> None:
        """Keep calls that were made."""
        self._calls.extend(calls)
        self._not_taken.extend(calls)

    def take_calls(self) -> tuple[Call, ...]:
        """The calls that nobody has taken yet."""
        taken = [self._not_taken.popleft() for _ in range(len(self._not_taken))]
        return tuple(taken)


@dataclass(slots=True)
class Came:
    """What came of a call that is under way; whoever makes it fills this in."""

    status: int = NO_ANSWER
    received_bytes: int | None = None
    reached: bool = True


@dataclass(frozen=True, slots=True)
class About:
    """What a call asks for, and whom."""

    broker: str
    part: str
    method: str
    path: str
    client_order_id: str | None = None


@contextmanager
def noting(log: CallLog, about: About, sent_at: datetime) -> Iterator[Came]:
    """One line for one call, whatever comes of it. An error's own number stands where there was no answer."""
    started, came, outcome = time.perf_counter(), Came(), OK
    try:
        yield came
    except BrokerError as error:
        outcome = type(error).__name__
        if came.status == NO_ANSWER and error.code and error.code.isdecimal():
            came.status = int(error.code)
        raise
    finally:
        elapsed_ms = round((time.perf_counter() - started) * 1000)
        who = (about.broker, about.part, about.method, about.path)
        size, order = came.received_bytes, about.client_order_id
        log.note(Call(*who, sent_at, came.status, outcome, size, elapsed_ms, order, came.reached))
