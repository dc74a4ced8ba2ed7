"""Which expiring positions a broker closes before the bell, because the account could not carry what would follow.

Source: Alpaca's support page on positions liquidated on expiration day: in the money or close to it, and not enough
buying power or shares for the exercise or assignment. What its page leaves open is decided here: everything of one
underlying that would be exercised or assigned is looked at together, so that the legs of a spread pay for each other,
and is closed together, shorts before longs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from simulator.contracts import ContractTerms
from tieout.money import ZERO
from tieout.options.osi import OptionRight


@dataclass(frozen=True, slots=True)
class Expiring:
    """A position that ends today and delivers shares.

    held    signed contracts
    worth   of what one contract delivers, currency
    bound   buying power that the position binds until then, base currency
    """

    terms: ContractTerms
    held: Decimal
    worth: Decimal
    bound: Decimal = ZERO


def underfunded(
    positions: Sequence[Expiring], shares: Mapping[str, Decimal], power: Decimal, near: Decimal
) -> tuple[Expiring, ...]:
    """Positions to close, in the order in which to close them.

    shares   free to be delivered, by symbol: held, and not cover for calls that expire later
    power    buying power, base currency
    near     part of the strike within which a contract counts as in the money
    """
    groups: dict[str, list[Expiring]] = defaultdict(list)
    for one in positions:
        if one.terms.gain(one.worth) >= -near * one.terms.exercise_money:
            groups[one.terms.securities[0].instrument.symbol].append(one)
    closed: list[Expiring] = []
    for _, group in sorted(groups.items()):
        units, money = _moved(group)
        needed = -money - sum((one.bound for one in group), ZERO)
        enough = all(shares.get(symbol, ZERO) + change >= 0 for symbol, change in units.items() if change < 0)
        if enough and needed <= power:
            power -= max(needed, ZERO)
        else:
            closed += sorted(group, key=lambda one: one.held)
    return tuple(closed)


def _moved(group: Sequence[Expiring]) -> tuple[dict[str, Decimal], Decimal]:
    """Signed units by symbol and money that come in when all of it is exercised and assigned."""
    units: dict[str, Decimal] = defaultdict(Decimal)
    money = ZERO
    for one in group:
        received = one.held if one.terms.right is OptionRight.CALL else -one.held
        money += received * (one.terms.cash - one.terms.exercise_money)
        for part in one.terms.securities:
            units[part.instrument.symbol] += received * part.units
    return units, money
