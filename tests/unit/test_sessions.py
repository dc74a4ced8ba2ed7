from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tieout.errors import ConfigError, DataError
from tieout.sessions import Sessions

NYSE = Sessions("XNYS")
NEW_YORK = ZoneInfo("America/New_York")
LAW = settings(max_examples=200, deadline=None)
MOMENTS = st.integers(0, 880_000_000).map(lambda seconds: datetime(2007, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds))
CALENDARS = st.sampled_from(["XNYS", "24/7", "24/7@22:00", "24/7@08:00", "24/5", "forex", "CMES"]).map(Sessions)


def utc(day: int, hour: int, minute: int = 0, month: int = 1) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def ny(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), NEW_YORK)


def test_the_exchange_opens_and_closes_by_its_own_clock_all_year() -> None:
    assert NYSE.opens_at(date(2026, 1, 5)) == utc(5, 14, 30)
    assert NYSE.closes_at(date(2026, 1, 5)) == utc(5, 21)
    assert NYSE.closes_at(date(2026, 7, 6)) == utc(6, 20, month=7)
    assert NYSE.zone == NEW_YORK


def test_a_half_day_closes_early() -> None:
    friday = date(2025, 11, 28)
    assert NYSE.is_half_day(friday)
    assert NYSE.closes_at(friday) == datetime(2025, 11, 28, 18, tzinfo=UTC)
    assert not NYSE.is_half_day(date(2025, 12, 1))
    assert not Sessions("forex").is_half_day(date(2025, 12, 24))


def test_a_close_that_was_usual_in_its_time_is_no_half_day() -> None:
    tokyo = Sessions("XTKS")  # closed at 15:00 until November 2024, at 15:30 since
    assert not tokyo.is_half_day(date(2024, 6, 3))


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        (date(2026, 1, 1), "New Year's Day"),
        (date(2025, 7, 4), "July 4th"),
        (date(2025, 1, 9), "a closure that the exchange announced"),
        (date(2012, 10, 29), "a closure that the exchange announced"),
        (date(2025, 7, 5), "a Saturday"),
        (date(2025, 1, 8), None),
    ],
)
def test_a_closed_day_has_its_reason(day: date, reason: str | None) -> None:
    assert NYSE.why_closed(day) == reason
    assert NYSE.is_session(day) is (reason is None)


def test_the_forex_week_knows_weekends_only() -> None:
    forex = Sessions("forex")
    assert forex.why_closed(date(2026, 1, 3)) == "a Saturday"
    assert forex.why_closed(date(2026, 1, 1)) is None
    assert forex.exchange == "forex"


def test_a_date_outside_any_session_is_refused_with_its_neighbours() -> None:
    with pytest.raises(DataError, match=r"2025-07-04 is no XNYS session: July 4th.*2025-07-03 and 2025-07-07"):
        NYSE.require(date(2025, 7, 4))
    with pytest.raises(DataError, match="2025-07-05 is no XNYS session: a Saturday"):
        NYSE.opens_at(date(2025, 7, 5))
    with pytest.raises(DataError, match="lies outside the XNYS calendar, 2006-01-03 to 2035-12-31"):
        NYSE.require(date(1999, 1, 4))


def test_a_closure_from_the_settings_is_no_session() -> None:
    day = date(2026, 3, 4)
    mourning = Sessions("XNYS", closures=[day])
    assert NYSE.is_session(day)
    assert mourning.why_closed(day) == "an ad-hoc closure from the settings"
    assert mourning.business_date(ny(day, 10)) == date(2026, 3, 5)
    assert mourning.next(date(2026, 3, 3)) == date(2026, 3, 5)


def test_a_weekend_is_the_one_of_the_country() -> None:
    riyadh = Sessions("XSAU")
    assert riyadh.why_closed(date(2026, 1, 2)) == "a Friday"
    assert riyadh.is_session(date(2026, 1, 4))


