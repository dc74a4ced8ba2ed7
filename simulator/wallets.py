"""An account as coin venues keep it: a wallet per coin, and contracts held net or in two legs.

A spot trade moves two wallets and leaves no position behind. A contract moves the wallet of the coin it pays in, when
it is closed; one priced in dollars and paid in coin (inverse) is worth a fixed sum of dollars. In hedge mode a long and
a short of the same contract stand side by side.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from simulator.books import Books
from simulator.clock import SimulatedClock
from simulator.costs import ChargedIn, Commission
from simulator.holdings import Holding
from simulator.market import Market
from simulator.matching import Fill
from simulator.orders import WorkingOrder
from simulator.terms import AccountTerms
from tieout.instruments import AssetClass, Instrument
from tieout.ledger.trades import notional
from tieout.money import ZERO, rounded
from tieout.orders import Order, Side
from tieout.records import Execution
from tieout.sessions import Sessions

_BASIS_POINT = Decimal("0.0001")
_COIN = Decimal("0.00000001")


@dataclass(frozen=True, slots=True)
class CoinOrder(Order):
    """An order with what coin venues add.

    reduce_only   it may only make the position smaller
    post_only     it must not trade at once
    spends        money that a market order was asked to spend instead of units, quote currency
    """

    reduce_only: bool = False
    post_only: bool = False
    spends: Decimal | None = None


@dataclass(frozen=True, slots=True)
class WalletTerms(AccountTerms):
    """Terms of an account at a coin venue.

    fee_coin      the venue's own token that fees are taken in while there is enough of it; None: as the costs say
    fee_discount  part of the fee that paying in the token saves, 0.25 for a quarter
    """

    fee_coin: str | None = None
    fee_discount: Decimal = ZERO


@dataclass(slots=True)
class ContractModes:
    """What the owner has set for contracts.

    hedged      two legs instead of one net position
    leverage    by symbol; the account's where a symbol has none
    isolated    symbols whose margin stands alone; the others share it
    """

    hedged: bool = False
    leverage: dict[str, Decimal] = field(default_factory=dict)
    isolated: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class InverseHolding(Holding):
    """Contracts of fixed worth in the quote currency. `cost` is in coin: below zero for a long."""

    @property
    def average(self) -> Decimal:
        """Average entry price: what the same coins would have cost in one trade."""
        return -(self.quantity / self.cost).quantize(_COIN) if self.cost else ZERO

    def moved(self, quantity: Decimal, price: Decimal) -> Holding:
        """See `Holding.moved`."""
        return Holding.moved(self, quantity, -1 / price)


@dataclass(frozen=True, slots=True)
class LegPosition:
    """One position as a venue lists it; a leg is an instrument of its own.

    since    when it was opened; updated when it last changed, UTC
    """

    held: Holding
    since: datetime
    updated: datetime


class WalletBooks(Books):
    """Books whose coins are money.

    modes       what the owner has set for contracts
    realised    profit that each execution realised, in the coin the contract pays in
    """

    def __init__(self, terms: WalletTerms, clock: SimulatedClock, sessions: Sessions, market: Market) -> None:
        super().__init__(terms, clock, sessions)
        self._wallet_terms = terms
        self._market = market
        self.modes = ContractModes()
        self.realised: dict[str, Decimal] = {}
        self._legs: dict[str, LegPosition] = {}
        self._made: set[str] = set()

    @property
    def holdings(self) -> Mapping[str, Holding]:
        """Contracts held, by symbol and leg."""
        return {key: self._legs[key].held for key in sorted(self._legs)}

    @property
    def legs(self) -> tuple[LegPosition, ...]:
        """Positions, by symbol and leg."""
        return tuple(self._legs[key] for key in sorted(self._legs))

    def units(self, instrument: Instrument) -> Decimal:
        """Signed contracts held; of a spot pair the coins in the wallet."""
        if instrument.asset_class is AssetClass.CRYPTO:
            return self.cash.traded(instrument.underlying or "")
        return self._of(instrument).quantity

    def move(self, instrument: Instrument, quantity: Decimal, price: Decimal) -> None:
        """Change a wallet or a net position by signed units."""
        if instrument.asset_class is AssetClass.CRYPTO:
            self._pay(instrument.underlying or "", quantity)
            return
        self._place(self._of(instrument).moved(quantity, price))

    def trade(self, working: WorkingOrder, fill: Fill) -> Execution:
        """Book a fill, and note whether its order had been waiting."""
        execution = super().trade(working, fill)
        if fill.maker:
            self._made.add(execution.execution_id)
        return execution

    def is_maker(self, execution: Execution) -> bool:
        """Whether the order had been waiting at its price."""
        return execution.execution_id in self._made

    def _cost(self, instrument: Instrument, side: Side, fill: Fill) -> Commission:
        """The fee on one fill, in eight digits of the coin it is taken in."""
        costs = self._wallet_terms.costs
        rate = (costs.maker if fill.maker else costs.taker) * _BASIS_POINT
        money = abs(notional(instrument, fill.quantity, fill.price)) * rate
        tokens = self._tokens(money, instrument.profit_currency)
        if tokens:
            return Commission(tokens=tokens)
        spot = instrument.asset_class is AssetClass.CRYPTO
        if spot and costs.charged_in is ChargedIn.RECEIVED and side is Side.BUY:
            return Commission(coin=(fill.quantity * rate).quantize(_COIN, ROUND_HALF_UP))
        return Commission(money=money.quantize(_COIN, ROUND_HALF_UP))

    def _tokens(self, money: Decimal, currency: str) -> Decimal:
        """The fee in the venue's token, zero where it is not taken in it or there is not enough."""
        token = self._wallet_terms.fee_coin
        if token is None or not money:
            return ZERO
        worth = money * (1 - self._wallet_terms.fee_discount)
        tokens = (worth * self._market.rate(currency, token, self._clock.now)).quantize(_COIN, ROUND_HALF_UP)
        return tokens if tokens <= self.cash.traded(token) else ZERO

    def _paid_in(self, cost: Commission, instrument: Instrument) -> str:
        if cost.tokens:
            return self._wallet_terms.fee_coin or ""
        return (instrument.underlying if cost.coin else None) or instrument.profit_currency

    def _exchange(self, execution: Execution, cost: Commission) -> None:
        """Coin against coin, or the profit of a contract that was closed."""
        instrument = execution.instrument
        if cost.tokens:
            self._pay(execution.fee_currency, -cost.tokens)
        worth = notional(instrument, execution.signed_quantity, execution.price)
        if instrument.asset_class is AssetClass.CRYPTO:
            self._pay(instrument.underlying or "", execution.signed_quantity - cost.coin)
            self._pay(instrument.currency, -worth - cost.money)
            return
        before = self._of(instrument)
        after = before.moved(execution.signed_quantity, execution.price)
        profit = rounded(after.cost_basis - before.cost_basis - worth)
        self.realised[execution.execution_id] = profit
        self._place(after)
        self._pay(instrument.profit_currency, profit - cost.money)

    def _of(self, instrument: Instrument) -> Holding:
        found = self._legs.get(instrument.symbol)
        if found is not None:
            return found.held
        return InverseHolding(instrument) if instrument.is_inverse else Holding(instrument)

    def _place(self, held: Holding) -> None:
        key, now = held.instrument.symbol, self._clock.now
        before = self._legs.pop(key, None)
        if held.quantity:
            same_side = before is not None and before.held.quantity * held.quantity > 0
            since = before.since if before is not None and same_side else now
            self._legs[key] = LegPosition(held, since, now)
        self.revision += 1

    def _pay(self, coin: str, amount: Decimal) -> None:
        self.cash.post(coin, amount, self.today, self.today)
        self.revision += 1
