"""How many contracts strangers exercise before the expiration. What they do decides who is assigned early.

Three reasons, each a comparison of what exercise wins tonight with the time value that it gives up:

dividend    a call on the eve of the ex-date, where the dividend is more than the time value (Hull, Options, Futures
            and Other Derivatives: the only night on which exercising a call early can pay)
interest    a put whose time value, and a dividend that would lower the share tomorrow, are less than the interest that
            the strike would earn until the expiration
discount    an option whose bid is below its intrinsic value: exercise brings more than a sale
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from simulator.contracts import ContractTerms, Style
from tieout.money import ZERO
from tieout.options.osi import OptionRight

RATE = Decimal("0.04")  # yearly, on what a put's strike brings
ON_DIVIDEND = Decimal("0.95")  # of the holders; a few forget (Pool, Stoll, Whaley 2008)
ON_INTEREST = Decimal("0.30")  # a night; not every holder looks every night
ON_DISCOUNT = Decimal("0.02")  # a night; most sell a little below the intrinsic value instead


@dataclass(frozen=True, slots=True)
class Evening:
    """A series at the close of a session before its last.

    worth      of what one contract delivers, currency
    price      of one contract, currency
    bid        the same at which a holder could sell
    dividend   what one contract's deliverable pays whoever holds it tonight, currency
    years      until the expiration
    """

    terms: ContractTerms
    worth: Decimal
    price: Decimal
    bid: Decimal
    dividend: Decimal
    years: Decimal


def exercised_early(longs: int, evening: Evening) -> int:
    """Of so many contracts of strangers, those they exercise tonight."""
    share = _share(evening)
    return int((longs * share).to_integral_value(ROUND_HALF_EVEN))


def _share(evening: Evening) -> Decimal:
    terms, gain = evening.terms, evening.terms.gain(evening.worth)
    if terms.style is Style.EUROPEAN or gain <= 0:
        return ZERO
    time_value = evening.price - gain
    if terms.right is OptionRight.CALL and evening.dividend > max(time_value, ZERO):
        return ON_DIVIDEND
    interest = terms.exercise_money * RATE * evening.years
    if terms.right is OptionRight.PUT and time_value + evening.dividend < interest:
        return ON_INTEREST
    return ON_DISCOUNT if evening.bid < gain else ZERO
