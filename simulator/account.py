"""One account at the simulated broker: what it is told, and what it shows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from simulator.books import Books
from simulator.clock import SimulatedClock
from simulator.holdings import Holding, Pending
from simulator.hours import next_close
from simulator.ids import venue_uuid
from simulator.margin import require_valid
from simulator.market import Market
from simulator.matching import AT_ONCE, match
from simulator.orders import WorkingOrder
from simulator.terms import AccountTerms, CashBasis
from simulator.valuation import Valuation
from tieout.accounts import Mode
from tieout.errors import DuplicateOrder, InsufficientFunds, InvalidOrder, MarketClosed, NotFound, Rejected
from tieout.ids import ActivityId, BrokerOrderId, ClientOrderId
from tieout.instruments import AssetClass, Instrument
from tieout.money import ZERO
from tieout.orders import Order, OrderReport, OrderState, OrderType, Side, TimeInForce
from tieout.records import Activity, ActivityKind, Execution
from tieout.sessions import Sessions
from tieout.snapshots import Balance, Position

_BROKER = "simulator"
_NOT_LATE = timedelta(0)


class SimulatedAccount:
    """The broker's own truth about one account.

    Orders, positions and cash change at once; executions and activities are shown from their `visible_at` on, so that a
    record can come late. `executions` is what the broker shows when asked; `heard` is what it told the desk by itself.
    """

    def __init__(self, terms: AccountTerms, clock: SimulatedClock, market: Market, sessions: Sessions) -> None:
        self.terms = terms
        self.books = Books(terms, clock, sessions)
        self._clock = clock
        self._market = market
        self._orders: list[WorkingOrder] = []
        self._by_client_id: dict[str, WorkingOrder] = {}
        self._updates: list[OrderReport] = []

    # What it is

    @property
    def account_number(self) -> str:
        return self.terms.account_number

    @property
    def key_id(self) -> str:
        return self.terms.key_id

    @property
    def secret(self) -> str:
        return self.terms.secret

    @property
    def mode(self) -> Mode:
        return self.terms.mode

    @property
    def base_currency(self) -> str:
        return self.terms.base_currency

    @property
    def cash_basis(self) -> CashBasis:
        return self.terms.cash_basis

    # What it shows

    @property
    def revision(self) -> int:
        """Grows with every change: two readings of the same revision read the same account."""
        return self.books.revision + len(self._updates)

    def positions(self) -> tuple[Position, ...]:
        """Everything held, by symbol, at the market's present prices."""
        return self._valued().positions()

    def balances(self) -> tuple[Balance, ...]:
        """Cash by currency, on the account's basis; equity and buying power on the base currency's row, the first."""
        return self._valued().balances(self._reserved())

    def orders(self, states: Collection[OrderState] | None = None) -> tuple[OrderReport, ...]:
        """Orders as they stand, oldest first; all, or those in one of `states`."""
        return tuple(one.report() for one in self._orders if states is None or one.state in states)

    def order(self, client_order_id: str) -> OrderReport | None:
        """One order, None where there is none."""
        working = self._by_client_id.get(client_order_id)
        return None if working is None else working.report()

    @property
    def executions(self) -> list[Execution]:
        """What the broker shows now, oldest first."""
        return list(self.books.executions.visible(self._clock.now))

    @property
    def activities(self) -> list[Activity]:
        """What the broker shows now, oldest first."""
        return list(self.books.activities.visible(self._clock.now))

    @property
    def heard(self) -> list[Execution]:
        """Executions the desk was told of by now: not those by another hand, nor those whose report was lost."""
        return list(self.books.executions.heard(self._clock.now))

    @property
    def updates(self) -> tuple[OrderReport, ...]:
        """Every change of every order, in order."""
        return tuple(self._updates)

    @property
    def holdings(self) -> Mapping[str, Holding]:
        """What is held, by symbol."""
        return self.books.holdings

    @property
    def pending(self) -> tuple[Pending, ...]:
        """Money agreed and not paid yet."""
        return self.books.cash.pending

    @property
    def live(self) -> tuple[WorkingOrder, ...]:
        """Orders that may still trade."""
        return tuple(one for one in self._orders if one.state.is_live)

    def listed(self, symbol: str) -> Instrument:
        """The instrument behind a canonical symbol; NotTradable where it is not listed."""
        return self._market.listing(symbol).instrument

    # What it is told

    def open_with(
        self, cash: Mapping[str, Decimal], positions: Iterable[tuple[Instrument, Decimal, Decimal]] = ()
    ) -> None:
        """What the account holds before the story begins: settled cash, and (instrument, signed units, price paid)."""
        today = self.books.today
        for currency, amount in cash.items():
            self.books.cash.post(currency, amount, today, today)
        for instrument, quantity, price in positions:
            self._market.listing(instrument)
            self.books.move(instrument, quantity, price)
        self.books.revision += 1

    def submit(self, order: Order, *, heard: bool = True, late: timedelta = _NOT_LATE) -> OrderReport:
        """Take an order, and fill what fills at once.

        heard    False where the desk shall never be told of the fills: the report is lost
        late     how long after a fill the broker's records show it
        raises   a leaf of Rejected; then there is no such order
        """
        working = self._accept(order, heard=heard, late=late)
        return working.report()

    def trade_by_hand(self, instrument: Instrument, side: Side, quantity: Decimal) -> OrderReport:
        """A market order placed in the broker's own app: its client order id is the app's, and the desk never hears."""
        app_id = ClientOrderId(venue_uuid(self.account_number, "app", len(self._orders)))
        order = Order(app_id, instrument, side, quantity, OrderType.MARKET, TimeInForce.DAY)
        return self.submit(order, heard=False)

    def replace(self, client_order_id: str, order: Order) -> OrderReport:
        """Put another order in place of a live one; what was filled stays filled, `order` counts from zero.

        raises   NotFound, InvalidOrder where the order is not live any more, and whatever `submit` raises
        """
        old = self._live(client_order_id)
        before = old.state
        old.state = OrderState.REPLACED  # what it reserved is free for the new one
        try:
            new = self._accept(order, heard=old.heard, late=old.late, replaces=old.broker_order_id)
        except Rejected:
            old.state = before
            raise
        old.replaced_by = new.broker_order_id
        self._end(old, OrderState.REPLACED, self._clock.now)
        return new.report()

    def cancel(self, client_order_id: str) -> OrderReport:
        """End a live order; NotFound, or InvalidOrder where it is not live any more."""
        working = self._live(client_order_id)
        self._end(working, OrderState.CANCELLED, self._clock.now)
        return working.report()

    def deposit(self, amount: Decimal, currency: str | None = None) -> Activity:
        """Cash in, or out where negative."""
        return self.books.post(
            Activity(
                activity_id=ActivityId(""),
                kind=ActivityKind.TRANSFER,
                occurred_at=self._clock.now,
                amount=amount,
                currency=currency or self.base_currency,
                venue_kind="CSD" if amount > 0 else "CSW",
                description="cash transfer",
            )
        )

    # What the venue does with its orders

    def match(self) -> None:
        """Let every live order meet the present tick of its instrument, once."""
        for working in self.live:
            self._meet(working, resting=True)

    def expire(self) -> None:
        """End the day orders whose session is over."""
        for working in self.live:
            if working.expires_at is not None and working.expires_at <= self._clock.now:
                self._end(working, OrderState.EXPIRED, working.expires_at)

    def cancel_all(self, instrument: Instrument) -> None:
        """End every live order of one instrument, as venues do on a split."""
        for working in self.live:
            if working.order.instrument.symbol == instrument.symbol:
                self._end(working, OrderState.CANCELLED, self._clock.now)

    def _accept(
        self, order: Order, *, heard: bool, late: timedelta, replaces: BrokerOrderId | None = None
    ) -> WorkingOrder:
        if order.client_order_id in self._by_client_id:
            raise DuplicateOrder(_BROKER, f"client order id {order.client_order_id} was used before")
        listing, now = self._market.listing(order.instrument), self._clock.now
        require_valid(order, listing)
        if order.time_in_force in AT_ONCE and not self._market.is_open(order.instrument, now):
            raise MarketClosed(_BROKER, f"{order.instrument.symbol} does not trade now")
        self._require_means(order)
        working = WorkingOrder(
            order=order,
            broker_order_id=BrokerOrderId(venue_uuid(self.account_number, "order", len(self._orders))),
            submitted_at=now,
            updated_at=now,
            expires_at=next_close(listing.sessions, now) if order.time_in_force is TimeInForce.DAY else None,
            heard=heard,
            late=late,
            replaces=replaces,
        )
        self._orders.append(working)
        self._by_client_id[order.client_order_id] = working
        self._updates.append(working.report())
        self._meet(working, resting=False)
        if working.state.is_live and order.time_in_force in AT_ONCE:
            self._end(working, OrderState.CANCELLED, now)
        return working

    def _require_means(self, order: Order) -> None:
        name = order.instrument.symbol
        if order.side is Side.SELL and not self._may_short(order.instrument):
            selling = [o for o in self.live if o.order.instrument.symbol == name and o.order.side is Side.SELL]
            available = self.books.units(order.instrument) - sum((one.remaining for one in selling), ZERO)
            if order.quantity > available:
                raise InsufficientFunds(_BROKER, f"{name}: {order.quantity} to sell, {available} available")
        needed = self._valued().needed(order, order.quantity)
        power = self._valued().buying_power(self._reserved())
        if needed > power:
            raise InsufficientFunds(_BROKER, f"{name}: {needed} {self.base_currency} needed, {power} to spend")

    def _may_short(self, instrument: Instrument) -> bool:
        spot_coin = instrument.asset_class is AssetClass.CRYPTO
        return self.terms.shorting and not spot_coin and self._market.listing(instrument).shortable

    def _reserved(self) -> Decimal:
        valued = self._valued()
        return sum((valued.needed(one.order, one.remaining) for one in self.live), ZERO)

    def _valued(self) -> Valuation:
        return Valuation(self.terms, self.books, self._market, self._clock.now)

    def _meet(self, working: WorkingOrder, *, resting: bool) -> None:
        instrument, now = working.order.instrument, self._clock.now
        if not self._market.is_open(instrument, now):
            return
        quote = self._market.quote(instrument, now)
        if working.last_tick == quote.at:
            return
        working.last_tick = quote.at
        fill = match(working, quote, self._market.listing(instrument).depth, resting=resting)
        if fill is not None:
            working.filled(fill.quantity, fill.price, now)
            self.books.trade(working, fill)
            self._updates.append(working.report())

    def _live(self, client_order_id: str) -> WorkingOrder:
        working = self._by_client_id.get(client_order_id)
        if working is None:
            raise NotFound(_BROKER, f"there is no order {client_order_id}")
        if not working.state.is_live:
            raise InvalidOrder(_BROKER, f"order {client_order_id} is {working.state} already")
        return working

    def _end(self, working: WorkingOrder, state: OrderState, moment: datetime) -> None:
        working.ended(state, moment)
        self._updates.append(working.report())
