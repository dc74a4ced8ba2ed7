"""The market's volume-weighted price that a fill is measured against, and of what span of time it is. Pure.

The best is that of the minutes from the arrival to the last fill. Where no minutes can be had, or the last of them is
not over yet, it is the session's so far; whoever shows a figure says which of the two it rests on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from tieout.money import WIDE, ZERO, rounded

MINUTE = timedelta(minutes=1)


class VwapOf(StrEnum):
    """What span a price is of, the better one first."""

    INTERVAL = "interval"  # the whole minutes from the arrival to the last fill
    SESSION = "session"  # the session from its open until it was asked


@dataclass(frozen=True, slots=True)
class Minute:
    """What traded in one minute: volume-weighted price, currency per unit, and units; `begins` is UTC."""

    begins: datetime
    price: Decimal
    volume: Decimal


@dataclass(frozen=True, slots=True)
class Vwap:
    """A volume-weighted price, currency per unit, over [since, until), UTC."""

    of: VwapOf
    price: Decimal
    since: datetime
    until: datetime


def whole_minutes(since: datetime, until: datetime) -> tuple[datetime, datetime]:
    """The minutes that hold both moments: where the first begins and the last ends, UTC."""
    return _floor(since), _floor(until) + MINUTE


def interval_vwap(minutes: Sequence[Minute], arrived: datetime, filled: datetime, now: datetime) -> Vwap | None:
    """The price of the whole minutes from the arrival to the last fill.

    minutes    as the venue tells them; others than those of the span are left out
    now        UTC, when they were asked for
    returns    None where the last minute was not over yet, or nothing traded in them
    """
    since, until = whole_minutes(arrived, filled)
    inside = [one for one in minutes if since <= one.begins < until and one.volume > 0]
    volume = sum((one.volume for one in inside), ZERO)
    if now < until or not volume:
        return None
    worth = sum((WIDE.multiply(one.price, one.volume) for one in inside), ZERO)
    return Vwap(VwapOf.INTERVAL, rounded(WIDE.divide(worth, volume)), since, until)


def _floor(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
