"""Whether the order makes sense by itself: the prices that its type needs, each where it belongs."""

from __future__ import annotations

from collections.abc import Iterator

from tieout.money import ZERO
from tieout.orders import Order, OrderType, Side, TimeInForce
from tieout.risk.checks.common import rule
from tieout.risk.codes import DenialCode
from tieout.risk.types import Denial, RiskContext

_NEEDS_LIMIT = frozenset({OrderType.LIMIT, OrderType.STOP_LIMIT})
_NEEDS_STOP = frozenset({OrderType.STOP, OrderType.STOP_LIMIT})


@rule(DenialCode.INVALID_ORDER, form=True)
def order_form(order: Order, _context: RiskContext) -> Denial | None:
    """An order carries the prices that its type needs, above zero, and no others."""
    faults = tuple(_faults(order))
    return Denial(DenialCode.INVALID_ORDER, "; ".join(faults)) if faults else None


def _faults(order: Order) -> Iterator[str]:
    kind = order.order_type
    if not order.is_exit or order.take_profit is None:  # an OCO pair carries its limit in take_profit
        yield from _wanted(kind, "a limit price", kind in _NEEDS_LIMIT, order.limit_price is not None)
    yield from _wanted(kind, "a stop price", kind in _NEEDS_STOP, order.stop_price is not None)
    trails = (order.trail_amount is not None) + (order.trail_percent is not None)
    yield from _wanted(kind, "one trail", kind is OrderType.TRAILING_STOP, trails > 0)
    if trails > 1:
        yield "a trail is an amount or a share, not both"
    if order.trail_percent is not None and order.trail_percent >= 1:
        yield f"a trail of {order.trail_percent} is the whole price: write two percent as 0.02"
    for name in ("limit_price", "stop_price", "take_profit", "stop_loss", "trail_amount", "trail_percent"):
        price = getattr(order, name)
        credit = name == "limit_price" and order.legs  # a combination may be sold for a credit
        if price is not None and price <= 0 and not credit:
            yield f"{name} must be above zero, was {price}"
    yield from _bracket(order)
    if order.time_in_force in (TimeInForce.OPEN, TimeInForce.CLOSE) and kind not in (OrderType.MARKET, OrderType.LIMIT):
        yield f"an auction takes market and limit orders, not {kind}"
    yield from _legs(order)


def _wanted(kind: OrderType, what: str, needed: bool, given: bool) -> Iterator[str]:
    if needed and not given:
        yield f"a {kind} order needs {what}"
    if given and not needed:
        yield f"a {kind} order takes no {what.removeprefix('a ')}"


def _bracket(order: Order) -> Iterator[str]:
    """A long position takes its profit above its stop, a short one below; an exit sells the long position."""
    gain, loss = order.take_profit, order.stop_loss
    if gain is None or loss is None:
        return
    is_long = (order.side is Side.BUY) is not order.is_exit
    if (gain <= loss) if is_long else (gain >= loss):
        yield f"take profit {gain} and stop loss {loss} are on the wrong sides of each other"


def _legs(order: Order) -> Iterator[str]:
    symbols = [leg.instrument.symbol for leg in order.legs]
    if len(symbols) == 1:
        yield "one leg is a plain order"
    if len(set(symbols)) < len(symbols):
        yield "two legs are of one instrument"
    if any(leg.ratio <= ZERO for leg in order.legs):
        yield "a leg's ratio counts up from one"
