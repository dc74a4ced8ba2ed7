"""What an option contract delivers, and how it is settled: the exchange's terms, which no symbol states in full.

Sources: the OCC's Characteristics and Risks of Standardized Options (deliverables, adjusted contracts); the exchanges'
product specifications for SPX, NDX, RUT and VIX and their weekly roots (style, settlement, which price decides).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from tieout.instruments import Instrument, equity
from tieout.money import ZERO
from tieout.options.osi import OptionRight


class Style(StrEnum):
    """When the holder may exercise: on any day, or at the expiration only."""

    AMERICAN = "american"
    EUROPEAN = "european"


class Settled(StrEnum):
    """What changes hands: the deliverable against the strike, or the difference in cash."""

    PHYSICAL = "physical"
    CASH = "cash"


class DecidedBy(StrEnum):
    """The price that decides at expiration: the official close (PM), or the special opening quotation (AM)."""

    CLOSE = "close"
    OPENING = "opening"


@dataclass(frozen=True, slots=True)
class Deliverable:
    """Units of one security that one contract delivers."""

    instrument: Instrument
    units: Decimal


@dataclass(frozen=True, slots=True)
class ContractTerms:
    """The terms of one series.

    securities    what one contract delivers; of an index contract, what its value is counted on
    cash          currency that one contract delivers besides, zero unless it was adjusted
    """

    contract: Instrument
    securities: tuple[Deliverable, ...]
    cash: Decimal = ZERO
    style: Style = Style.AMERICAN
    settled: Settled = Settled.PHYSICAL
    decided_by: DecidedBy = DecidedBy.CLOSE

    @property
    def right(self) -> OptionRight:
        """Call or put. Raises ValueError for what is no option."""
        if self.contract.option_right is None:
            raise ValueError(f"{self.contract.symbol} is no option")
        return self.contract.option_right

    @property
    def exercise_money(self) -> Decimal:
        """What exercising one contract costs (call) or brings (put), currency: strike × multiplier."""
        return (self.contract.strike or ZERO) * self.contract.multiplier

    @property
    def is_adjusted(self) -> bool:
        """Whether it delivers anything but `multiplier` units of one security."""
        return self.cash != 0 or [part.units for part in self.securities] != [self.contract.multiplier]

    def worth(self, price_of: Callable[[Instrument], Decimal]) -> Decimal:
        """Value of what one contract delivers at these prices, currency."""
        return self.cash + sum((part.units * price_of(part.instrument) for part in self.securities), ZERO)

    def gain(self, worth: Decimal) -> Decimal:
        """What exercising one contract would win, below zero where it is out of the money, currency."""
        ahead = worth - self.exercise_money
        return ahead if self.right is OptionRight.CALL else -ahead


@dataclass(frozen=True, slots=True)
class IndexRoot:
    """An index option's root: the index, and which price decides."""

    index: str
    decided_by: DecidedBy


INDEX_ROOTS: Mapping[str, IndexRoot] = {
    "SPX": IndexRoot("SPX", DecidedBy.OPENING),
    "SPXW": IndexRoot("SPX", DecidedBy.CLOSE),
    "NDX": IndexRoot("NDX", DecidedBy.OPENING),
    "NDXP": IndexRoot("NDX", DecidedBy.CLOSE),
    "RUT": IndexRoot("RUT", DecidedBy.OPENING),
    "RUTW": IndexRoot("RUT", DecidedBy.CLOSE),
    "VIX": IndexRoot("VIX", DecidedBy.OPENING),
    "VIXW": IndexRoot("VIX", DecidedBy.OPENING),
}
"""Cash-settled European index options; shares of funds on them (SPY, QQQ, IWM) are American and deliver shares."""


def standard_terms(contract: Instrument) -> ContractTerms:
    """The terms of a contract that was never adjusted: by its root an index option, otherwise one on shares."""
    root = INDEX_ROOTS.get(contract.symbol[:6].strip())
    if root is None:
        return ContractTerms(contract, (Deliverable(equity(contract.underlying or ""), contract.multiplier),))
    counted_on = Deliverable(equity(root.index), contract.multiplier)
    return ContractTerms(contract, (counted_on,), ZERO, Style.EUROPEAN, Settled.CASH, root.decided_by)
