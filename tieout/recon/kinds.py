"""Which kinds of differences are rows, and so root causes, and which are figures, and so symptoms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tieout.recon.types import BreakKind, Difference

POSITION_KINDS = frozenset(
    {
        BreakKind.MISSING_AT_BROKER,
        BreakKind.UNEXPECTED_AT_BROKER,
        BreakKind.QUANTITY_MISMATCH,
        BreakKind.SIDE_MISMATCH,
    }
)
CASH_KINDS = frozenset({BreakKind.CASH_MISMATCH, BreakKind.SETTLED_CASH_MISMATCH})
EXECUTION_KINDS = frozenset(
    {
        BreakKind.MISSING_EXECUTION,
        BreakKind.UNKNOWN_EXECUTION,
        BreakKind.UNREPORTED_EXECUTION,
        BreakKind.EXECUTION_MISMATCH,
        BreakKind.DUPLICATE_EXECUTION,
        BreakKind.FEE_MISMATCH,
    }
)
ACTIVITY_KINDS = frozenset({BreakKind.UNBOOKED_ACTIVITY, BreakKind.MISSING_ACTIVITY, BreakKind.ACTIVITY_MISMATCH})
ROW_KINDS = EXECUTION_KINDS | ACTIVITY_KINDS


@dataclass(frozen=True, slots=True)
class CashEffect:
    """What booking a row would move: theirs − ours, in one currency, on one date."""

    currency: str
    amount: Decimal
    settles_on: date | None


def cash_effects(difference: Difference) -> Iterator[CashEffect]:
    """The cash that a row accounts for; its fee separately where it was paid in another currency."""
    settles_on = as_date(difference.detail.get("settles_on"))
    if difference.currency is not None and difference.amount != 0:
        yield CashEffect(difference.currency, difference.amount, settles_on)
    fee = Decimal(difference.detail.get("other_fee", 0))
    if fee != 0:
        yield CashEffect(str(difference.detail["other_fee_currency"]), fee, settles_on)


def as_date(value: object) -> date | None:
    """A date kept in a difference's detail, where it is text."""
    return date.fromisoformat(value) if isinstance(value, str) else None
