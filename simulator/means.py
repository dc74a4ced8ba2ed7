"""Whether an account can pay for an order, and has what it sells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal

from simulator.books import Books
from simulator.clock import SimulatedClock
from simulator.groups import twin_of
from simulator.market import Market
from simulator.orders import Role, WorkingOrder
from simulator.terms import AccountTerms
from simulator.valuation import Valuation
from tieout.errors import InsufficientFunds
from tieout.instruments import AssetClass, Instrument
from tieout.money import ZERO
from tieout.orders import Order, OrderType, Side

_BROKER = "simulator"


class Means:
    """Buying power and units of one account, less what its live orders bind."""

    def __init__(self, terms: AccountTerms, books: Books, market: Market, clock: SimulatedClock) -> None:
        self._terms = terms
        self._books = books
        self._market = market
        self._clock = clock

    def valued(self) -> Valuation:
        """The books at the market's present prices."""
        return Valuation(self._terms, self._books, self._market, self._clock.now)

    def require(self, order: Order, role: Role, live: Iterable[WorkingOrder]) -> None:
        """Refuse what cannot be paid for or is not there to sell. Raises InsufficientFunds."""
        binding = [one for one in live if _binds(one)]
        for part, units in _parts(order, order.quantity):
            if role is Role.TAKE_PROFIT or (part.side is Side.SELL and not self._may_short(part.instrument)):
                self._require_units(part, units, binding)
        if self._terms.wallets and order.instrument.asset_class is AssetClass.CRYPTO:
            if order.side is Side.BUY:
                self._require_money(order, binding)
            return
        needed = self._needed(order, order.quantity)
        power = self.valued().buying_power(self.reserved(binding))
        if needed > power:
            name, base = order.instrument.symbol, self._terms.base_currency
            raise InsufficientFunds(_BROKER, f"{name}: {needed} {base} needed, {power} to spend")

    def reserved(self, live: Iterable[WorkingOrder]) -> Decimal:
        """Exposure that live orders would add, base currency; spot orders of wallets bind those instead."""
        binding = (one for one in live if _binds(one))
        if self._terms.wallets:
            binding = (one for one in binding if one.order.instrument.asset_class is not AssetClass.CRYPTO)
        return sum((self._needed(one.order, one.remaining) for one in binding), ZERO)

    def _needed(self, order: Order, units: Decimal) -> Decimal:
        """Exposure that filling would add: of several legs each binds what it would bind alone."""
        valued = self.valued()
        return sum((valued.needed(part, count) for part, count in _parts(order, units)), ZERO)

    def available(self, part: Order, live: Iterable[WorkingOrder]) -> Decimal:
        """Units that an order of this side may close: what is held, less what other orders close already."""
        held = self._books.units(part.instrument) * -part.side.sign
        return held - sum((count for one in live if _binds(one) for count in _bound(one, part)), ZERO)

    def _require_units(self, part: Order, units: Decimal, live: Iterable[WorkingOrder]) -> None:
        available = self.available(part, live)
        if units > available:
            raise InsufficientFunds(_BROKER, f"{part.instrument.symbol}: {units} to {part.side}, {available} available")

    def _require_money(self, order: Order, live: Iterable[WorkingOrder]) -> None:
        """The wallet of the pair's money must hold what a spot purchase costs."""
        code = order.instrument.currency
        needed, free = self._cost(order, order.quantity), self._books.wallet(code) - self.locked(live).get(code, ZERO)
        if needed > free:
            raise InsufficientFunds(_BROKER, f"{order.instrument.symbol}: {needed} {code} needed, {free} to spend")

    def locked(self, live: Iterable[WorkingOrder]) -> dict[str, Decimal]:
        """What live spot orders bind of each wallet: money of purchases, coins of sales."""
        bound: dict[str, Decimal] = {}
        for one in live:
            order = one.order
            if order.instrument.asset_class is AssetClass.CRYPTO and _binds(one):
                buys = order.side is Side.BUY
                code = order.instrument.currency if buys else order.instrument.underlying or ""
                amount = self._cost(order, one.remaining) if buys else one.remaining
                bound[code] = bound.get(code, ZERO) + amount
        return bound

    def _cost(self, order: Order, units: Decimal) -> Decimal:
        """Money that units of a purchase take, in the pair's currency."""
        price = order.limit_price or order.stop_price
        return order.instrument.value(units, price or self._market.quote(order.instrument, self._clock.now).ask)

    def _may_short(self, instrument: Instrument) -> bool:
        spot_coin = instrument.asset_class is AssetClass.CRYPTO
        return self._terms.shorting and not spot_coin and self._market.listing(instrument).shortable


def _binds(working: WorkingOrder) -> bool:
    """Whether the order binds anything by itself: not before its turn, and of a pair of exits only one."""
    twin = twin_of(working)
    return not working.waiting and not (working.role is Role.STOP_LOSS and twin is not None and not twin.waiting)


def _bound(working: WorkingOrder, like: Order) -> Iterator[Decimal]:
    for part, units in _parts(working.order, working.remaining):
        if part.instrument.symbol == like.instrument.symbol and part.side is like.side:
            yield units


def _parts(order: Order, units: Decimal) -> list[tuple[Order, Decimal]]:
    """What is traded: the order itself, or each leg as an order at the market."""
    if not order.legs:
        return [(order, units)]
    alone = replace(order, legs=(), order_type=OrderType.MARKET, limit_price=None)
    return [(replace(alone, instrument=leg.instrument, side=leg.side), units * leg.ratio) for leg in order.legs]
