"""Planned outages by the venue's own clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.errors import DataError
from tieout.outages import away_until, parse_outage

NIGHTLY = parse_outage("daily 23:45-00:45 America/New_York")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_night_over_midnight_ends_on_the_next_day() -> None:
    assert NIGHTLY.until(at("2026-01-15T04:45")) == at("2026-01-15T05:45")
    assert NIGHTLY.until(at("2026-01-15T05:44:59")) == at("2026-01-15T05:45")
    assert NIGHTLY.until(at("2026-01-15T05:45")) is None
    assert NIGHTLY.until(at("2026-01-15T04:44")) is None


def test_it_moves_with_daylight_saving() -> None:
    assert NIGHTLY.until(at("2026-07-15T03:50")) == at("2026-07-15T04:45")
    assert NIGHTLY.until(at("2026-07-15T04:50")) is None


def test_only_the_named_days_count_and_the_longest_of_several_is_told() -> None:
    weekend = parse_outage("sat,sun 02:00-04:00 UTC")
    longer = parse_outage("sat 03:00-05:00 UTC")

    assert weekend.until(at("2026-01-16T03:00")) is None
    assert away_until((weekend, longer), at("2026-01-17T03:30")) == at("2026-01-17T05:00")
    assert away_until((weekend, longer), at("2026-01-18T03:30")) == at("2026-01-18T04:00")
    assert away_until((), at("2026-01-18T03:30")) is None


@given(st.integers(0, 2 * 365 * 86_400))
def test_an_end_is_always_ahead_and_not_far(seconds: int) -> None:
    now = at("2025-01-01T00:00") + timedelta(seconds=seconds)
    until = NIGHTLY.until(now)
    assert until is None or now < until <= now + timedelta(hours=1)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("nightly", "no outage"),
        ("fry 02:00-03:00 UTC", "no day"),
        ("daily 02:00-26:00 UTC", "hour"),
        ("daily 02:00-03:00 Mars/Base", "Mars"),
        ("daily 02:00-02:00 UTC", "no length"),
    ],
)
def test_what_cannot_be_read_is_named(text: str, word: str) -> None:
    with pytest.raises(DataError, match=word):
        parse_outage(text)
