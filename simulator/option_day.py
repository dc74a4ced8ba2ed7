"""The afternoon of an expiration day: what a broker sells and buys back for accounts that could not carry the rest."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from simulator.account import SimulatedAccount
from simulator.contracts import Settled
from simulator.holdings import Holding
from simulator.liquidation import Expiring, underfunded
from simulator.margin import exposure
from simulator.market import Market
from simulator.policy import OptionPolicy
from simulator.series import cover
from tieout.errors import Rejected
from tieout.instruments import AssetClass
from tieout.money import ZERO
from tieout.orders import Side


def liquidate(account: SimulatedAccount, market: Market, policy: OptionPolicy, day: date) -> None:
    """Close what `underfunded` names, at the market and as far as it is taken: a broker promises its best effort."""
    expiring = [one for held in account.holdings.values() if (one := _expiring(account, held, market, day)) is not None]
    if not expiring:
        return
    base = next(balance for balance in account.balances() if balance.currency == account.base_currency)
    shares = _free_shares(account, market, expiring)
    for one in underfunded(expiring, shares, base.buying_power or ZERO, policy.near):
        contract = one.terms.contract
        account.cancel_all(contract)
        side = Side.SELL if one.held > 0 else Side.BUY
        try:
            account.trade_by_hand(contract, side, abs(one.held))
        except Rejected:
            continue


def _expiring(account: SimulatedAccount, held: Holding, market: Market, day: date) -> Expiring | None:
    contract = held.instrument
    if contract.asset_class is not AssetClass.OPTION or market.last_session(contract) != day:
        return None
    terms, now = market.terms(contract), account.now
    if terms.settled is Settled.CASH:
        return None
    price = market.price(contract, now).price
    bound = exposure(contract, held.quantity, price, account.holdings) if held.quantity < 0 else ZERO
    return Expiring(terms, held.quantity, terms.worth(lambda one: market.price(one, now).price), bound)


def _free_shares(account: SimulatedAccount, market: Market, expiring: list[Expiring]) -> dict[str, Decimal]:
    bound = cover(account, market, [one.terms.contract.symbol for one in expiring])
    held = {symbol: one.quantity for symbol, one in account.holdings.items()}
    return {symbol: units - bound.get(symbol, ZERO) for symbol, units in held.items()}
