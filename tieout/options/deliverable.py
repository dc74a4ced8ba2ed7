"""What one contract delivers: securities and cash. Known from the contract, or not known: never 100 shares by habit.

Source: OCC By-Laws, Article VI section 11A (adjustments). After a split, merger or special dividend a contract may
deliver other shares, several securities, or shares and cash; its root then ends in a digit. The price paid is always
strike × multiplier, whatever is delivered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tieout.errors import DataError, Malformed
from tieout.instruments import Instrument
from tieout.money import ZERO, exact
from tieout.options.osi import OptionRight, parse_osi
from tieout.options.products import product_of

_CASH = frozenset({"USD", "CASH"})


@dataclass(frozen=True, slots=True)
class Part:
    """One security of a deliverable.

    units    per contract, above zero
    """

    symbol: str
    units: Decimal


@dataclass(frozen=True, slots=True)
class Deliverable:
    """What one contract delivers.

    parts    securities; none for a contract that is settled in cash
    cash     currency per contract that goes with them, mostly zero
    """

    parts: tuple[Part, ...]
    cash: Decimal = ZERO

    def __post_init__(self) -> None:
        if any(one.units <= 0 for one in self.parts):
            raise ValueError(f"a deliverable counts its units up from zero: {self.parts}")

    def worth(self, prices: Mapping[str, Decimal]) -> Decimal | None:
        """What is delivered, currency per contract; None where a price is missing."""
        if any(one.symbol not in prices for one in self.parts):
            return None
        return sum((one.units * prices[one.symbol] for one in self.parts), self.cash)


def standard(contract: Instrument) -> Deliverable:
    """`multiplier` units of the underlying, or nothing where cash is settled."""
    kind = product_of(contract)
    return Deliverable((Part(kind.underlying, contract.multiplier),) if kind.is_physical else ())


def deliverable_of(contract: Instrument, stated: Sequence[str] = ()) -> Deliverable:
    """What a contract delivers.

    stated    the venue's own list, each `UNITS SYMBOL` (`brokers.base.Contract.deliverables`); empty where it has none
    raises    DataError where it is not known: an adjusted contract without a list, or a list that cannot be read
    """
    if stated:
        return _read(contract, stated)
    if parse_osi(contract.symbol).is_adjusted:
        raise DataError(f"{contract.symbol} is an adjusted contract, and the venue does not say what it delivers")
    return standard(contract)


def exercise_money(contract: Instrument) -> Decimal:
    """What exercise of one contract costs, currency: strike × multiplier."""
    if contract.strike is None:
        raise DataError(f"{contract.symbol} has no strike")
    return contract.strike * contract.multiplier


def gain(contract: Instrument, worth: Decimal) -> Decimal:
    """What exercise of one contract brings at a worth of what it delivers; below zero out of the money."""
    difference = worth - exercise_money(contract)
    return difference if contract.option_right is OptionRight.CALL else -difference


def _read(contract: Instrument, stated: Sequence[str]) -> Deliverable:
    parts: dict[str, Decimal] = {}
    for text in stated:
        amount, _, symbol = text.strip().partition(" ")
        try:
            units = exact(amount, "deliverable")
        except Malformed as error:
            raise DataError(f"{contract.symbol}: the venue's deliverable {text!r} cannot be read") from error
        if units <= 0 or not symbol.strip():
            raise DataError(f"{contract.symbol}: the venue's deliverable {text!r} cannot be read")
        parts[symbol.strip()] = parts.get(symbol.strip(), ZERO) + units
    cash = sum((units for symbol, units in parts.items() if symbol in _CASH), ZERO)
    return Deliverable(tuple(Part(symbol, units) for symbol, units in parts.items() if symbol not in _CASH), cash)
