"""Orders at a coin venue: what it checks before it takes one, and how its client order ids are told apart.

A venue that takes an id again, once the order that had it is over, keeps both: inside they are told apart by a number
behind the id, and shown without it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum

from simulator.account import SimulatedAccount
from simulator.coin_orders import CoinOrder
from simulator.ids import venue_uuid
from simulator.market import MarketQuote
from simulator.matching import marketable
from simulator.orders import WorkingOrder
from simulator.protocols.coins.numbers import numbers_of
from simulator.protocols.coins.refusals import No, Why, no_of
from simulator.protocols.coins.rules import CoinMarket
from simulator.protocols.coins.state import is_hedged, require_margin
from simulator.venue import SimulatedVenue
from tieout.errors import InvalidOrder, Rejected
from tieout.hedge import Leg, in_leg, leg_of, whole
from tieout.ids import ClientOrderId
from tieout.instruments import Instrument
from tieout.money import ZERO
from tieout.orders import OrderState, OrderType, Side, TimeInForce
from tieout.records import Execution

_AGAIN = "#"
_STOPS = frozenset({OrderType.STOP, OrderType.STOP_LIMIT})


class IdRule(StrEnum):
    """For how long a client order id is taken."""

    FOR_EVER = "for ever"
    WHILE_OPEN = "while open"


@dataclass(frozen=True, slots=True)
class Habits:
    """What one venue does differently from the others.

    ids              for how long a client order id is taken
    refuses_takers   a post-only order that would trade is refused; otherwise it is taken and cancelled at once
    refuses_reached  a stop that is reached already is refused; otherwise it triggers at once
    """

    ids: IdRule
    refuses_takers: bool = True
    refuses_reached: bool = True


@dataclass(frozen=True, slots=True)
class Draft:
    """An order as a request asks for it.

    spends    quote money to spend instead of a quantity, for market orders
    """

    market: CoinMarket
    side: Side
    kind: OrderType
    until: TimeInForce
    quantity: Decimal = ZERO
    price: Decimal | None = None
    stop: Decimal | None = None
    client_id: str = ""
    leg: Leg | None = None
    reduce_only: bool = False
    post_only: bool = False
    spends: Decimal | None = None


def place(venue: SimulatedVenue, account: SimulatedAccount, draft: Draft, habits: Habits) -> WorkingOrder:
    """Take an order. Raises No; then there is no such order."""
    quote = venue.market.quote(draft.market.instrument, venue.clock.now)
    order = check(account, draft, quote, habits)
    order = replace(order, client_order_id=_key(account, draft.client_id, habits.ids))
    return _taken(account, order)


def check(account: SimulatedAccount, draft: Draft, quote: MarketQuote, habits: Habits) -> CoinOrder:
    """What the venue would work, without taking it. Raises No."""
    market, rules = draft.market, draft.market.rules
    if not market.is_tradable:
        raise No(Why.NOT_TRADING, market.symbol)
    touch = quote.ask if draft.side is Side.BUY else quote.bid
    quantity = draft.quantity
    if draft.spends is not None:
        quantity = (draft.spends / touch / rules.step).to_integral_value(ROUND_DOWN) * rules.step
    _require_grid(draft, quantity)
    price = draft.price or draft.stop or touch
    if not draft.reduce_only and not market.is_inverse and quantity * price < rules.least_value:
        raise No(Why.VALUE, f"{quantity * price} {market.quote}")
    order = _order(draft, quantity)
    if habits.refuses_takers and draft.post_only and marketable(order, touch):
        raise No(Why.WOULD_TAKE)
    if habits.refuses_reached and draft.kind in _STOPS and _is_reached(draft, touch):
        raise No(Why.WOULD_TRIGGER)
    fitting = _within_position(account, order)
    require_margin(account, fitting, price)
    return fitting


def amend(
    venue: SimulatedVenue, account: SimulatedAccount, working: WorkingOrder, draft: Draft, habits: Habits
) -> None:
    """Change price and quantity of a live order, which keeps its ids. Raises No."""
    if not working.state.is_live:
        raise No(Why.OVER)
    order = check(account, draft, venue.market.quote(draft.market.instrument, venue.clock.now), habits)
    try:
        account.desk.amend(working, replace(order, client_order_id=working.order.client_order_id))
    except Rejected as error:
        raise no_of(error) from None


def cancel(account: SimulatedAccount, working: WorkingOrder) -> None:
    """End a live order. Raises No."""
    if not working.state.is_live:
        raise No(Why.OVER)
    account.cancel(working.order.client_order_id)


def cancel_all(account: SimulatedAccount, market: CoinMarket) -> list[WorkingOrder]:
    """End every live order of a market; those that were ended."""
    found = [one for one in account.live if whole(one.order.instrument) == market.instrument]
    for working in found:
        account.cancel(working.order.client_order_id)
    return found


def shown_id(client_order_id: str | None) -> str:
    """A client order id as the customer sent it."""
    return (client_order_id or "").partition(_AGAIN)[0]


def by_number(account: SimulatedAccount, number: str) -> tuple[int, WorkingOrder]:
    """An order by the venue's number. Raises No."""
    return _found(account, lambda one: str(one[0]) == number)


def by_uuid(account: SimulatedAccount, order_id: str) -> tuple[int, WorkingOrder]:
    """An order by the id that the simulated account gave it. Raises No."""
    return _found(account, lambda one: one[1].broker_order_id == order_id)


