"""Cash that is agreed and not yet paid: does a cash difference equal exactly what has not settled?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from tieout.money import ZERO
from tieout.recon.context import Context, Settling


def matching_start(currency: str, gap: Decimal, context: Context) -> date | None:
    """The settlement date from which on booked entries, not counted by the broker, make up a cash difference.

    gap        theirs − ours
    returns    None where no run of settlement dates sums to it exactly (within the cash tolerance)
    """
    if gap == 0:
        return None
    fitting = [start for start, total in not_counted(currency, context) if abs(gap + total) <= context.tolerances.cash]
    # Several fit where dates between them sum to nothing: the latest is the least that must be believed.
    return max(fitting, default=None)


def not_counted(currency: str, context: Context) -> Iterator[tuple[date, Decimal]]:
    """Each settlement date with the net of the booked entries that settle on it or later, latest first."""
    total = ZERO
    for one in sorted(_of(currency, context), key=lambda one: one.settles_on, reverse=True):
        total += one.amount
        yield one.settles_on, total


def entries_from(currency: str, start: date, context: Context) -> tuple[Settling, ...]:
    """The booked cash that settles on `start` or later, by date."""
    return tuple(
        sorted(
            (one for one in _of(currency, context) if one.settles_on >= start and one.amount != 0),
            key=lambda one: one.settles_on,
        )
    )


def _of(currency: str, context: Context) -> list[Settling]:
    return [one for one in context.settling if one.currency == currency]