def test_a_weekday_without_a_name_is_a_holiday_of_the_exchange() -> None:
    assert NYSE.why_closed(date(1987, 3, 4)) == "a holiday of the exchange"


@pytest.mark.parametrize(
    ("moment", "belongs_to"),
    [
        (ny(date(2026, 1, 5), 4), date(2026, 1, 5)),
        (ny(date(2026, 1, 5), 16, 30), date(2026, 1, 5)),
        (ny(date(2026, 1, 5), 23, 59), date(2026, 1, 5)),
        (ny(date(2026, 1, 6), 0), date(2026, 1, 6)),
        (ny(date(2026, 1, 2), 23), date(2026, 1, 2)),
        (ny(date(2026, 1, 3), 12), date(2026, 1, 5)),
        (ny(date(2026, 1, 1), 12), date(2026, 1, 2)),
    ],
)
def test_a_record_belongs_to_its_own_date_or_the_next_session(moment: datetime, belongs_to: date) -> None:
    assert NYSE.business_date(moment) == belongs_to


def test_the_hour_that_comes_twice_belongs_to_one_date() -> None:
    first = datetime(2026, 11, 1, 1, 30, tzinfo=NEW_YORK)
    assert NYSE.business_date(first) == NYSE.business_date(first.replace(fold=1)) == date(2026, 11, 2)


def test_the_crypto_day_turns_at_midnight_utc() -> None:
    always = Sessions("24/7")
    assert always.business_date(utc(3, 23, 59)) == date(2026, 1, 3)
    assert (always.opens_at(date(2026, 1, 3)), always.closes_at(date(2026, 1, 3))) == (utc(3, 0), utc(4, 0))
    assert not always.is_half_day(date(2026, 1, 3))


def test_a_crypto_day_cut_in_the_evening_ends_then() -> None:
    cut = Sessions("24/7@22:00")
    assert cut.business_date(utc(3, 21, 59)) == date(2026, 1, 3)
    assert cut.business_date(utc(3, 22)) == date(2026, 1, 4)
    assert (cut.opens_at(date(2026, 1, 3)), cut.closes_at(date(2026, 1, 3))) == (utc(2, 22), utc(3, 22))
    assert cut.last_closed(utc(3, 22)) == date(2026, 1, 3)
    assert Sessions("24/7", cut=time(22)).closes_at(date(2026, 1, 3)) == utc(3, 22)


def test_a_crypto_day_cut_in_the_morning_begins_then() -> None:
    cut = Sessions("24/7@08:00")
    assert cut.business_date(utc(3, 7, 59)) == date(2026, 1, 2)
    assert cut.closes_at(date(2026, 1, 3)) == utc(4, 8)


def test_only_a_day_without_end_can_be_cut() -> None:
    with pytest.raises(ConfigError, match="only 24/7 can be cut"):
        Sessions("XNYS", cut=time(22))


@pytest.mark.parametrize("calendar", ["NYSEE", "", "24/7@25:00", "XNYS@22:00"])
def test_an_unknown_calendar_is_a_settings_error(calendar: str) -> None:
    with pytest.raises(ConfigError, match="is unknown"):
        Sessions(calendar)


def test_an_alias_leads_to_the_exchange() -> None:
    nasdaq = Sessions("NASDAQ")
    assert (nasdaq.calendar, nasdaq.exchange) == ("NASDAQ", "XNYS")


def test_the_forex_date_turns_at_five_in_new_york() -> None:
    forex = Sessions("forex")
    friday, monday = date(2026, 1, 9), date(2026, 1, 12)
    assert forex.business_date(ny(friday, 16, 59)) == friday
    assert forex.business_date(ny(friday, 17)) == monday
    assert forex.business_date(ny(date(2026, 1, 11), 17, 30)) == monday
    assert forex.opens_at(monday) == ny(date(2026, 1, 11), 17)
    assert forex.closes_at(monday) == ny(monday, 17)