def by_client_id(account: SimulatedAccount, client_id: str) -> tuple[int, WorkingOrder]:
    """An order by the customer's id: the live one where several had it, otherwise the latest. Raises No."""
    return _found(account, lambda one: shown_id(one[1].order.client_order_id) == client_id)


def coin_order(working: WorkingOrder) -> CoinOrder:
    """The order with what coin venues add, whoever placed it."""
    order = working.order
    if isinstance(order, CoinOrder):
        return order
    return CoinOrder(
        order.client_order_id,
        order.instrument,
        order.side,
        order.quantity,
        order.order_type,
        order.time_in_force,
        order.limit_price,
        order.stop_price,
    )


def draft_again(working: WorkingOrder, market: CoinMarket) -> Draft:
    """The order as it would be asked for now: what an amendment changes."""
    order = coin_order(working)
    return Draft(
        market,
        order.side,
        order.order_type,
        order.time_in_force,
        order.quantity,
        order.limit_price,
        order.stop_price,
        shown_id(order.client_order_id),
        leg_of(order.instrument),
        order.reduce_only,
        order.post_only,
    )


def fees_of(made: list[Execution]) -> dict[str, Decimal]:
    """What an order's trades cost together, by coin."""
    fees: dict[str, Decimal] = {}
    for one in made:
        fees[one.fee_currency] = fees.get(one.fee_currency, ZERO) + one.fee
    return fees


def _found(account: SimulatedAccount, wanted: Callable[[tuple[int, WorkingOrder]], bool]) -> tuple[int, WorkingOrder]:
    found = [one for one in numbers_of(account).orders() if wanted(one)]
    if not found:
        raise No(Why.NOT_FOUND)
    return max(found, key=lambda one: (one[1].state.is_live, one[0]))


def _taken(account: SimulatedAccount, order: CoinOrder) -> WorkingOrder:
    try:
        account.submit(order)
    except InvalidOrder as error:
        raise No(Why.TICK if "price" in error.reason else Why.FIELD, error.reason) from None
    except Rejected as error:
        raise no_of(error) from None
    found = account.desk.find(order.client_order_id)
    assert found is not None  # noqa: S101 - taken the line above
    return found


def _key(account: SimulatedAccount, client_id: str, rule: IdRule) -> ClientOrderId:
    """The id inside: the customer's own, the venue's where there is none, numbered where it was used before."""
    if not client_id:
        return ClientOrderId(venue_uuid(account.account_number, "client", len(account.desk.updates)).replace("-", ""))
    used = [one for _, one in numbers_of(account).orders() if shown_id(one.order.client_order_id) == client_id]
    hidden = account.desk.find(client_id)
    if hidden is not None and hidden not in used:
        used.append(hidden)
    if used and (rule is IdRule.FOR_EVER or any(one.state.is_live for one in used)):
        raise No(Why.DUPLICATE, client_id)
    return ClientOrderId(f"{client_id}{_AGAIN}{len(used)}" if used else client_id)


def _require_grid(draft: Draft, quantity: Decimal) -> None:
    rules = draft.market.rules
    if quantity < rules.least:
        raise No(Why.LEAST, f"{quantity}")
    if quantity > rules.most:
        raise No(Why.MOST, f"{quantity}")
    if quantity % rules.step:
        raise No(Why.STEP, f"{quantity}")
    for price in (draft.price, draft.stop):
        if price is not None and (price <= 0 or price % draft.market.listing.tick):
            raise No(Why.TICK, f"{price}")


def _order(draft: Draft, quantity: Decimal) -> CoinOrder:
    return CoinOrder(
        client_order_id=ClientOrderId(draft.client_id),
        instrument=traded(draft.market, draft.leg),
        side=draft.side,
        quantity=quantity,
        order_type=draft.kind,
        time_in_force=TimeInForce.IOC if draft.kind is OrderType.MARKET else draft.until,
        limit_price=draft.price if draft.kind in (OrderType.LIMIT, OrderType.STOP_LIMIT) else None,
        stop_price=draft.stop if draft.kind in _STOPS else None,
        reduce_only=draft.reduce_only,
        post_only=draft.post_only,
        spends=draft.spends,
    )


def _is_reached(draft: Draft, touch: Decimal) -> bool:
    stop = draft.stop or ZERO
    return touch >= stop if draft.side is Side.BUY else touch <= stop


def _within_position(account: SimulatedAccount, order: CoinOrder) -> CoinOrder:
    """Refuse a leg that the mode does not have, and what reduces nothing; cut down what would turn a position over."""
    if order.instrument.is_margined:
        leg = leg_of(order.instrument)
        if is_hedged(account) is (leg is None):
            raise No(Why.LEG)
        closes = order.reduce_only or (leg is not None and leg.sign != order.side.sign)
        room = max(-account.books.units(order.instrument) * order.side.sign, ZERO)
        if closes and room <= 0:
            raise No(Why.REDUCE_ONLY)
        if closes and order.quantity > room:
            return replace(order, quantity=room)
    return order


def traded(market: CoinMarket, leg: Leg | None) -> Instrument:
    """The market's instrument, or one leg of it."""
    return market.instrument if leg is None else in_leg(market.instrument, leg)


def ended_by_venue(working: WorkingOrder) -> bool:
    """Whether its rest was cancelled by the venue because it could not trade at once."""
    return working.state is OrderState.CANCELLED and working.order.time_in_force in (TimeInForce.IOC, TimeInForce.FOK)
