"""Clock and calendar as recorded."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from brokers.alpaca.adapter import AlpacaBroker
from simulator.protocols.recorded import RecordedFace
from tests.recorded.alpaca.covered import covers


@covers("clock.http.json")
def test_the_clock_is_utc_whatever_offset_it_came_in(
    face: RecordedFace, broker: AlpacaBroker, recordings: Path
) -> None:
    face.play(recordings / "clock.http.json")

    clock = broker.fetch_clock()

    assert clock.now == datetime(2020, 6, 9, 2, 38, 49, 42731, UTC)
    assert not clock.is_open
    assert clock.next_open == datetime(2020, 6, 9, 13, 30, tzinfo=UTC)


@covers("calendar_range.http.json")
def test_the_calendar_leaves_out_the_holiday(face: RecordedFace, broker: AlpacaBroker, recordings: Path) -> None:
    face.play(recordings / "calendar_range.http.json")

    sessions = broker.fetch_sessions(date(2020, 2, 10), date(2020, 3, 1))

    days = [session.business_date for session in sessions]
    assert (days[0], days[-1]) == (date(2020, 2, 10), date(2020, 2, 28))
    assert date(2020, 2, 17) not in days
    assert sessions[0].opens_at == datetime(2020, 2, 10, 14, 30, tzinfo=UTC)
    assert sessions[0].closes_at == datetime(2020, 2, 10, 21, 0, tzinfo=UTC)
