"""HTTP status and body to exactly one leaf of the error tree.

| answer                              | to a read                | to a write                       |
| ----------------------------------- | ------------------------ | -------------------------------- |
| 5xx                                 | Unavailable              | Ambiguous                        |
| 429                                 | RateLimited              | RateLimited; with HTML Ambiguous |
| 4xx with the venue's own error body | the adapter's table      | the adapter's table              |
| 4xx with HTML or nothing (a proxy)  | Unreadable               | Ambiguous                        |
| 3xx, or 2xx with an unreadable body | Unreadable               | Ambiguous                        |
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from brokers.http.answers import Answer
from brokers.http.body import read_json
from tieout.errors import Ambiguous, BrokerError, Malformed, RateLimited, Unavailable, Unreadable

_EPOCH_LIKE = 1_000_000_000  # a header above this is a moment, below it a number of seconds


@dataclass(frozen=True, slots=True)
class Refusal:
    """A 4xx in the venue's own words."""

    status: int
    code: str | None
    message: str
    writes: bool


Refused = Callable[[Refusal], BrokerError]


def error_of(broker: str, answer: Answer, *, writes: bool, refused: Refused, now: datetime) -> BrokerError | None:
    """The error that `answer` means, None for a success.

    refused   the adapter's own table for 4xx answers with the venue's body
    """
    if 200 <= answer.status < 300:
        return None
    refusal = _refusal(answer, writes)
    if answer.status == 429 and (refusal is not None or not writes):
        return _rate_limited(broker, answer, refusal, now)
    if 400 <= answer.status < 500 and refusal is not None:
        return refused(refusal)
    if writes:
        return Ambiguous(broker, f"HTTP {answer.status}: {answer.text}")
    if answer.status >= 500:
        return Unavailable(broker, f"HTTP {answer.status}: {answer.text}")
    return unreadable(broker, f"HTTP {answer.status} without the venue's own error body", answer.text)


def unreadable(broker: str, why: str, received: str) -> Unreadable:
    """An Unreadable that carries the start of what came."""
    error = Unreadable(broker, why)
    error.received = received
    return error


def _refusal(answer: Answer, writes: bool) -> Refusal | None:
    try:
        body = read_json(answer.body)
    except Malformed:
        return None
    if not isinstance(body, dict) or not isinstance(body.get("message"), str):
        return None
    code = body.get("code")
    return Refusal(answer.status, None if code is None else str(code), body["message"], writes)


def _rate_limited(broker: str, answer: Answer, refusal: Refusal | None, now: datetime) -> RateLimited:
    message = refusal.message if refusal else answer.text
    error = RateLimited(broker, f"too many requests: {message}", code=refusal.code if refusal else None)
    error.retry_after_s = retry_after(answer, now)
    return error


def retry_after(answer: Answer, now: datetime) -> float | None:
    """Seconds to wait, from `Retry-After` (seconds or a date) or `X-RateLimit-Reset` (epoch seconds)."""
    for name in ("retry-after", "x-ratelimit-reset"):
        if (text := answer.headers.get(name)) is not None and (moment := _moment(text, now)) is not None:
            return max(0.0, (moment - now).total_seconds())
    return None


def _moment(text: str, now: datetime) -> datetime | None:
    try:
        seconds = float(text)
    except ValueError:
        return _http_date(text)
    if not 0 <= seconds < 1e11:
        return None
    return datetime.fromtimestamp(seconds if seconds > _EPOCH_LIKE else now.timestamp() + seconds, UTC)


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
