"""What ledger entries add up to: positions, cash by currency, what of it has settled, and profit. Pure views.

The same sums that the views `book_position` and `book_cash` of the warehouse make, for those who hold the entries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from typing import TypeVar

from tieout.ids import InstrumentId
from tieout.ledger.types import LedgerEntry
from tieout.money import WIDE, ZERO, rounded

KeyT = TypeVar("KeyT")


@dataclass(frozen=True, slots=True)
class BookPosition:
    """Units of one instrument by our own book.

    quantity        signed units, trade date
    settled         of these, units whose settlement date has come
    cost_basis      signed, currency, fees included; a notional for margined instruments
    realized_pnl    profit so far in the instrument's currency
    """

    instrument_id: InstrumentId
    currency: str
    quantity: Decimal
    settled: Decimal
    cost_basis: Decimal
    realized_pnl: Decimal

    @property
    def unsettled(self) -> Decimal:
        """Signed units that are agreed and not yet delivered."""
        return WIDE.subtract(self.quantity, self.settled)

    @property
    def unit_cost(self) -> Decimal | None:
        """Currency per unit held, 18 digits; None where nothing is held."""
        return rounded(WIDE.divide(self.cost_basis, self.quantity)) if self.quantity else None


@dataclass(frozen=True, slots=True)
class BookCash:
    """Money of one currency by our own book.

    amount          signed, trade date
    settled         of it, money whose settlement date has come
    realized_pnl    profit on cash legs: dividends, interest, fees that are no part of a cost
    """

    currency: str
    amount: Decimal
    settled: Decimal
    realized_pnl: Decimal

    @property
    def unsettled(self) -> Decimal:
        """Signed money that is agreed and not yet paid."""
        return WIDE.subtract(self.amount, self.settled)


def positions(entries: Iterable[LedgerEntry], as_of: date | None = None) -> dict[InstrumentId, BookPosition]:
    """Every instrument that still holds units or cost.

    as_of    counts entries of this business date and before, and what has settled by then; None counts and settles all
    """
    found = _sums(entries, as_of, lambda entry: entry.instrument_id)
    return {
        key: BookPosition(key, one.currency, one.quantity, one.settled, one.cost_basis, one.realized_pnl)
        for key, one in found.items()
        if one.quantity or one.cost_basis
    }


def cash(entries: Iterable[LedgerEntry], as_of: date | None = None) -> dict[str, BookCash]:
    """Money by currency; see `positions` for `as_of`."""
    found = _sums(entries, as_of, lambda entry: entry.currency if entry.instrument_id is None else None)
    return {key: BookCash(key, one.quantity, one.settled, one.realized_pnl) for key, one in found.items()}


def realized_pnl(entries: Iterable[LedgerEntry], as_of: date | None = None) -> dict[str, Decimal]:
    """Profit by the currency it was made in, whatever leg it stands on."""
    return {key: one.realized_pnl for key, one in _sums(entries, as_of, lambda entry: entry.currency).items()}


@dataclass(slots=True)
class _Sum:
    currency: str
    quantity: Decimal = ZERO
    settled: Decimal = ZERO
    cost_basis: Decimal = ZERO
    realized_pnl: Decimal = ZERO


def _sums(
    entries: Iterable[LedgerEntry], as_of: date | None, key_of: Callable[[LedgerEntry], KeyT | None]
) -> dict[KeyT, _Sum]:
    """Sums by key, exactly; entries without a key or after the date are left out."""
    found: dict[KeyT, _Sum] = {}
    with localcontext(WIDE):
        for entry in entries:
            key = key_of(entry)
            if key is None or (as_of is not None and entry.business_date > as_of):
                continue
            one = found.setdefault(key, _Sum(entry.currency))
            one.quantity += entry.quantity
            one.cost_basis += entry.cost_basis
            one.realized_pnl += entry.realized_pnl
            if as_of is None or entry.settles_on <= as_of:
                one.settled += entry.quantity
    return found
