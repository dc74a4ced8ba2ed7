"""Orders whose parts do not make one, whatever the venue: told before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator

from brokers.base import Capabilities
from tieout.errors import Unsupported
from tieout.instruments import AssetClass
from tieout.orders import Order, OrderType, TimeInForce

PLAIN = frozenset({OrderType.MARKET, OrderType.LIMIT})
_RESTING = frozenset({TimeInForce.DAY, TimeInForce.GTC})
_MOST_LEGS = 4


def require_supported(order: Order, capabilities: Capabilities, *more: str) -> None:
    """Raises Unsupported, naming everything that is in the way.

    more    what the venue's own rules say
    """
    lacking = [*_lacking(order, capabilities), *_trails(order), *_exits(order), *_legs(order), *more]
    if lacking:
        raise Unsupported(capabilities.broker, f"does not take {', '.join(lacking)}")


def _lacking(order: Order, capabilities: Capabilities) -> Iterator[str]:
    traded = order.instrument.asset_class
    pair = order.take_profit is not None or order.stop_loss is not None
    wanted = {
        f"{traded} orders": traded in capabilities.asset_classes,
        f"{order.order_type} orders": order.order_type in capabilities.order_types,
        f"time in force {order.time_in_force}": order.time_in_force in capabilities.times_in_force,
        "brackets": capabilities.brackets or not pair or order.is_exit,
        "pairs of exits": capabilities.oco or not pair or not order.is_exit,
        "orders of several legs": capabilities.multi_leg or not order.legs,
        f"{traded} orders in extended hours": traded in capabilities.extended_hours or not order.extended_hours,
    }
    yield from (name for name, supported in wanted.items() if not supported)


def _trails(order: Order) -> Iterator[str]:
    trails = [trail for trail in (order.trail_amount, order.trail_percent) if trail is not None]
    if len(trails) != (order.order_type is OrderType.TRAILING_STOP):
        yield "a trailing stop without exactly one trail, or a trail on another order"


def _exits(order: Order) -> Iterator[str]:
    prices = [price for price in (order.take_profit, order.stop_loss) if price is not None]
    if not prices:
        return
    if order.extended_hours or order.time_in_force not in _RESTING:
        yield "exits in extended hours or with another time in force than day and gtc"
    if order.is_exit and len(prices) == 1:
        yield "an exit with one price: it is a limit or a stop order"
    if not order.is_exit and order.order_type not in PLAIN:
        yield f"exits with a {order.order_type} entry"


def _legs(order: Order) -> Iterator[str]:
    if not order.legs:
        return
    if not 2 <= len(order.legs) <= _MOST_LEGS:
        yield f"{len(order.legs)} legs"
    if any(leg.instrument.asset_class is not AssetClass.OPTION for leg in order.legs):
        yield "legs that are no options"
    if order.order_type not in PLAIN or order.take_profit is not None or order.stop_loss is not None:
        yield f"{order.order_type} orders or exits with several legs"
    if order.quantity % 1:
        yield "fractions of a combination"
