"""What an order needs, and whether a venue takes it: the checks before acceptance."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from simulator.auctions import AUCTIONS
from simulator.holdings import Holding
from simulator.market import Listing
from tieout.errors import InvalidOrder, NotTradable
from tieout.hedge import leg_of
from tieout.instruments import AssetClass, Instrument
from tieout.money import ZERO
from tieout.options.osi import OptionRight
from tieout.orders import Order, OrderLeg, OrderType, TimeInForce

_BROKER = "simulator"
_WHOLE_ONLY = frozenset({AssetClass.OPTION, AssetClass.FUTURE})
_NEEDS_LIMIT = frozenset({OrderType.LIMIT, OrderType.STOP_LIMIT})
_NEEDS_STOP = frozenset({OrderType.STOP, OrderType.STOP_LIMIT})
_AUCTIONED = frozenset({OrderType.MARKET, OrderType.LIMIT})
_EXTENDED = frozenset({TimeInForce.DAY, TimeInForce.GTC})


def require_valid(order: Order, listing: Listing) -> None:
    """Refuse an order whose fields do not fit the instrument.

    raises   NotTradable, InvalidOrder
    """
    name = order.instrument.symbol
    _require_units(order.quantity, listing)
    _require_price(order.limit_price, listing, name, "limit price", needed=order.order_type in _NEEDS_LIMIT)
    _require_price(order.stop_price, listing, name, "stop price", needed=order.order_type in _NEEDS_STOP)
    for field, price in (("take profit", order.take_profit), ("stop loss", order.stop_loss)):
        _require_price(price, listing, name, field, needed=price is not None)
    _require_trail(order)
    _require_hours(order)


def require_valid_leg(order: Order, leg: OrderLeg, listing: Listing) -> None:
    """Refuse a leg that is no contract trading here; its price is the whole order's net price."""
    if leg.instrument.asset_class is not AssetClass.OPTION:
        raise InvalidOrder(_BROKER, f"{leg.instrument.symbol}: legs are option contracts")
    if (order.limit_price is None) is (order.order_type is OrderType.LIMIT):
        raise InvalidOrder(_BROKER, "a limit order of several legs needs a net price, a market order none")
    _require_units(order.quantity * leg.ratio, listing)


def require_leg(order: Order, held: Decimal, *, hedge: bool) -> None:
    """Refuse an order for a leg in one-way mode, one for none in hedge mode, and one that turns a leg over.

    held    signed units of what the order trades
    """
    instrument = order.instrument
    if ":" not in instrument.symbol:
        return
    leg = leg_of(instrument)
    if hedge is (leg is None):
        mode = "hedge mode: an order says which leg it is for" if hedge else "one-way mode: there are no legs"
        raise InvalidOrder(_BROKER, f"{instrument.symbol}: the account is in {mode}")
    if leg is not None and order.side.sign != leg.sign and order.quantity > abs(held):
        raise InvalidOrder(_BROKER, f"{instrument.symbol}: {order.quantity} close more than the {abs(held)} of its leg")


def _require_units(quantity: Decimal, listing: Listing) -> None:
    instrument = listing.instrument
    if not listing.tradable:
        raise NotTradable(_BROKER, f"{instrument.symbol} does not trade")
    fractionable = listing.fractionable and instrument.asset_class not in _WHOLE_ONLY
    if not fractionable and quantity != quantity.to_integral_value():
        raise InvalidOrder(_BROKER, f"{instrument.symbol} trades in whole units, not {quantity}")


def _require_price(price: Decimal | None, listing: Listing, name: str, field: str, *, needed: bool) -> None:
    if (price is not None) is not needed:
        raise InvalidOrder(_BROKER, f"{name}: a {field} is {'missing' if needed else 'not for this type of order'}")
    if price is not None and (price <= 0 or price % listing.tick):
        raise InvalidOrder(_BROKER, f"{name}: {field} {price} is not a multiple of {listing.tick}")


def _require_trail(order: Order) -> None:
    trails = [trail for trail in (order.trail_amount, order.trail_percent) if trail is not None]
    if len(trails) != (order.order_type is OrderType.TRAILING_STOP):
        raise InvalidOrder(_BROKER, "a trailing stop needs one of trail_amount and trail_percent, and no other may")
    if any(trail <= 0 for trail in trails) or (order.trail_percent or ZERO) >= 1:
        raise InvalidOrder(_BROKER, f"a trail of {trails[0]} trails nothing")


def _require_hours(order: Order) -> None:
    shares = order.instrument.asset_class is AssetClass.EQUITY
    if order.time_in_force in AUCTIONS and not (shares and order.order_type in _AUCTIONED):
        raise InvalidOrder(_BROKER, f"auctions take market and limit orders of shares, not {order.order_type}")
    extended = order.order_type is OrderType.LIMIT and order.time_in_force in _EXTENDED and shares
    if order.extended_hours and not extended:
        raise InvalidOrder(_BROKER, "extended hours take limit orders of shares for the day")


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