def test_futures_traded_on_the_evening_before_belong_to_the_next_session() -> None:
    globex, chicago = Sessions("CMES"), ZoneInfo("America/Chicago")
    monday = datetime(2026, 1, 5, 16, 30, tzinfo=chicago)
    assert globex.business_date(monday) == date(2026, 1, 5)
    assert globex.business_date(monday.replace(hour=17)) == date(2026, 1, 6)
    assert globex.business_date(datetime(2026, 1, 4, 18, tzinfo=chicago)) == date(2026, 1, 5)


def test_sessions_are_counted_over_holidays_and_weekends() -> None:
    thursday, monday = date(2025, 7, 3), date(2025, 7, 7)
    assert NYSE.next(thursday) == monday
    assert NYSE.previous(monday) == thursday
    assert NYSE.next(date(2025, 7, 4), 2) == date(2025, 7, 8)
    assert NYSE.sessions_between(thursday, monday) == 1
    assert NYSE.sessions_between(monday, thursday) == 0
    with pytest.raises(ValueError, match="counted from one"):
        NYSE.next(monday, 0)
    with pytest.raises(ValueError, match="counted from one"):
        NYSE.previous(monday, 0)


def test_the_last_closed_session_waits_for_the_close() -> None:
    day = date(2026, 1, 5)
    assert NYSE.last_closed(ny(day, 15, 59)) == date(2026, 1, 2)
    assert NYSE.last_closed(ny(day, 16)) == day
    assert NYSE.last_closed(ny(date(2025, 11, 28), 13)) == date(2025, 11, 28)


def test_a_moment_beyond_the_calendar_has_no_last_session() -> None:
    with pytest.raises(DataError, match="outside the XNYS calendar"):
        NYSE.last_closed(datetime(2040, 1, 5, tzinfo=UTC))
    with pytest.raises(DataError, match="outside the XNYS calendar"):
        NYSE.last_closed(datetime(2001, 1, 5, tzinfo=UTC))
    with pytest.raises(DataError, match="leads outside the XNYS calendar"):
        NYSE.business_date(datetime(2040, 1, 5, tzinfo=UTC))
    with pytest.raises(DataError, match="leads outside"):
        NYSE.previous(date(2006, 1, 4), 5)


def test_a_calendar_ends_where_its_holidays_are_not_known() -> None:
    riyadh = Sessions("XSAU")
    with pytest.raises(DataError, match="2021-01-03 to 2029-12-31"):
        riyadh.require(date(2031, 1, 5))


def test_a_moment_without_a_zone_belongs_to_no_session() -> None:
    for ask in (NYSE.business_date, NYSE.last_closed):
        with pytest.raises(ValueError, match="without a time zone"):
            ask(datetime(2026, 1, 5, 12))  # noqa: DTZ001 - what is refused


@LAW
@given(MOMENTS, CALENDARS)
def test_every_moment_belongs_to_a_session_that_has_not_ended_long_ago(moment: datetime, sessions: Sessions) -> None:
    day = sessions.business_date(moment)
    assert sessions.is_session(day)
    assert sessions.closes_at(day) > moment - timedelta(hours=24)


@LAW
@given(MOMENTS, st.timedeltas(timedelta(0), timedelta(days=9)), CALENDARS)
def test_later_moments_never_belong_to_earlier_sessions(moment: datetime, wait: timedelta, sessions: Sessions) -> None:
    assert sessions.business_date(moment) <= sessions.business_date(moment + wait)


@LAW
@given(MOMENTS, CALENDARS, st.integers(1, 30))
def test_going_forward_and_back_returns(moment: datetime, sessions: Sessions, n: int) -> None:
    day = sessions.business_date(moment)
    there = sessions.next(day, n)
    assert sessions.previous(there, n) == day
    assert sessions.sessions_between(day, there) == n


@LAW
@given(MOMENTS, CALENDARS)
def test_the_last_closed_session_is_closed_and_the_next_is_not(moment: datetime, sessions: Sessions) -> None:
    day = sessions.last_closed(moment)
    assert sessions.closes_at(day) <= moment < sessions.closes_at(sessions.next(day))
