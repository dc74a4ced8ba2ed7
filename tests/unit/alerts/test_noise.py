from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tieout.alerts_noise import compose_noise, month_before, months_span, noise_of, parse_month
from tieout.errors import DataError

JANUARY = date(2026, 1, 1)
TALLY = [
    {"source": "watch", "occurrences": 900, "tellings": 12},
    {"source": "watch", "occurrences": 100, "tellings": 3},
    {"source": "eod-reconciliation", "occurrences": 21, "tellings": 21},
]


def test_messages_are_counted_for_each_break_that_was_more_than_timing() -> None:
    causes = ["unknown", "settlement_timing", "missed_fill", "pending_order", "fee", "dividend"]
    found = noise_of(JANUARY, TALLY, {"env:PAGER": 20, "env:CHAT": 10}, causes)
    assert (found.true_breaks, found.per_break) == (4, Decimal("7.5"))
    assert found.headline == "2026-01: 1021 occurrences became 30 messages; 4 true breaks, 7.5 for each"
    assert found.by_source["watch"] == (1000, 15)


def test_a_month_without_a_break_has_no_ratio() -> None:
    found = noise_of(JANUARY, [], {}, ["settlement_timing"])
    assert found.per_break is None
    assert found.headline == "2026-01: 0 occurrences became 0 messages; 0 true breaks"


def test_the_message_names_the_loudest_first_and_is_told_once() -> None:
    alert = compose_noise(noise_of(JANUARY, TALLY, {"env:PAGER": 20}, []))
    lines = alert.body.splitlines()
    assert lines[2:] == [
        "- eod-reconciliation: seen 21, told 21",
        "- watch: seen 1000, told 15",
        "- env:PAGER took 20",
    ]
    assert [one.repeats for one in alert.about] == [False]


def test_months_have_their_first_and_last_day() -> None:
    assert months_span(date(2026, 2, 14)) == (date(2026, 2, 1), date(2026, 2, 28))
    assert months_span(date(2028, 2, 1))[1] == date(2028, 2, 29)
    assert month_before(date(2026, 1, 31)) == date(2025, 12, 1)
    assert parse_month("2026-12") == date(2026, 12, 1)
    for wrong in ("2026-13", "January", "2026-01-01"):
        with pytest.raises(DataError, match="is no month"):
            parse_month(wrong)
