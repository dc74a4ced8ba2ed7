"""The three moments of an expiration day, told by the calendar and the brokers' hours. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from tieout.options.forecast import PositionForecast
from tieout.sessions import Sessions

DECIDE_BEFORE = timedelta(hours=3)  # of the earliest cut-off: time enough to be found and to act


class Moment(StrEnum):
    """What a run is for."""

    FORECAST = "forecast"  # days before, and in the morning
    DECIDE = "decide"  # shortly before the broker's earliest cut-off
    EXPECT = "expect"  # after the close: what the night will bring


def moment_of(positions: Iterable[PositionForecast], sessions: Sessions, now: datetime) -> Moment:
    """What a run at that moment is for: the most pressing of the positions that expire today.

    now    UTC
    """
    today = now.astimezone(sessions.zone).date()
    mine = [one for one in positions if one.decide_by.at.astimezone(sessions.zone).date() == today]
    if any(now < one.decide_by.at <= now + DECIDE_BEFORE for one in mine):
        return Moment.DECIDE
    if any(now >= one.trading_ends for one in mine):
        return Moment.EXPECT
    return Moment.FORECAST


def countdown(until: datetime, now: datetime) -> str:
    """`2 d 3 h`, `3 h 05 min`, `12 min`, or `over`."""
    left = int((until - now).total_seconds() // 60)
    if left < 0:
        return "over"
    days, rest = divmod(left, 24 * 60)
    hours, minutes = divmod(rest, 60)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min"
