"""One option series on one evening: who holds it, what it is worth, and whether it ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from simulator.account import SimulatedAccount
from simulator.contracts import ContractTerms
from simulator.exercise import is_in_the_money
from simulator.market import Market
from tieout.instruments import AssetClass
from tieout.money import ZERO
from tieout.options.osi import OptionRight


@dataclass(frozen=True, slots=True)
class Series:
    """A series that some account of the venue holds.

    held       signed contracts by account number, none of them zero
    worth      of what one contract delivers at the price that decides, currency
    expiring   whether this is its last evening, or one after it
    """

    terms: ContractTerms
    held: Mapping[str, Decimal]
    worth: Decimal
    expiring: bool

    @property
    def symbol(self) -> str:
        return self.terms.contract.symbol

    @property
    def in_the_money(self) -> bool:
        """Whether exercise by exception would take it at this price."""
        return is_in_the_money(self.terms, self.worth)

    def side(self, sign: int) -> dict[str, int]:
        """Contracts by account of those that are long (1) or short (-1), counted positive."""
        return {number: int(abs(units)) for number, units in self.held.items() if units * sign > 0}


def series_held(accounts: Iterable[SimulatedAccount], market: Market, day: date) -> Iterator[Series]:
    """Every series the accounts hold at the close of `day`, by symbol."""
    held: dict[str, dict[str, Decimal]] = {}
    for account in accounts:
        for one in account.holdings.values():
            if one.instrument.asset_class is AssetClass.OPTION:
                held.setdefault(one.instrument.symbol, {})[account.account_number] = one.quantity
    for symbol, by_account in sorted(held.items()):
        terms, last = market.terms(symbol), market.last_session(symbol)
        yield Series(terms, by_account, market.official_worth(terms, min(day, last)), expiring=last <= day)


def cover(account: SimulatedAccount, market: Market, ending: Iterable[str] = ()) -> dict[str, Decimal]:
    """Units by security that the account's short calls may have to deliver, series in `ending` left out."""
    left_out, bound = set(ending), dict[str, Decimal]()
    for held in account.holdings.values():
        if held.instrument.asset_class is not AssetClass.OPTION or held.quantity >= 0:
            continue
        terms = market.terms(held.instrument.symbol)
        if terms.right is OptionRight.PUT or held.instrument.symbol in left_out:
            continue
        for part in terms.securities:
            symbol = part.instrument.symbol
            bound[symbol] = bound.get(symbol, ZERO) - held.quantity * part.units
    return bound
