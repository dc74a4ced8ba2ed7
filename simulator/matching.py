"""Whether an order trades against a quote, how much of it, and at what price."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from simulator.market import MarketQuote
from simulator.orders import WorkingOrder
from tieout.orders import Order, OrderType, Side, TimeInForce

_STOPS = frozenset({OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP})
_LIMITS = frozenset({OrderType.LIMIT, OrderType.STOP_LIMIT})
AT_ONCE = frozenset({TimeInForce.IOC, TimeInForce.FOK})


@dataclass(frozen=True, slots=True)
class Fill:
    """Units and price (currency per unit); `maker` where the order had been waiting at its limit."""

    quantity: Decimal
    price: Decimal
    maker: bool


def match(working: WorkingOrder, quote: MarketQuote, depth: Decimal | None, *, resting: bool) -> Fill | None:
    """The fill that a quote gives an order, None where it gives none. Notes a stop that was reached.

    depth     units on offer, None for plenty
    resting   the order was there before this quote
    """
    order = working.order
    touch = quote.ask if order.side is Side.BUY else quote.bid
    if not working.triggered and order.order_type in _STOPS:
        if not _reached(working, touch):
            return None
        working.triggered = True
        resting = False
    if touch <= 0 or not marketable(order, touch):
        return None
    quantity = working.remaining if depth is None else min(working.remaining, depth)
    if order.time_in_force is TimeInForce.FOK and quantity < working.remaining:
        return None
    return Fill(quantity, touch, maker=resting and order.order_type in _LIMITS) if quantity > 0 else None


def marketable(order: Order, price: Decimal) -> bool:
    """Whether the order's limit allows the price; without a limit any price will do."""
    if order.order_type not in _LIMITS or order.limit_price is None:
        return True
    return price <= order.limit_price if order.side is Side.BUY else price >= order.limit_price


def _reached(working: WorkingOrder, touch: Decimal) -> bool:
    """Whether the stop is reached; a trailing one first follows the price, as far as that went its way."""
    order = working.order
    if order.order_type is OrderType.TRAILING_STOP:
        follow = min if order.side is Side.BUY else max
        working.best = touch if working.best is None else follow(working.best, touch)
    stop = working.trail_stop or order.stop_price
    return stop is not None and (touch >= stop if order.side is Side.BUY else touch <= stop)
