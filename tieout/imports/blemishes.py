"""What is wrong with a file that somebody kept by hand, line by line, instead of a guess about what was meant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from tieout.money import ZERO
from tieout.recon.types import Severity


class BlemishKind(StrEnum):
    """Each kind names one thing that a person would point at."""

    DUPLICATE_TRADE = "duplicate_trade"  # the log repeats a row, and the holdings moved only once
    DUPLICATE_HOLDING = "duplicate_holding"  # a day lists a ticker, or its total, twice
    FRACTIONAL_MISMATCH = "fractional_mismatch"  # the log trades a fraction that the holdings do not show
    QUANTITY_MISMATCH = "quantity_mismatch"  # the holdings moved otherwise than the log says
    LATE_BOOKING = "late_booking"  # holdings and cash moved a session after the trade
    UNLOGGED_SELL = "unlogged_sell"  # the daily file says sold, the log does not
    CASH_JUMP = "cash_jump"  # cash moved otherwise than the trades explain
    STALE_PRICE = "stale_price"  # every price of the day is a copy of the session before
    COST_BASIS_MISMATCH = "cost_basis_mismatch"  # the cost basis does not follow from the trades
    PNL_MISMATCH = "pnl_mismatch"
    LINE_MISMATCH = "line_mismatch"  # a product of the line does not come out
    TOTAL_MISMATCH = "total_mismatch"  # the day's total is not the sum of its lines
    FLOAT_TAIL = "float_tail"  # more than four decimals: a binary float written out
    UNREADABLE = "unreadable"
    NEGATIVE_QUANTITY = "negative_quantity"  # in a file that can hold long positions only
    NO_SESSION = "no_session"  # dated on a day without trading
    MISSING_SESSION = "missing_session"
    BEFORE_OPENING = "before_opening"  # already inside the opening positions
    UNCONFIRMED = "unconfirmed"  # traded after the last day of holdings


_SEVERITIES = {
    BlemishKind.FLOAT_TAIL: Severity.INFO,
    BlemishKind.BEFORE_OPENING: Severity.INFO,
    BlemishKind.UNCONFIRMED: Severity.INFO,
    BlemishKind.DUPLICATE_TRADE: Severity.CRITICAL,
    BlemishKind.QUANTITY_MISMATCH: Severity.CRITICAL,
    BlemishKind.UNREADABLE: Severity.CRITICAL,
    BlemishKind.NEGATIVE_QUANTITY: Severity.CRITICAL,
    BlemishKind.NO_SESSION: Severity.CRITICAL,
}


@dataclass(frozen=True, slots=True)
class Blemish:
    """One thing wrong with one line.

    expected, found   as text, in the unit that the column has
    money             what hangs on it, account currency, signed found − expected where that has a sense
    held              the row is not booked until a person accepts it
    """

    file: str
    line: int
    kind: BlemishKind
    subject: str
    business_date: date | None
    expected: str
    found: str
    says: str
    money: Decimal = ZERO
    held: bool = False

    @property
    def severity(self) -> Severity:
        """How much a person should mind."""
        return _SEVERITIES.get(self.kind, Severity.WARNING)


def in_file_order(blemishes: tuple[Blemish, ...]) -> tuple[Blemish, ...]:
    """By file, line and kind, which is the order in which somebody reads the file again."""
    return tuple(sorted(blemishes, key=lambda one: (one.file, one.line, one.kind, one.found)))
