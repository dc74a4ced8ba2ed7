"""What an order needs, and whether a venue takes it: the checks before acceptance."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from simulator.holdings import Holding
from simulator.market import Listing
from simulator.matching import SUPPORTED_TIMES, SUPPORTED_TYPES
from tieout.errors import InvalidOrder, NotTradable
from tieout.instruments import AssetClass, Instrument
from tieout.money import ZERO
from tieout.options.osi import OptionRight
from tieout.orders import Order, OrderType

_BROKER = "simulator"
_WHOLE_ONLY = frozenset({AssetClass.OPTION, AssetClass.FUTURE})
_NEEDS_LIMIT = frozenset({OrderType.LIMIT, OrderType.STOP_LIMIT})
_NEEDS_STOP = frozenset({OrderType.STOP, OrderType.STOP_LIMIT})


def require_valid(order: Order, listing: Listing) -> None:
    """Refuse an order whose fields do not fit the instrument.

    raises   NotTradable, InvalidOrder
    """
    name = order.instrument.symbol
    if not listing.tradable:
        raise NotTradable(_BROKER, f"{name} does not trade")
    if order.order_type not in SUPPORTED_TYPES or order.time_in_force not in SUPPORTED_TIMES:
        raise InvalidOrder(_BROKER, f"no {order.order_type} {order.time_in_force} orders here")
    fractionable = listing.fractionable and order.instrument.asset_class not in _WHOLE_ONLY
    if not fractionable and order.quantity != order.quantity.to_integral_value():
        raise InvalidOrder(_BROKER, f"{name} trades in whole units, not {order.quantity}")
    _require_price(order.limit_price, listing, name, "limit price", needed=order.order_type in _NEEDS_LIMIT)
    _require_price(order.stop_price, listing, name, "stop price", needed=order.order_type in _NEEDS_STOP)


def _require_price(price: Decimal | None, listing: Listing, name: str, field: str, *, needed: bool) -> None:
    if (price is not None) is not needed:
        raise InvalidOrder(_BROKER, f"{name}: a {field} is {'missing' if needed else 'not for this type of order'}")
    if price is not None and (price <= 0 or price % listing.tick):
        raise InvalidOrder(_BROKER, f"{name}: {field} {price} is not a multiple of {listing.tick}")


def exposure(instrument: Instrument, quantity: Decimal, price: Decimal, holdings: Mapping[str, Holding]) -> Decimal:
    """Money bound by holding `quantity` units, zero or above.

    A short option binds its strike, for that is what assignment takes; a short call over shares held binds nothing.
    """
    if instrument.asset_class is not AssetClass.OPTION or quantity >= 0 or instrument.strike is None:
        return abs(instrument.value(quantity, price))
    contracts = -quantity
    shares = holdings.get(instrument.underlying or "")
    if instrument.option_right is OptionRight.CALL and shares is not None:
        contracts = max(contracts - max(shares.quantity // instrument.multiplier, ZERO), ZERO)
    return contracts * instrument.multiplier * instrument.strike
