"""Sessions and business dates, from exchange_calendars: half days, ad-hoc closures, 24/7 crypto, the forex week.

A record belongs to a session of its exchange, never to a date on a wall clock. Building a calendar takes a quarter of a
second, so each is built once in a process, on first use. It spans fixed dates, so that the day it is asked on changes
nothing.

    XNYS, XLON, CMES, …    any name or alias that exchange_calendars knows
    24/7                   every day, turning at midnight UTC
    24/7@22:00             the same, turning at another time of day, UTC. The business date is the date on which most of
                           the 24 hours lie: those to 22:00 belong to that date, those after it to the next
    24/5                   weekdays, turning at midnight UTC
    forex                  Sunday 17:00 to Friday 17:00 New York, turning at 17:00
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from tieout.errors import ConfigError, DataError

FIRST_SESSION = "2006-01-03"  # statements older than this are history, not operations
LAST_SESSION = "2035-12-31"  # rules for holidays are known; a calendar whose holidays are not ends where it must
FOREX_WEEK = "forex"
ALWAYS = "24/7"
_FOREX_ZONE = ZoneInfo("America/New_York")
_FOREX_TURN = time(17)
_CUT_NAME = re.compile(r"24/7@([01]\d|2[0-3]):([0-5]\d)")
_NOON = time(12)


class Sessions:
    """The sessions of one calendar.

    calendar    a name from the module's table
    closures    ad-hoc closures that the library does not know yet, such as a day of mourning
    early       ad-hoc early closes, by the exchange's own clock; one that is no earlier changes nothing
    cut         for `24/7`: the time of day, UTC, at which the business date turns; `24/7@22:00` says the same
    raises      ConfigError for an unknown calendar
    """

    def __init__(
        self,
        calendar: str,
        *,
        closures: Iterable[date] = (),
        early: Iterable[tuple[date, time]] = (),
        cut: time | None = None,
    ) -> None:
        self.calendar = calendar
        self._name, named_cut = _parsed(calendar)
        if cut is not None and self._name != ALWAYS:
            raise ConfigError(f"calendar {calendar!r} turns with its exchange; only {ALWAYS} can be cut elsewhere")
        self._cut = _shift(cut or named_cut)
        self._closures = frozenset(closures)
        self._early = frozenset(early)
        self.zone = _zone(self._name)

    @property
    def exchange(self) -> str:
        """The calendar's own name, whatever alias was used: `XNYS` for `NYSE`."""
        return FOREX_WEEK if self._name == FOREX_WEEK else str(_library(self._name).name)

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
        """Whether the session closes before its usual hour.

        raises    DataError where the date is no session
        """
        self.require(day)
        announced = any(day == one for one, _ in self._early)
        return announced or (self._name != FOREX_WEEK and day in _early_closes(self._name))

    def business_date(self, moment: datetime) -> date:
        """The session that something at `moment` belongs to.

        Up to local midnight a record belongs to that date where it is a session, otherwise to the next session. Where
        a session opens on the evening before (futures), it is the next one from then on. The forex date turns at 17:00
        New York, the crypto date at its cut.
        """
        local = _aware(moment).astimezone(self.zone)
        if self._name == FOREX_WEEK:
            turned = local.time() >= _FOREX_TURN
            return self._at(bisect_left(self._days, local.date() + timedelta(days=turned)), local.date())
        day = (local - self._cut).date()
        index = bisect_left(self._days, day)
        found = self._at(index, day)
        if index + 1 < len(self._days) and self._hours[self._days[index + 1]][0] <= moment:
            return self._days[index + 1]
        return found

    def next(self, day: date, n: int = 1) -> date:
        """The n-th session after `day`, which need not be a session itself; n counts from one."""
        _counting(n)
        return self._at(bisect_right(self._days, day) + n - 1, day)

    def previous(self, day: date, n: int = 1) -> date:
        """The n-th session before `day`; n counts from one."""
        _counting(n)
        return self._at(bisect_left(self._days, day) - n, day)

    def sessions_between(self, after: date, until: date) -> int:
        """How many sessions lie in (after, until]; zero where `until` is not later."""
        return max(bisect_right(self._days, until) - bisect_right(self._days, after), 0)

    def last_closed(self, now: datetime) -> date:
        """The last session whose close is at or before `now`.

        raises    DataError before the first session of the calendar and after its last day
        """
        days, closes = self._days, self._table.closes
        today = _aware(now).astimezone(self.zone).date()
        index = bisect_right(closes, now) - 1
        if index < 0 or today > days[-1] + timedelta(days=1):
            raise DataError(f"{today} lies outside the {self.calendar} calendar, {days[0]} to {days[-1]}")
        return days[index]

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
        if self._name not in {FOREX_WEEK, ALWAYS} and (name := _holiday_name(self._name, day)):
            return name
        return f"a {day:%A}" if day.weekday() in _weekend(self._name) else "a holiday of the exchange"

    @property
    def _table(self) -> _Table:
        return _table(self._name, self._closures, self._early, self._cut)

    @property
    def _days(self) -> list[date]:
        return self._table.days

    @property
    def _hours(self) -> dict[date, tuple[datetime, datetime]]:
        return self._table.hours

    def _at(self, index: int, day: date) -> date:
        if not 0 <= index < len(self._days):
            raise DataError(f"{day} leads outside the {self.calendar} calendar, {self._days[0]} to {self._days[-1]}")
        return self._days[index]


