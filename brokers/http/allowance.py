"""What an answer says of the requests that are left. The venue counts those of every client of a key, we only ours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from brokers.http.answers import Answer
from brokers.http.errors import retry_after

_WINDOW_S = 60.0  # where the venue says how many are left and not until when
_LEAST_S = 1.0  # a reset is told in whole seconds, and by another clock than ours
_MOST_S = 3600.0  # what says more is asked again after an hour: a slip must not stop an account for ever


@dataclass(frozen=True, slots=True)
class Allowance:
    """The venue's word: no more than `requests` for `for_s` seconds from now."""

    requests: int
    for_s: float


ReadAllowance = Callable[[Answer, datetime], Allowance | None]
"""Takes the answer and the present moment, UTC; None where the venue says nothing. Each venue has names of its own."""


def allowance(answer: Answer, now: datetime) -> Allowance | None:
    """From `X-RateLimit-Remaining` until `X-RateLimit-Reset`; after a 429 none, until `Retry-After` or the reset."""
    until = retry_after(answer, now)
    if answer.status == 429:
        return Allowance(0, _bounded(_LEAST_S if until is None else until))
    left = answer.headers.get("x-ratelimit-remaining", "").strip()
    if not left.isdecimal():
        return None
    return Allowance(int(left), _bounded(_WINDOW_S if until is None else until))


def _bounded(seconds: float) -> float:
    return min(max(seconds, _LEAST_S), _MOST_S)
