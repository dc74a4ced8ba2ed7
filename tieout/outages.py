"""Hours at which a venue is known to be away, such as a nightly restart: it is not used then, nor blamed. Pure.

Said in the settings as `daily 23:45-00:45 America/New_York` or `sat,sun 02:00-04:00 UTC`, by the clock of that zone, so
that they move with daylight saving as the venue does. An end before its beginning is on the next day.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tieout.errors import DataError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FORM = re.compile(r"(?P<days>[a-z,]+) (?P<begins>\d\d:\d\d)-(?P<ends>\d\d:\d\d) (?P<zone>[A-Za-z0-9_+/-]+)")
_EXAMPLE = "daily 23:45-00:45 America/New_York"


@dataclass(frozen=True, slots=True)
class Outage:
    """One stretch of the week.

    days             on which it begins, Monday 0, by the zone's calendar
    begins, ends     by the zone's clock
    """

    days: frozenset[int]
    begins: time
    ends: time
    zone: ZoneInfo

    def span(self, day: date) -> tuple[datetime, datetime] | None:
        """The stretch that begins on a day of the zone's calendar, UTC; None where none does."""
        if day.weekday() not in self.days:
            return None
        over = day if self.ends > self.begins else day + timedelta(days=1)
        begins = datetime.combine(day, self.begins, self.zone).astimezone(UTC)
        return begins, datetime.combine(over, self.ends, self.zone).astimezone(UTC)

    def until(self, now: datetime) -> datetime | None:
        """When the stretch that `now` is in ends, UTC; None where it is in none.

        now    aware
        """
        today = now.astimezone(self.zone).date()
        for day in (today, today - timedelta(days=1)):
            span = self.span(day)
            if span is not None and span[0] <= now < span[1]:
                return span[1]
        return None


def away_until(outages: Iterable[Outage], now: datetime) -> datetime | None:
    """When a venue is back that is away now, UTC; None where it is not away."""
    return max((end for one in outages if (end := one.until(now)) is not None), default=None)


def ends_between(outages: Iterable[Outage], after: datetime, until: datetime) -> tuple[datetime, ...]:
    """When venues come back in (after, until], UTC, in order; not where another outage still keeps one away.

    after, until    aware
    """
    known, ends = tuple(outages), set()
    for one in known:
        first = after.astimezone(one.zone).date() - timedelta(days=1)
        last = until.astimezone(one.zone).date()
        days = (first + timedelta(days=number) for number in range((last - first).days + 1))
        ends |= {span[1] for day in days if (span := one.span(day)) is not None}
    return tuple(sorted(end for end in ends if after < end <= until and away_until(known, end) is None))


def parse_outage(text: str) -> Outage:
    """One stretch as the settings say it.

    raises    DataError naming what cannot be read
    """
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise DataError(f"{text!r} is no outage; write it as {_EXAMPLE!r}")
    days = DAYS if found["days"] == "daily" else tuple(found["days"].split(","))
    if strange := [one for one in days if one not in DAYS]:
        raise DataError(f"{strange[0]!r} is no day; known are daily, {', '.join(DAYS)}")
    try:
        begins, ends = time.fromisoformat(found["begins"]), time.fromisoformat(found["ends"])
        zone = ZoneInfo(found["zone"])
    except (ValueError, ZoneInfoNotFoundError) as error:
        raise DataError(f"{text!r}: {error}") from error
    if begins == ends:
        raise DataError(f"{text!r} has no length")
    return Outage(frozenset(DAYS.index(one) for one in days), begins, ends, zone)
