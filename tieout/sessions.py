"""Sessions and business dates, from exchange_calendars: half days, ad-hoc closures, 24/7 crypto, the forex week.

A record belongs to a session of its exchange, never to a date on a wall clock. Building a calendar takes about half a
second, so each is built once in a process, on first use.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tieout.errors import ConfigError, DataError

if TYPE_CHECKING:
    from pandas import DatetimeIndex

FIRST_SESSION = "2006-01-03"  # statements older than this are history, not operations
FOREX_WEEK = "forex"  # Sunday 17:00 to Friday 17:00 New York; the business date turns at 17:00
_FOREX_ZONE = ZoneInfo("America/New_York")
_FOREX_TURN = time(17)


class Sessions:
    """The sessions of one calendar.

    calendar    a name of exchange_calendars (`XNYS`, `XLON`, `24/7`) or `forex`
    closures    ad-hoc closures that the library does not know yet, such as a day of mourning
    cut         for `24/7`: the time of day, UTC, at which the business date turns
    raises      ConfigError for an unknown calendar
    """

    def __init__(self, calendar: str, *, closures: Iterable[date] = (), cut: time = time(0)) -> None:
        self.calendar = calendar
        self.zone = _zone(calendar)
        self._closures = frozenset(closures)
        self._cut = timedelta(hours=cut.hour, minutes=cut.minute) if calendar == "24/7" else timedelta(0)

    def is_session(self, day: date) -> bool:
        """Whether the exchange trades on that date."""
        return day in self._hours

    def opens_at(self, day: date) -> datetime:
        """When the session opens, UTC.

        raises    DataError where the date is no session
        """
        self.require(day)
        return self._hours[day][0]

    def closes_at(self, day: date) -> datetime:
        """When the session closes, UTC; earlier on a half day.

        raises    DataError where the date is no session
        """
        self.require(day)
        return self._hours[day][1]

    def is_half_day(self, day: date) -> bool:
        """Whether the session closes before its usual hour."""
        self.require(day)
        usual = _library(self.calendar).close_times[-1][1] if self.calendar != FOREX_WEEK else None
        return usual is not None and self.closes_at(day).astimezone(self.zone).time() < usual

    def business_date(self, moment: datetime) -> date:
        """The session that something at `moment` belongs to.

        Up to local midnight a record belongs to that date where it is a session, otherwise to the next session. The
        forex date turns at 17:00 New York, the crypto date at the configured cut.
        """
        local = moment.astimezone(self.zone)
        if self.calendar == FOREX_WEEK:
            day = local.date() + timedelta(days=1) if local.time() >= _FOREX_TURN else local.date()
        else:
            day = (local - self._cut).date()
        return self._days[self._index_from(day)]

    def next(self, day: date, n: int = 1) -> date:
        """The n-th session after `day`, which need not be a session itself."""
        return self._at(bisect_right(self._days, day) + n - 1, day)

    def previous(self, day: date, n: int = 1) -> date:
        """The n-th session before `day`."""
        return self._at(bisect_left(self._days, day) - n, day)

    def sessions_between(self, after: date, until: date) -> int:
        """How many sessions lie in (after, until]; zero where `until` is not later."""
        return max(bisect_right(self._days, until) - bisect_right(self._days, after), 0)

    def last_closed(self, now: datetime) -> date:
        """The last session whose close is at or before `now`."""
        index = bisect_right(self._days, now.astimezone(self.zone).date() + timedelta(days=1)) - 1
        while self._hours[self._days[index]][1] > now:
            index -= 1
        return self._days[index]

    def require(self, day: date) -> None:
        """Refuse a date on which the exchange does not trade.

        raises    DataError naming the reason and the sessions around it
        """
        if self.is_session(day):
            return
        if not self._days[0] <= day <= self._days[-1]:
            raise DataError(f"{day} lies outside the {self.calendar} calendar, {self._days[0]} to {self._days[-1]}")
        raise DataError(
            f"{day} is no {self.calendar} session: {self.why_closed(day)}. "
            f"The sessions around it are {self.previous(day)} and {self.next(day)}."
        )

    def why_closed(self, day: date) -> str | None:
        """Why there is no session on that date; None where there is one."""
        if self.is_session(day):
            return None
        if day in self._closures:
            return "an ad-hoc closure from the settings"
        if self.calendar not in {FOREX_WEEK, "24/7"} and (name := _holiday_name(self.calendar, day)):
            return name
        return f"a {day:%A}" if day.weekday() >= 5 else "a holiday of the exchange"

    @property
    def _days(self) -> list[date]:
        return _table(self.calendar, self._closures, self._cut)[0]

    @property
    def _hours(self) -> dict[date, tuple[datetime, datetime]]:
        return _table(self.calendar, self._closures, self._cut)[1]

    def _index_from(self, day: date) -> int:
        index = bisect_left(self._days, day)
        self._at(index, day)
        return index

    def _at(self, index: int, day: date) -> date:
        if not 0 <= index < len(self._days):
            raise DataError(f"{day} leads outside the {self.calendar} calendar, {self._days[0]} to {self._days[-1]}")
        return self._days[index]


@cache
def _library(calendar: str) -> Any:
    import exchange_calendars as xc

    try:
        return xc.get_calendar(calendar, start=FIRST_SESSION)
    except xc.errors.InvalidCalendarName as error:
        raise ConfigError(
            f"calendar {calendar!r} is unknown; use an exchange code such as XNYS, 24/7 or forex"
        ) from error


@cache
def _zone(calendar: str) -> ZoneInfo:
    return _FOREX_ZONE if calendar == FOREX_WEEK else ZoneInfo(str(_library(calendar).tz))


@cache
def _table(
    calendar: str, closures: frozenset[date], cut: timedelta
) -> tuple[list[date], dict[date, tuple[datetime, datetime]]]:
    """Session dates in order, and each one's opening and close."""
    hours = _forex_hours() if calendar == FOREX_WEEK else _library_hours(calendar, cut)
    kept = {day: span for day, span in hours.items() if day not in closures}
    return sorted(kept), kept


def _library_hours(calendar: str, cut: timedelta) -> dict[date, tuple[datetime, datetime]]:
    schedule = _library(calendar).schedule
    opens: DatetimeIndex = schedule["open"].dt.to_pydatetime()
    closes: DatetimeIndex = schedule["close"].dt.to_pydatetime()
    days = [stamp.date() for stamp in schedule.index]
    return {
        day: (opened.astimezone(UTC) + cut, closed.astimezone(UTC) + cut)
        for day, opened, closed in zip(days, opens, closes, strict=True)
    }


def _forex_hours() -> dict[date, tuple[datetime, datetime]]:
    """The forex week: each weekday's session runs from 17:00 New York of the day before to its own 17:00."""
    weekdays = [stamp.date() for stamp in _library("24/5").schedule.index]
    return {day: (_turn(day - timedelta(days=1)), _turn(day)) for day in weekdays}


def _turn(day: date) -> datetime:
    return datetime.combine(day, _FOREX_TURN, _FOREX_ZONE).astimezone(UTC)


def _holiday_name(calendar: str, day: date) -> str | None:
    library = _library(calendar)
    rules = library.regular_holidays
    if rules is None:
        return None
    named = rules.holidays(start=day.isoformat(), end=day.isoformat(), return_name=True)
    return str(named.iloc[0]) if len(named) else None
