"""When TWS is away on purpose: its nightly restart, and the weekly login that a person has to approve.

Sources: the vendor's guide to auto-restart, and its note that all sessions end on Sunday at 01:00 New York. What is
planned is not used, and not blamed: it counts against nobody, and nobody is called for it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from brokers.ibkr.codes import BROKER
from tieout.errors import ConfigError, PlannedOutage, Unavailable

NEW_YORK = ZoneInfo("America/New_York")
NIGHTLY, WEEKLY = "23:45-00:45", "01:00-17:00"  # the latter on Sundays
_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
_SUNDAY = 6
_NEVER = "none"


@dataclass(frozen=True, slots=True)
class Span:
    """From one time of day to another, New York; the end may lie on the next day.

    weekday   the day it begins on, Monday being 0; None means every day
    """

    begins: time
    ends: time
    why: str
    weekday: int | None = None

    def end_after(self, now: datetime) -> datetime | None:
        """When the outage that `now` lies in is over, UTC; None where it lies in none."""
        local = now.astimezone(NEW_YORK)
        for day in (local.date() - timedelta(days=1), local.date()):
            if self.weekday not in (None, day.weekday()):
                continue
            begin = datetime.combine(day, self.begins, NEW_YORK)
            last = day if self.ends > self.begins else day + timedelta(days=1)
            end = datetime.combine(last, self.ends, NEW_YORK)
            if begin <= local < end:
                return end.astimezone(UTC)
        return None


@dataclass(frozen=True, slots=True)
class Outages:
    """What is planned for one program."""

    spans: tuple[Span, ...]

    def explain(self, error: Unavailable, now: datetime) -> Unavailable:
        """The same error, as planned where it happens in a planned outage."""
        for span in self.spans:
            if (until := span.end_after(now)) is not None and not isinstance(error, PlannedOutage):
                words = f"in a planned outage, {span.why}, until {until:%Y-%m-%d %H:%M} UTC: {error.reason}"
                planned = PlannedOutage(BROKER, words, code=error.code)
                planned.until = until
                return planned
        return error


def outages_of(options: Mapping[str, str], account_id: str) -> Outages:
    """From the account's options. Raises ConfigError for what is no span such as 23:45-00:45."""
    nightly = _span(options.get("nightly_restart", NIGHTLY), "the nightly restart", None, account_id)
    weekly = _span(options.get("weekly_login", WEEKLY), "the weekly login", _SUNDAY, account_id)
    return Outages(tuple(span for span in (nightly, weekly) if span is not None))


def _span(text: str, why: str, weekday: int | None, account_id: str) -> Span | None:
    if text == _NEVER:
        return None
    match = _SPAN.fullmatch(text)
    if match is None:
        raise ConfigError(f"account {account_id}: {why}: {text!r} is no span such as 23:45-00:45, nor {_NEVER!r}")
    first, second, third, fourth = map(int, match.groups())
    return Span(time(first, second), time(third, fourth), why, weekday)
