"""How likely a position is to be exercised or assigned at expiration. Pure: a price and a strike in, a word out.

The OCC exercises by exception whatever is in the money by $0.01 a share at the official close (rule 805). Before the
close the price still moves: the band around the strike in which nobody can say grows with the square root of the
sessions that are left. Near the strike a short cannot know even after the close, for holders may instruct until their
cut-off.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from tieout.instruments import Instrument
from tieout.money import ZERO
from tieout.options.closes import Spot, all_official, high_prices, low_prices
from tieout.options.deliverable import Deliverable, exercise_money, gain
from tieout.options.products import product_of

BY_EXCEPTION = Decimal("0.01")  # currency per unit of the multiplier


class Likelihood(StrEnum):
    """Of exercise (long) or assignment (short)."""

    CERTAIN = "certain"
    LIKELY = "likely"
    PIN = "pin"  # so near the strike that it may go either way
    UNLIKELY = "unlikely"
    UNKNOWN = "unknown"  # no price, or nobody says what the contract delivers


COUNTS = frozenset({Likelihood.CERTAIN, Likelihood.LIKELY})
MAY_HAPPEN = COUNTS | {Likelihood.PIN}


@dataclass(frozen=True, slots=True)
class Bands:
    """How near the strike is near. Fractions of strike × multiplier.

    pin       on the expiration day before the close; times the root of one more than the sessions left before it
    closed    once the official close is known
    certain   so many bands away nothing is expected to change it any more
    """

    pin: Decimal = Decimal("0.005")
    closed: Decimal = Decimal("0.001")
    certain: Decimal = Decimal(3)


@dataclass(frozen=True, slots=True)
class Moneyness:
    """Where a contract stands.

    worth    of what one contract delivers, or of the index: currency per contract
    gain     what exercise of one contract brings, currency; below zero out of the money
    low, high    the same at the two ends of what is said of the price
    """

    worth: Decimal
    gain: Decimal
    low: Decimal
    high: Decimal
    official: bool


def moneyness(contract: Instrument, underlying: str, delivers: Deliverable, spots: dict[str, Spot]) -> Moneyness | None:
    """Where a contract stands at these prices; None where one of them is missing."""
    symbols = [one.symbol for one in delivers.parts] or [underlying]
    if any(symbol not in spots for symbol in symbols):
        return None
    ends = [_worth(contract, underlying, delivers, prices) for prices in (low_prices(spots), high_prices(spots))]
    gains = sorted(gain(contract, worth) for worth in ends)
    worth = sum(ends, ZERO) / 2
    return Moneyness(worth, gain(contract, worth), gains[0], gains[-1], all_official(spots, symbols))


def likelihood(
    contract: Instrument, contracts: Decimal, stands: Moneyness, sessions_left: int, bands: Bands
) -> Likelihood:
    """Of being exercised or assigned at expiration.

    contracts        signed, as held: a long decides for itself, and a cash settlement is nobody's decision
    sessions_left    sessions after today until the one that decides; zero on that day
    """
    decided = stands.official and (contracts > 0 or not product_of(contract).is_physical)
    band = ZERO if decided else _band(contract, stands, sessions_left, bands)
    found = {_at(contract, value, band, stands, bands) for value in (stands.low, stands.high)}
    if len(found) == 1:
        return found.pop()
    return Likelihood.LIKELY if found == COUNTS else Likelihood.PIN


def _at(contract: Instrument, value: Decimal, band: Decimal, stands: Moneyness, bands: Bands) -> Likelihood:
    least = BY_EXCEPTION * contract.multiplier
    if band and abs(value) <= band:
        return Likelihood.PIN
    if value < least:
        return Likelihood.UNLIKELY
    return Likelihood.CERTAIN if stands.official or value > band * bands.certain else Likelihood.LIKELY


def _band(contract: Instrument, stands: Moneyness, sessions_left: int, bands: Bands) -> Decimal:
    """Currency per contract."""
    money = exercise_money(contract)
    if stands.official:
        return bands.closed * money
    return bands.pin * money * Decimal(sessions_left + 1).sqrt()


def _worth(contract: Instrument, underlying: str, delivers: Deliverable, prices: dict[str, Decimal]) -> Decimal:
    """An index option delivers nothing: it is worth the index."""
    if not delivers.parts:
        return prices[underlying] * contract.multiplier
    worth = delivers.worth(prices)
    return delivers.cash if worth is None else worth
