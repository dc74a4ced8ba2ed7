"""Whether the venue takes such an order, and at this hour."""

from __future__ import annotations

from tieout.orders import Order, OrderType, TimeInForce
from tieout.risk.checks.common import rule
from tieout.risk.codes import DenialCode
from tieout.risk.types import Denial, RiskContext, SessionState

_WAITS_FOR_OPEN = frozenset({TimeInForce.DAY, TimeInForce.GTC})


@rule(DenialCode.UNSUPPORTED_ORDER, form=True)
def order_type(order: Order, context: RiskContext) -> Denial | None:
    """The venue takes the order type, the time in force and the number of legs."""
    venue = context.venue
    if order.order_type not in venue.order_types:
        return Denial(DenialCode.UNSUPPORTED_ORDER, f"{venue.broker} takes no {order.order_type} orders")
    if order.time_in_force not in venue.times_in_force:
        return Denial(DenialCode.UNSUPPORTED_ORDER, f"{venue.broker} takes no orders with {order.time_in_force}")
    if order.legs and not venue.multi_leg:
        return Denial(DenialCode.UNSUPPORTED_ORDER, f"{venue.broker} takes no orders of several legs")
    return None


@rule(DenialCode.MARKET_CLOSED, settings=("extended_hours", "queue_when_closed"), form=True)
def market_hours(order: Order, context: RiskContext) -> Denial | None:
    """The market is open, or the order may trade in extended hours, wait for an auction or wait for the opening."""
    why = _why_not(order, context)
    return Denial(DenialCode.MARKET_CLOSED, why) if why else None


def _why_not(order: Order, context: RiskContext) -> str | None:
    session, duration = context.session, order.time_in_force
    if duration is TimeInForce.OPEN:
        return "the opening auction is over" if session is SessionState.OPEN else None
    if duration is TimeInForce.CLOSE:
        return None if session in (SessionState.OPEN, SessionState.PRE) else "there is no closing auction at this hour"
    if session is SessionState.OPEN:
        return None
    if order.extended_hours:
        return _why_not_extended(order, context)
    if context.limits.queue_when_closed and duration in _WAITS_FOR_OPEN:
        return None
    return f"the market is not open ({session})"


def _why_not_extended(order: Order, context: RiskContext) -> str | None:
    if context.session is SessionState.CLOSED:
        return "the market is closed, extended hours included"
    if not context.limits.extended_hours:
        return "extended hours are not permitted: extended_hours in the risk table"
    if not context.venue.extended_hours:
        return f"{context.venue.broker} has no extended hours"
    return None if order.order_type is OrderType.LIMIT else f"extended hours take limit orders, not {order.order_type}"