@dataclass(frozen=True, slots=True)
class _Table:
    """Session dates in order, each one's opening and close, and the closes in order; all moments UTC."""

    days: list[date]
    hours: dict[date, tuple[datetime, datetime]]
    closes: list[datetime]


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"a moment without a time zone belongs to no session: {moment!r}")
    return moment


def _counting(n: int) -> None:
    if n < 1:
        raise ValueError(f"sessions are counted from one, was {n}")


def _parsed(calendar: str) -> tuple[str, time]:
    """The library's name, and the cut that the name carries."""
    if match := _CUT_NAME.fullmatch(calendar):
        return ALWAYS, time(int(match[1]), int(match[2]))
    return calendar, time(0)


def _shift(cut: time) -> timedelta:
    """From midnight to the start of the session: back into the evening before, where the cut is in the afternoon."""
    shift = timedelta(hours=cut.hour, minutes=cut.minute)
    return shift - timedelta(days=1) if cut >= _NOON else shift


@cache
def _library(calendar: str) -> Any:
    import exchange_calendars as xc

    try:
        return xc.get_calendar(calendar, start=FIRST_SESSION, end=LAST_SESSION)
    except xc.errors.InvalidCalendarName as error:
        raise ConfigError(
            f"calendar {calendar!r} is unknown; use an exchange code such as XNYS, 24/7, 24/7@22:00 or forex"
        ) from error
    except ValueError:  # the calendar knows no holidays so early or so late
        widest = xc.get_calendar(calendar)
        first, last = widest.bound_min(), widest.bound_max()
        return xc.get_calendar(
            calendar,
            start=max(str(first.date()), FIRST_SESSION) if first else FIRST_SESSION,
            end=min(str(last.date()), LAST_SESSION) if last else LAST_SESSION,
        )


@cache
def _zone(calendar: str) -> ZoneInfo:
    return _FOREX_ZONE if calendar == FOREX_WEEK else ZoneInfo(str(_library(calendar).tz))


@cache
def _weekend(calendar: str) -> frozenset[int]:
    """The weekdays on which the exchange never trades, Monday being 0; Friday and Saturday in some countries."""
    mask = "1111100" if calendar == FOREX_WEEK else _library(calendar).weekmask
    return frozenset(weekday for weekday, trades in enumerate(mask) if trades == "0")


@cache
def _early_closes(calendar: str) -> frozenset[date]:
    return frozenset(stamp.date() for stamp in _library(calendar).early_closes)


@cache
def _table(calendar: str, closures: frozenset[date], early: frozenset[tuple[date, time]], cut: timedelta) -> _Table:
    hours = _forex_hours() if calendar == FOREX_WEEK else _library_hours(calendar, cut)
    kept = {day: span for day, span in sorted(hours.items()) if day not in closures}
    for day, hour in early:
        announced = datetime.combine(day, hour, _zone(calendar)).astimezone(UTC)
        if day in kept and kept[day][0] < announced < kept[day][1]:
            kept[day] = kept[day][0], announced
    return _Table(list(kept), kept, [closes for _, closes in kept.values()])


def _library_hours(calendar: str, cut: timedelta) -> dict[date, tuple[datetime, datetime]]:
    schedule = _library(calendar).schedule
    return {
        stamp.date(): (opens.to_pydatetime().astimezone(UTC) + cut, closes.to_pydatetime().astimezone(UTC) + cut)
        for stamp, opens, closes in zip(schedule.index, schedule["open"], schedule["close"], strict=True)
    }


def _forex_hours() -> dict[date, tuple[datetime, datetime]]:
    """The forex week: each weekday's session runs from 17:00 New York of the day before to its own 17:00."""
    weekdays = [stamp.date() for stamp in _library("24/5").schedule.index]
    return {day: (_turn(day - timedelta(days=1)), _turn(day)) for day in weekdays}


def _turn(day: date) -> datetime:
    return datetime.combine(day, _FOREX_TURN, _FOREX_ZONE).astimezone(UTC)


def _holiday_name(calendar: str, day: date) -> str | None:
    if name := _holiday_names(calendar).get(day):
        return name
    if any(stamp.date() == day for stamp in _library(calendar).adhoc_holidays):
        return "a closure that the exchange announced"
    return None


@cache
def _holiday_names(calendar: str) -> dict[date, str]:
    """Every holiday by rule; asked for one day at a time, the library takes thirty milliseconds for each."""
    rules = _library(calendar).regular_holidays
    if rules is None:
        return {}
    named = rules.holidays(start=FIRST_SESSION, end=LAST_SESSION, return_name=True)
    return {stamp.date(): str(name) for stamp, name in named.items()}
