"""What a coin account holds and how it is set, as the faces show it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from simulator.account import SimulatedAccount
from simulator.protocols.coins.rules import CoinMarket, CoinMarkets
from simulator.venue import SimulatedVenue
from simulator.wallet_means import WalletMeans
from simulator.wallets import LegPosition, WalletBooks
from tieout.hedge import Leg, leg_of, whole
from tieout.instruments import Instrument
from tieout.money import ZERO
from tieout.records import Execution


@dataclass(frozen=True, slots=True)
class Wallet:
    """One coin of an account.

    total         what is there
    locked        of it bound by live spot orders
    margin        bound by contracts that pay in it
    order_margin  bound by live orders of such contracts
    unrealised    profit of such contracts
    """

    coin: str
    total: Decimal
    locked: Decimal
    margin: Decimal
    order_margin: Decimal
    unrealised: Decimal

    @property
    def equity(self) -> Decimal:
        return self.total + self.unrealised

    @property
    def free(self) -> Decimal:
        """What may be spent on anything."""
        return max(self.equity - self.locked - self.margin - self.order_margin, ZERO)


@dataclass(frozen=True, slots=True)
class ContractPosition:
    """One position, or one leg of it.

    quantity   signed contracts
    entry      average price of entry, quote currency
    mark       present price
    value      worth at entry, in what the contract pays in, counted positive
    profit     unrealised, in what the contract pays in
    margin     initial margin, in what the contract pays in
    since      when it was opened; `updated` when it last changed, UTC
    """

    market: CoinMarket
    leg: Leg | None
    quantity: Decimal
    entry: Decimal
    mark: Decimal
    value: Decimal
    profit: Decimal
    margin: Decimal
    leverage: Decimal
    since: datetime
    updated: datetime


def wallets(account: SimulatedAccount, markets: CoinMarkets) -> Iterator[Wallet]:
    """Coins that the venue trades or the account ever had, in the order of the alphabet."""
    for coin in sorted({*markets.coins(), *account.books.cash.currencies}):
        yield wallet(account, coin)


def wallet(account: SimulatedAccount, coin: str) -> Wallet:
    """One coin of an account."""
    means = _means(account)
    spot = [one for one in account.live if not one.order.instrument.is_margined]
    contracts = [one for one in account.live if one.order.instrument.is_margined]
    return Wallet(
        coin,
        account.books.cash.traded(coin),
        means.locked(coin, spot),
        means.margin(coin),
        means.locked(coin, contracts),
        means.unrealised(coin),
    )


def positions(venue: SimulatedVenue, account: SimulatedAccount, markets: CoinMarkets) -> list[ContractPosition]:
    """Everything held in contracts, by symbol and leg."""
    return [_position(venue, account, markets, one) for one in _books(account).legs]


def is_hedged(account: SimulatedAccount) -> bool:
    """Whether long and short of one contract stand side by side."""
    return _books(account).modes.hedged


def switch_mode(account: SimulatedAccount, *, hedged: bool) -> bool:
    """Set the position mode; False where positions or orders of contracts stand in the way."""
    books = _books(account)
    if books.legs or any(one.order.instrument.is_margined for one in account.live):
        return False
    books.modes.hedged = hedged
    return True


def leverage(account: SimulatedAccount, instrument: Instrument) -> Decimal:
    """What is set for a contract."""
    return _means(account).leverage(whole(instrument))


def set_leverage(account: SimulatedAccount, instrument: Instrument, times: Decimal) -> None:
    """Set the leverage of a contract."""
    _books(account).modes.leverage[instrument.symbol] = times


def is_isolated(account: SimulatedAccount, instrument: Instrument) -> bool:
    """Whether a contract is shown with a margin of its own."""
    return whole(instrument).symbol in _books(account).modes.isolated


def set_isolated(account: SimulatedAccount, instrument: Instrument, *, isolated: bool) -> None:
    """Show a contract with a margin of its own, or with that of all."""
    (set.add if isolated else set.discard)(_books(account).modes.isolated, instrument.symbol)


def is_maker(account: SimulatedAccount, execution: Execution) -> bool:
    """Whether the order had been waiting at its price."""
    return _books(account).is_maker(execution)


def realised(account: SimulatedAccount, execution: Execution) -> Decimal:
    """Profit that a trade realised, before its fee, in what the contract pays in."""
    return _books(account).realised.get(execution.execution_id, ZERO)


def _position(
    venue: SimulatedVenue, account: SimulatedAccount, markets: CoinMarkets, one: LegPosition
) -> ContractPosition:
    means, held = _means(account), one.held
    return ContractPosition(
        markets.behind(held.instrument),
        leg_of(held.instrument),
        held.quantity,
        held.average,
        venue.market.price(held.instrument, venue.clock.now).price,
        abs(held.cost_basis),
        means.profit(held),
        means.initial_margin(held),
        means.leverage(whole(held.instrument)),
        one.since,
        one.updated,
    )


def _means(account: SimulatedAccount) -> WalletMeans:
    if not isinstance(account.desk.means, WalletMeans):
        raise TypeError(f"account {account.account_number} has no wallets")
    return account.desk.means


def _books(account: SimulatedAccount) -> WalletBooks:
    if not isinstance(account.books, WalletBooks):
        raise TypeError(f"account {account.account_number} has no wallets")
    return account.books
