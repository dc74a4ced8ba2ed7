"""Stock splits: the venue posts one as two rows, old units out and new units in. Together they are one event.

The rows say `REMOVE, From QTY:-10, To QTY:30, …` and `ADD, …`, with `qty` -10 and 30; newer ones carry `details` with
`old_rate` and `new_rate`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from fractions import Fraction

from brokers.http.fields import Row
from tieout.money import SCALE
from tieout.records import Activity, ActivityKind

_SMALLEST_UNIT = Decimal(1).scaleb(-9)  # the venue books fractions of shares to nine decimals
_LARGEST_TERM = 1000  # no exchange has listed a split with a larger number in its ratio


@dataclass(frozen=True, slots=True)
class Posted:
    """An activity and when the venue showed it, UTC."""

    activity: Activity
    posted_at: datetime


def split_ratio(found: Row) -> Decimal | None:
    """New units per old unit as the row itself states it, None where it states none."""
    details = found.values.get("details")
    source = Row(details, f"{found.where} details") if isinstance(details, dict) else found
    old, new = source.number_or_none("old_rate"), source.number_or_none("new_rate")
    return _decimal(Fraction(new) / Fraction(old)) if old and new else None


def joined_splits(posted: Sequence[Posted]) -> list[Posted]:
    """The rows with each pair of split rows made one: the change of units, and the exact ratio.

    A half without its other half stays as it is, without a ratio: nothing may be booked on it.
    """
    halves: dict[tuple[object, ...], list[Posted]] = defaultdict(list)
    others = []
    for entry in posted:
        if entry.activity.kind is ActivityKind.SPLIT:
            halves[_event(entry)].append(entry)
        else:
            others.append(entry)
    joined = [whole for group in halves.values() for whole in _joined(group)]
    return sorted([*others, *joined], key=lambda entry: entry.posted_at)


def _event(entry: Posted) -> tuple[object, ...]:
    done = entry.activity
    return done.instrument.symbol if done.instrument else "", done.occurred_at, done.group_id, done.status


def _joined(group: list[Posted]) -> list[Posted]:
    if len(group) != 2 or group[0].activity.quantity * group[1].activity.quantity >= 0:
        return group
    out, into = sorted(group, key=_is_new_half)
    old, new = -out.activity.quantity, into.activity.quantity
    whole = replace(
        into.activity,
        quantity=new - old,
        amount=out.activity.amount + into.activity.amount,
        ratio=into.activity.ratio or out.activity.ratio or ratio_of(old, new),
        price=None,
    )
    return [replace(into, activity=whole, posted_at=max(out.posted_at, into.posted_at))]


def _is_new_half(entry: Posted) -> tuple[bool, datetime, bool]:
    """The venue's own word first, then the order of posting; failing both a long position is assumed."""
    done = entry.activity
    return done.description.upper().startswith("ADD"), entry.posted_at, done.quantity > 0


def ratio_of(old: Decimal, new: Decimal) -> Decimal | None:
    """The simplest ratio that turns `old` units into `new`, both rounded to nine decimals; None where none does."""
    if not old or not new or old * new < 0:
        return None
    simple = (Fraction(new) / Fraction(old)).limit_denominator(_LARGEST_TERM)
    within = abs(simple * Fraction(old) - Fraction(new)) <= Fraction(_SMALLEST_UNIT)
    return _decimal(simple) if within and simple else None


def _decimal(ratio: Fraction) -> Decimal:
    with localcontext(Context(prec=60, rounding=ROUND_HALF_EVEN)):
        value = Decimal(ratio.numerator) / Decimal(ratio.denominator)
        return value.quantize(Decimal(1).scaleb(-SCALE)).normalize()
