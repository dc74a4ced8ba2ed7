"""Hours at which a venue is known to be away, such as a nightly restart: it is not used then, nor blamed. Pure.

Said in the settings as `daily 23:45-00:45 America/New_York` or `sat,sun 02:00-04:00 UTC`, by the clock of that zone, so
that they move with daylight saving as the venue does. An end before its beginning is on the next day.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
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

    def until(self, now: datetime) -> datetime | None:
        """When the stretch that `now` is in ends, UTC; None where it is in none.

        now    aware
        """
        today = now.astimezone(self.zone).date()
        for day in (today, today - timedelta(days=1)):
            if day.weekday() not in self.days:
                continue
            begins = datetime.combine(day, self.begins, self.zone).astimezone(UTC)
            over = day if self.ends > self.begins else day + timedelta(days=1)
            ends = datetime.combine(over, self.ends, self.zone).astimezone(UTC)
            if begins <= now < ends:
                return ends
        return None


def away_until(outages: Iterable[Outage], now: datetime) -> datetime | None:
    """When a venue is back that is away now, UTC; None where it is not away."""
    return max((end for one in outages if (end := one.until(now)) is not None), default=None)


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
