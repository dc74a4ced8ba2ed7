"""Orders of several legs: one net price, all legs or none."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from simulator.market import MarketQuote
from simulator.matching import Fill
from simulator.orders import WorkingOrder
from tieout.money import ZERO
from tieout.orders import OrderLeg, Side, TimeInForce


def net_price(legs: tuple[OrderLeg, ...], quotes: Mapping[str, MarketQuote]) -> Decimal:
    """What one unit costs at the touch, currency per unit of underlying: paid above zero, received below."""
    return sum((leg.side.sign * leg.ratio * _touch(leg, quotes) for leg in legs), ZERO)


def match_combination(
    working: WorkingOrder, quotes: Mapping[str, MarketQuote], depths: Mapping[str, Decimal | None]
) -> tuple[Decimal, dict[str, Fill]]:
    """Whole units that trade now, and the fill of each leg by symbol; nothing where one leg cannot trade.

    depths    units on offer of each leg, None for plenty
    """
    order = working.order
    if any(_touch(leg, quotes) <= 0 for leg in order.legs):
        return ZERO, {}
    if order.limit_price is not None and net_price(order.legs, quotes) > order.limit_price:
        return ZERO, {}
    units = working.remaining
    for leg in order.legs:
        depth = depths[leg.instrument.symbol]
        units = units if depth is None else min(units, depth // leg.ratio)
    if units <= 0 or (order.time_in_force is TimeInForce.FOK and units < working.remaining):
        return ZERO, {}
    fills = {leg.instrument.symbol: Fill(units * leg.ratio, _touch(leg, quotes), maker=False) for leg in order.legs}
    return units, fills


def _touch(leg: OrderLeg, quotes: Mapping[str, MarketQuote]) -> Decimal:
    quote = quotes[leg.instrument.symbol]
    return quote.ask if leg.side is Side.BUY else quote.bid
