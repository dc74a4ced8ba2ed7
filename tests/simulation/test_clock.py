"""Simulated time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from simulator.clock import SimulatedClock

NOON = datetime(2026, 1, 14, 12, tzinfo=UTC)


def test_time_stands_still_until_it_is_moved() -> None:
    clock = SimulatedClock(NOON)

    assert clock.now == clock() == NOON

    clock.advance_to(NOON + timedelta(hours=1))

    assert clock.now == NOON + timedelta(hours=1)


def test_time_never_goes_back() -> None:
    clock = SimulatedClock(NOON)

    with pytest.raises(ValueError, match="cannot go back"):
        clock.advance_to(NOON - timedelta(microseconds=1))


def test_time_is_told_in_utc() -> None:
    clock = SimulatedClock(NOON.astimezone(timezone(timedelta(hours=9))))

    assert clock.now.tzinfo is UTC


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        SimulatedClock(datetime(2026, 1, 14, 12))  # noqa: DTZ001
