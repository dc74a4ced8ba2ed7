"""Status and body to one leaf."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from brokers.alpaca.refusals import refused
from brokers.http.answers import Answer
from brokers.http.errors import error_of, retry_after
from tieout.errors import (
    Ambiguous,
    BrokerError,
    DuplicateOrder,
    InsufficientFunds,
    InvalidOrder,
    MarketClosed,
    NotFound,
    NotTradable,
    RateLimited,
    Rejected,
    Unauthorised,
    Unavailable,
    Unreadable,
)

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


def own(code: int, message: str) -> bytes:
    return f'{{"code":{code},"message":"{message}"}}'.encode()


TABLE = [
    (401, own(40110000, "access key verification failed"), Unauthorised, Unauthorised),
    (403, b'{"message":"forbidden."}', Unauthorised, Unauthorised),
    (403, own(40310000, "insufficient buying power"), Rejected, InsufficientFunds),
    (403, own(40310100, "trade denied due to pattern day trading protection"), Rejected, Rejected),
    (403, own(40310000, "market is closed"), Rejected, MarketClosed),
    (404, own(40410000, "order not found"), NotFound, NotFound),
    (422, own(40010001, "client_order_id must be unique"), Rejected, DuplicateOrder),
    (422, own(40010001, "client order id must be unique"), Rejected, DuplicateOrder),
    (422, own(40010001, "could not find asset X"), Rejected, NotTradable),
    (422, own(40010001, "qty must be > 0"), Rejected, InvalidOrder),
    (400, own(40010000, "request body format is invalid"), Rejected, InvalidOrder),
    (429, own(42910000, "too many requests."), RateLimited, RateLimited),
    (429, b"<html>slow down</html>", RateLimited, Ambiguous),
    (403, b"<html>proxy</html>", Unreadable, Ambiguous),
    (407, b"", Unreadable, Ambiguous),
    (404, b'{"error":"no such page"}', Unreadable, Ambiguous),
    (301, b"", Unreadable, Ambiguous),
    (500, own(50010000, "internal server error occurred"), Unavailable, Ambiguous),
    (503, b"", Unavailable, Ambiguous),
    (504, b"<html>gateway timeout</html>", Unavailable, Ambiguous),
]


@pytest.mark.parametrize(("status", "body", "to_a_read", "to_a_write"), TABLE)
def test_every_answer_is_exactly_one_leaf(
    status: int, body: bytes, to_a_read: type[BrokerError], to_a_write: type[BrokerError]
) -> None:
    for writes, leaf in ((False, to_a_read), (True, to_a_write)):
        error = error_of("alpaca", Answer(status, {}, body), writes=writes, refused=refused, now=NOW)
        assert type(error) is leaf


@pytest.mark.parametrize("status", [200, 204, 207])
def test_success_is_no_error(status: int) -> None:
    assert error_of("alpaca", Answer(status, {}, b""), writes=True, refused=refused, now=NOW) is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "0"}, 0),
        ({"retry-after": "Mon, 02 Mar 2026 15:00:30 GMT"}, 30),
        ({"x-ratelimit-reset": str(int(NOW.timestamp()) + 12)}, 12),
        ({"x-ratelimit-reset": str(int(NOW.timestamp()) - 12)}, 0),
        ({"retry-after": "soon", "x-ratelimit-reset": "3"}, 3),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "-5"}, None),
        ({}, None),
    ],
)
def test_the_time_to_wait_is_read_from_either_header(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(Answer(429, headers, b""), NOW) == seconds
