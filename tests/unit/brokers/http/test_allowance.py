"""What the venue's headers say of the requests that are left."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from brokers.http.allowance import Allowance, allowance
from brokers.http.answers import Answer

NOW = datetime(2026, 10, 9, 20, 5, tzinfo=UTC)
RESET = str(round(NOW.timestamp()) + 25)


@pytest.mark.parametrize(
    ("status", "headers", "said"),
    [
        (200, {"x-ratelimit-remaining": "12", "x-ratelimit-reset": RESET}, Allowance(12, 25)),
        (200, {"x-ratelimit-remaining": "12"}, Allowance(12, 60)),
        (200, {"x-ratelimit-remaining": " 0 ", "x-ratelimit-reset": "5"}, Allowance(0, 5)),
        (500, {"x-ratelimit-remaining": "3", "x-ratelimit-reset": RESET}, Allowance(3, 25)),
        (429, {"retry-after": "7", "x-ratelimit-remaining": "12", "x-ratelimit-reset": RESET}, Allowance(0, 7)),
        (429, {"x-ratelimit-reset": RESET}, Allowance(0, 25)),
        (429, {}, Allowance(0, 1)),
        (429, {"retry-after": "0"}, Allowance(0, 1)),
        (429, {"retry-after": "90000000"}, Allowance(0, 3600)),
        # A reset that lies behind us is another clock's: at least this moment is taken at its word
        (200, {"x-ratelimit-remaining": "1", "x-ratelimit-reset": str(round(NOW.timestamp()) - 300)}, Allowance(1, 1)),
        (200, {"x-ratelimit-remaining": "many"}, None),
        (200, {"x-ratelimit-remaining": "-1"}, None),
        (200, {"x-ratelimit-limit": "200"}, None),
        (200, {}, None),
    ],
)
def test_the_venues_word_is_read(status: int, headers: dict[str, str], said: Allowance | None) -> None:
    assert allowance(Answer(status, headers, b""), NOW) == said
