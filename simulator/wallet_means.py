"""Whether an account with wallets can pay for an order, and what its wallets have free."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from simulator.clock import SimulatedClock
from simulator.holdings import Holding
from simulator.market import Market
from simulator.means import Means
from simulator.orders import Role, WorkingOrder
from simulator.valuation import Valuation
from simulator.wallets import CoinOrder, WalletBooks, WalletTerms
from tieout.errors import InsufficientFunds
from tieout.hedge import contract_key
from tieout.instruments import AssetClass, Instrument
from tieout.ledger.trades import notional
from tieout.money import ZERO
from tieout.orders import Order, Side

_BROKER = "simulator"


class WalletMeans(Means):
    """What each wallet holds, less what live orders and open contracts bind in it."""

    def __init__(self, terms: WalletTerms, books: WalletBooks, market: Market, clock: SimulatedClock) -> None:
        super().__init__(terms, books, market, clock)
        self._wallets = books

    def valued(self) -> Valuation:
        """The books at the market's present prices."""
        return WalletValuation(self._terms, self._wallets, self._market, self._clock.now)

    def require(self, order: Order, role: Role, live: Iterable[WorkingOrder]) -> None:
        """Refuse what a wallet cannot pay for. Raises InsufficientFunds."""
        coin, needed = self.binds(order, order.quantity)
        free = self.free(coin, live)
        if needed > free:
            raise InsufficientFunds(_BROKER, f"{order.instrument.symbol}: {needed} {coin} needed, {free} to spend")

    def reserved(self, live: Iterable[WorkingOrder]) -> Decimal:
        """What live orders bind in the base currency's wallet."""
        return self.locked(self._terms.base_currency, live)

    def available(self, part: Order, live: Iterable[WorkingOrder]) -> Decimal:
        """Coins of a pair that are free to sell."""
        return self.free(part.instrument.underlying or "", live)

    def free(self, coin: str, live: Iterable[WorkingOrder]) -> Decimal:
        """What a wallet has to spend; unrealised profit counts for contracts' margin."""
        return self._wallets.cash.traded(coin) + self.unrealised(coin) - self.locked(coin, live) - self.margin(coin)

    def locked(self, coin: str, live: Iterable[WorkingOrder]) -> Decimal:
        """What live orders bind in one wallet."""
        bound = (self.binds(one.order, one.remaining) for one in live if not one.waiting)
        return sum((amount for name, amount in bound if name == coin), ZERO)

    def margin(self, coin: str) -> Decimal:
        """What open contracts that pay in a coin bind in its wallet."""
        held = (one.held for one in self._wallets.legs if one.held.instrument.profit_currency == coin)
        return sum((self.initial_margin(one) for one in held), ZERO)

    def initial_margin(self, held: Holding) -> Decimal:
        """What one position binds, in the coin that it pays in."""
        return abs(self.worth(held.instrument, held.quantity)) / self.leverage(held.instrument)

    def unrealised(self, coin: str) -> Decimal:
        """Profit of open contracts that pay in a coin."""
        held = (one.held for one in self._wallets.legs if one.held.instrument.profit_currency == coin)
        return sum((self.profit(one) for one in held), ZERO)

    def profit(self, held: Holding) -> Decimal:
        """What closing a position now would pay, before fees, in the coin that it pays in."""
        return self.worth(held.instrument, held.quantity) - held.cost_basis

    def worth(self, instrument: Instrument, units: Decimal) -> Decimal:
        """Signed notional at the present price, in the coin that the contract pays in."""
        return notional(instrument, units, self._market.price(instrument, self._clock.now).price)

    def leverage(self, instrument: Instrument) -> Decimal:
        """What the owner has set for a contract, the account's where nothing was."""
        return self._wallets.modes.leverage.get(contract_key(instrument.symbol), self._terms.leverage)

    def binds(self, order: Order, units: Decimal) -> tuple[str, Decimal]:
        """The wallet that an order draws on, and how much of it."""
        instrument = order.instrument
        quote = self._market.quote(instrument, self._clock.now)
        price = order.limit_price or order.stop_price or (quote.ask if order.side is Side.BUY else quote.bid)
        if instrument.asset_class is AssetClass.CRYPTO:
            if order.side is Side.SELL:
                return instrument.underlying or "", units
            return instrument.currency, instrument.value(units, price)
        opens = self._opens(order, units)
        return instrument.profit_currency, abs(notional(instrument, opens, price)) / self.leverage(instrument)

    def _opens(self, order: Order, units: Decimal) -> Decimal:
        """Contracts that would add to a position rather than close one."""
        if isinstance(order, CoinOrder) and order.reduce_only:
            return ZERO
        against = -self._wallets.units(order.instrument) * order.side.sign
        return max(units - max(against, ZERO), ZERO)


class WalletValuation(Valuation):
    """Wallets at the market's prices of one moment; contracts count with their profit alone."""

    def _value(self, held: Holding) -> Decimal:
        instrument = held.instrument
        worth = notional(instrument, held.quantity, self._market.price(instrument, self._now).price)
        return (worth - held.cost_basis) * self._rate(instrument.profit_currency)

    def _bound(self, held: Holding) -> Decimal:
        instrument = held.instrument
        worth = notional(instrument, held.quantity, self._market.price(instrument, self._now).price)
        return abs(worth) * self._rate(instrument.profit_currency)
