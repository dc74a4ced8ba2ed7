"""The broker's order desk for one account: takes orders, lets them meet the market, ends them, and tells of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from simulator.auctions import AUCTIONS, crosses, require_open_for_auction
from simulator.books import Books
from simulator.clock import SimulatedClock
from simulator.coin_orders import CoinOrder
from simulator.combination import match_combination, net_price
from simulator.extended import extended_end, is_extended
from simulator.fills import fill_of
from simulator.groups import as_worked, children_of, end_with, role_of, twin_of
from simulator.hours import next_close
from simulator.ids import venue_uuid
from simulator.margin import require_leg, require_valid, require_valid_leg
from simulator.market import Listing, Market, Pressure
from simulator.matching import AT_ONCE, Fill, marketable
from simulator.means import Means
from simulator.orders import Role, WorkingOrder
from simulator.terms import AccountTerms
from simulator.updates import ENDS, Change, Update
from tieout.errors import DuplicateOrder, InvalidOrder, MarketClosed, NotFound, NotTradable, Rejected
from tieout.ids import BrokerOrderId
from tieout.orders import Order, OrderState, Side, TimeInForce
from tieout.records import Execution

_BROKER = "simulator"


class Desk:
    """Orders of one account, those that came with others among them.

    hedge     whether contracts are held in two legs now; their owner may change it
    updates   every change of every order, in order
    """

    def __init__(self, terms: AccountTerms, books: Books, market: Market, clock: SimulatedClock) -> None:
        self._terms = terms
        self._books = books
        self._market = market
        self._clock = clock
        self.means = Means(terms, books, market, clock)
        self.hedge = terms.hedge
        self.orders: list[WorkingOrder] = []
        self.updates: list[Update] = []
        self._by_client_id: dict[str, WorkingOrder] = {}
        self._given = 0

    @property
    def live(self) -> tuple[WorkingOrder, ...]:
        """Orders that may still trade by themselves, exits that wait for their entry among them."""
        every = (one for order in self.orders for one in (order, *order.children))
        return tuple(one for one in every if one.state.is_live and one.role is not Role.LEG)

    def find(self, client_order_id: str) -> WorkingOrder | None:
        """An order by the customer's id, or the one the broker gave it."""
        return self._by_client_id.get(client_order_id)

    def by_broker_id(self, broker_order_id: str) -> WorkingOrder | None:
        """An order by the broker's id."""
        return next((one for one in self._by_client_id.values() if one.broker_order_id == broker_order_id), None)

    def accept(
        self, order: Order, *, heard: bool, late: timedelta, instead_of: WorkingOrder | None = None
    ) -> WorkingOrder:
        """Take an order, and fill what fills at once. Raises a leaf of Rejected; then there is no such order."""
        if order.client_order_id in self._by_client_id:
            raise DuplicateOrder(_BROKER, f"client order id {order.client_order_id} was used before")
        role = role_of(order)
        sent = as_worked(order, role)
        self._require_valid(sent)
        freed = () if instead_of is None else (*instead_of.exits, *instead_of.children)
        self.means.require(sent, role, [one for one in self.live if one not in freed])
        working = self._made(sent, role, heard, late)
        if instead_of is None:
            working.children = children_of(working)
            self.orders.append(working)
        else:
            self._succeed(instead_of, working)
        self._by_client_id |= {one.order.client_order_id: one for one in (working, *working.children)}
        self._tell(Change.PENDING_NEW, working)
        self._tell(Change.NEW, working)
        self.meet(working, resting=False)
        return working

    def cancel(self, working: WorkingOrder) -> None:
        """End a live order, once the request has reached the market: until then it may still trade."""
        latency, now = self._terms.profile.latency, self._clock.now
        delay = latency.drawn(latency.cancel, f"{self._terms.profile.seed}:cancel:{working.broker_order_id}")
        if delay:
            working.cancel_at = now + delay
        else:
            self.end(working, OrderState.CANCELLED, now)

    def replace(self, client_order_id: str, order: Order) -> WorkingOrder:
        """Put another order in place of a live one; what was filled stays filled, `order` counts from zero."""
        old = self.required(client_order_id)
        before = old.state
        old.state = OrderState.REPLACED  # what it reserved is free for the new one
        try:
            new = self.accept(order, heard=old.heard, late=old.late, instead_of=old)
        except Rejected:
            old.state = before
            raise
        old.replaced_by = new.broker_order_id
        self.end(old, OrderState.REPLACED, self._clock.now)
        return new

    def amend(self, working: WorkingOrder, order: Order) -> None:
        """Change a live order where it stands: its ids stay, what was filled stays filled, `order` counts all of it.

        raises   InsufficientFunds, InvalidOrder where nothing would be left to fill
        """
        if order.quantity <= working.filled_quantity:
            raise InvalidOrder(_BROKER, f"{working.filled_quantity} of {order.quantity} are filled already")
        self._require_valid(order)
        rest = replace(order, quantity=order.quantity - working.filled_quantity)
        self.means.require(rest, working.role, [one for one in self.live if one is not working])
        working.order, working.updated_at, working.last_tick = order, self._clock.now, None
        self._tell(Change.AMENDED, working)
        self.meet(working, resting=False)

    def required(self, client_order_id: str) -> WorkingOrder:
        """A live order; NotFound, or InvalidOrder where it is not live any more."""
        working = self._by_client_id.get(client_order_id)
        if working is None:
            raise NotFound(_BROKER, f"there is no order {client_order_id}")
        if not working.state.is_live:
            raise InvalidOrder(_BROKER, f"order {client_order_id} is {working.state} already")
        return working

    def end(self, working: WorkingOrder, state: OrderState, moment: datetime) -> None:
        """End an order, and what cannot go on without it."""
        with_it = () if state is OrderState.REPLACED else end_with(working)
        for one in (working, *with_it):
            one.ended(state, moment)
        for one in (working, *with_it):
            if one.role is not Role.LEG:
                self._tell(ENDS[state], one)

    def meet(self, working: WorkingOrder, *, resting: bool) -> None:
        """Let an order meet the present tick of what it trades, once; what must trade at once then ends."""
        if working.acts_from is not None and self._clock.now < working.acts_from:
            return
        if working.state.is_live and working.last_tick is None and self._would_take(working):
            self.end(working, OrderState.CANCELLED, self._clock.now)
        self._meet(working, resting=resting)
        if working.state.is_live and working.order.time_in_force in AT_ONCE:
            self.end(working, OrderState.CANCELLED, self._clock.now)

    def _meet(self, working: WorkingOrder, *, resting: bool) -> None:
        if working.waiting or not working.state.is_live or working.order.time_in_force in AUCTIONS:
            return
        if not all(self._trades(self._market.listing(one), working.order) for one in working.instruments):
            return
        quotes = {one.symbol: self._market.quote(one, self._clock.now) for one in working.instruments}
        tick = max(quote.at for quote in quotes.values())
        if working.last_tick == tick:
            return
        resting = resting and (working.acts_from is None or working.last_tick is not None)
        working.last_tick = tick
        depths = {one.symbol: self._market.listing(one).depth for one in working.instruments}
        if working.role is Role.COMBINATION:
            units, fills = match_combination(working, quotes, depths)
            if units:
                self._fill_legs(working, units, net_price(working.order.legs, quotes), fills)
            return
        instrument, profile = working.order.instrument, self._terms.profile
        quote, listing = quotes[instrument.symbol], self._market.listing(instrument)
        if (traded := fill_of(profile, working, quote, listing, resting=resting)) is not None:
            if traded.pressure:
                self._market.press(instrument, Pressure(traded.pressure, self._clock.now, profile.half_life))
            self._fill(working, traded.fill)

    def cross(self, until: TimeInForce) -> None:
        """Hold the auction, where this is its moment: one price for all, the rest is cancelled."""
        now = self._clock.now
        for working in self.live:
            order = working.order
            listing = self._market.listing(order.instrument)
            if order.time_in_force is not until or not crosses(until, listing.sessions, now):
                continue
            price = self._market.price(order.instrument, now).price
            units = working.remaining if listing.depth is None else min(working.remaining, listing.depth)
            if units > 0 and marketable(order, price):
                self._fill(working, Fill(units, price, maker=False))
            if working.state.is_live:
                self.end(working, OrderState.CANCELLED, now)

    def done_for_day(self, is_over: Callable[[WorkingOrder], bool]) -> None:
        """Tell of the orders that rest over the night."""
        for working in self.live:
            if working.expires_at is None and not working.waiting and is_over(working):
                self._tell(Change.DONE_FOR_DAY, working)

    def revised(self, working: WorkingOrder, execution: Execution, change: Change) -> None:
        """Tell that a trade was corrected or taken back."""
        self._tell(change, working, execution)

    def _would_take(self, working: WorkingOrder) -> bool:
        """Whether an order that must wait at its price would trade at once."""
        order = working.order
        if not isinstance(order, CoinOrder) or not order.post_only:
            return False
        quote = self._market.quote(order.instrument, self._clock.now)
        return marketable(order, quote.ask if order.side is Side.BUY else quote.bid)

    def _require_valid(self, order: Order) -> None:
        for leg in order.legs:
            require_valid_leg(order, leg, self._market.listing(leg.instrument))
        listings = [self._market.listing(leg.instrument) for leg in order.legs]
        if not order.legs:
            listings = [self._market.listing(order.instrument)]
            require_valid(order, listings[0])
            require_leg(order, self._books.units(order.instrument), hedge=self.hedge)
        for listing in listings:
            if listing.trades_until is not None and self._clock.now >= listing.trades_until:
                raise NotTradable(_BROKER, f"{listing.instrument.symbol} has had its last session")
            require_open_for_auction(order.time_in_force, listing.sessions, self._clock.now)
            if order.time_in_force in AT_ONCE and not self._trades(listing, order):
                raise MarketClosed(_BROKER, f"{listing.instrument.symbol} does not trade now")

    def _trades(self, listing: Listing, order: Order) -> bool:
        if order.extended_hours:
            return is_extended(listing.sessions, self._clock.now)
        return self._market.is_open(listing.instrument, self._clock.now)

    def _made(self, order: Order, role: Role, heard: bool, late: timedelta) -> WorkingOrder:
        now = self._clock.now
        number, self._given = self._given, self._given + 1
        latency = self._terms.profile.latency
        delay = latency.drawn(latency.order, f"{self._terms.profile.seed}:order:{order.client_order_id}")
        return WorkingOrder(
            order=order,
            broker_order_id=BrokerOrderId(venue_uuid(self._terms.account_number, "order", number)),
            submitted_at=now,
            updated_at=now,
            expires_at=self._expiry(order, now),
            shown_from=now + self._terms.visibility,
            acts_from=now + delay if delay else None,
            role=role,
            heard=heard,
            late=late,
        )

    def _expiry(self, order: Order, now: datetime) -> datetime | None:
        if order.time_in_force is not TimeInForce.DAY:
            return None
        traded = order.legs[0].instrument if order.legs else order.instrument
        sessions = self._market.listing(traded).sessions
        return extended_end(sessions, now) if order.extended_hours else next_close(sessions, now)

    def _succeed(self, old: WorkingOrder, new: WorkingOrder) -> None:
        """Give the new order the old one's place among those it belongs to."""
        new.replaces = old.broker_order_id
        new.children = children_of(new)
        if new.children or new.role is not Role.SIMPLE:
            self._drop_children(old)
        else:
            new.role, new.children = old.role, old.children
            old.children = []
        new.parent, new.waiting, new.taken = old.parent, old.waiting, old.taken
        for child in new.children:
            child.parent = new
            child.order = replace(child.order, quantity=_per_unit(child, new) * new.order.quantity)
        beside = self.orders if old.parent is None else old.parent.children
        if old.parent is None:
            beside.append(new)
        else:
            beside[beside.index(old)] = new

    def _drop_children(self, old: WorkingOrder) -> None:
        for child in old.children:
            if child.state.is_live:
                child.ended(OrderState.CANCELLED, self._clock.now)

    def _fill(self, working: WorkingOrder, fill: Fill) -> None:
        working.filled(fill.quantity, fill.price, self._clock.now)
        self._tell(_fill_of(working), working, self._books.trade(working, fill))
        twin = twin_of(working)
        if twin is not None:
            twin.taken += fill.quantity
            if twin.remaining <= 0:
                self.end(twin, OrderState.CANCELLED, self._clock.now)
        if working.role is Role.ENTRY and working.state is OrderState.FILLED:
            for child in working.children:
                child.waiting, child.last_tick = False, working.last_tick  # it meets the market from the next tick on
                self._tell(Change.NEW, child)

    def _fill_legs(self, working: WorkingOrder, units: Decimal, net: Decimal, fills: dict[str, Fill]) -> None:
        for leg in working.children:
            fill = fills[leg.order.instrument.symbol]
            leg.filled(fill.quantity, fill.price, self._clock.now)
            self._tell(_fill_of(leg), leg, self._books.trade(leg, fill))
        working.filled(units, net, self._clock.now)
        self._tell(_fill_of(working), working)

    def _tell(self, change: Change, working: WorkingOrder, execution: Execution | None = None) -> None:
        now = self._clock.now
        shown_at = max(now + (working.late if execution else timedelta(0)), working.shown_from)
        lost = execution is not None and not working.heard
        held = None if execution is None else self._books.units(execution.instrument)
        told = Update(change, working, working.report(), now, None if lost else shown_at, execution, held)
        self.updates.append(told)


def _per_unit(child: WorkingOrder, parent: WorkingOrder) -> int:
    """Units of the child for one of its parent: a leg's ratio, otherwise one."""
    symbol = child.order.instrument.symbol
    return next((leg.ratio for leg in parent.order.legs if leg.instrument.symbol == symbol), 1)


def _fill_of(working: WorkingOrder) -> Change:
    return Change.FILL if working.state is OrderState.FILLED else Change.PARTIAL_FILL
