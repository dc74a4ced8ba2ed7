"""Whether the order might trade at a price that nobody can have meant."""

from __future__ import annotations

from decimal import Decimal

from tieout.instruments import ONE
from tieout.orders import Order, OrderType, Side
from tieout.risk.checks.common import rule, share, units
from tieout.risk.codes import DenialCode
from tieout.risk.effect import PRICED_BY_LIMIT, MissingFactError, market_of, market_price, only_reduces
from tieout.risk.types import Denial, RiskContext, SessionState


@rule(DenialCode.COLLAR, settings=("collar_pct", "far_pct"))
def collar(order: Order, context: RiskContext) -> Denial | None:
    """A price is near the market: not beyond it by more than the collar, nor so far away that it reads like a slip."""
    if order.legs:
        return None
    stop = order.stop_price
    if order.order_type is OrderType.STOP_LIMIT and order.limit_price is not None and stop:
        return _beyond(order, context, order.limit_price, stop) or _far(order, context, stop)
    if order.limit_price is not None and order.order_type is OrderType.LIMIT:
        market = market_price(order.instrument, order.side, context)
        return _beyond(order, context, order.limit_price, market) or _far(order, context, order.limit_price)
    return _far(order, context, stop) if stop is not None else None


@rule(DenialCode.DAY_RANGE, settings=("day_range_pct",))
def day_range(order: Order, context: RiskContext) -> Denial | None:
    """While the market is open, a price is not above today's high for a buyer, nor below its low for a seller."""
    slack = context.limits.day_range_pct
    priced = order.order_type in PRICED_BY_LIMIT
    if slack is None or context.session is not SessionState.OPEN or order.legs:
        return None
    if not priced and only_reduces(order, context):  # it carries no price of ours, and getting out must not wait
        return None
    market = market_of(order.instrument, context)
    low, high = market.day_low, market.day_high
    if low is None or high is None or low <= 0 or high < low:
        raise MissingFactError(DenialCode.NO_DAY_RANGE, f"today's range of {order.instrument.symbol} is not known")
    worst = order.limit_price if priced and order.limit_price is not None else None
    price = market_price(order.instrument, order.side, context) if worst is None else worst
    bound = high * (ONE + slack) if order.side is Side.BUY else low * (ONE - slack)
    if (price <= bound) if order.side is Side.BUY else (price >= bound):
        return None
    words = (
        f"{order.side} at {units(price)} lies outside today's {units(low)} to {units(high)} by more than {share(slack)}"
    )
    return Denial(DenialCode.DAY_RANGE, words, {"price": price, "low": low, "high": high})


def _beyond(order: Order, context: RiskContext, price: Decimal, reference: Decimal) -> Denial | None:
    """A limit that pays more, or takes less, than the reference by more than the collar."""
    most = context.limits.collar_pct
    bound = reference * (ONE + order.side.sign * most)
    if (price <= bound) if order.side is Side.BUY else (price >= bound):
        return None
    words = f"{order.side} at {units(price)} is more than {share(most)} beyond {units(reference)}"
    return Denial(DenialCode.COLLAR, words, {"price": price, "reference": reference, "bound": bound})


def _far(order: Order, context: RiskContext, price: Decimal) -> Denial | None:
    """A price that is a fraction, or a multiple, of the market's."""
    market, most = market_price(order.instrument, order.side, context), context.limits.far_pct
    if market * (ONE - most) <= price <= market * (ONE + most):
        return None
    words = f"{units(price)} is more than {share(most)} away from the market at {units(market)}"
    return Denial(DenialCode.COLLAR, words, {"price": price, "reference": market})
