from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tasks.report.sources import age, moment, sources

NOW = datetime(2026, 1, 15, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("passed", "shown"),
    [
        (timedelta(0), "0 s"),
        (timedelta(seconds=59), "59 s"),
        (timedelta(seconds=60), "1 min"),
        (timedelta(minutes=119), "119 min"),
        (timedelta(hours=2), "2 h"),
        (timedelta(hours=47), "47 h"),
        (timedelta(days=2, hours=5), "2 days"),
        (timedelta(seconds=-3), "0 s"),
    ],
)
def test_an_age_is_told_in_the_largest_unit_that_fits(passed: timedelta, shown: str) -> None:
    assert age(NOW - passed, NOW) == shown


def test_a_moment_is_told_in_the_exchanges_zone() -> None:
    assert moment(NOW, "America/New_York") == "2026-01-15 18:00 EST"
    assert moment(None, "UTC") == ""


def test_what_was_never_read_is_missing_and_not_empty() -> None:
    told = {line.name: line for line in sources(None, None, "UTC", NOW)}
    assert [told[name].state for name in ("Book", "Snapshot", "Statement")] == ["empty", "missing", "missing"]
    assert not any(line.whole for line in told.values())


def test_a_complete_snapshot_in_quarantine_is_not_whole() -> None:
    row = {
        "captured_at": NOW,
        "broker_time": None,
        "completeness": "complete",
        "status": "quarantined",
        "reads": 1,
        "positions": 3,
        "since": None,
        "oldest_price": NOW - timedelta(hours=3),
    }
    told = {line.name: line for line in sources(row, {"posted_at": NOW, "last_seq": 4}, "UTC", NOW)}
    assert not told["Snapshot"].whole
    assert told["Snapshot"].note == "quarantined; 3 positions, read once"
    assert told["Oldest price"].age == "3 h"
