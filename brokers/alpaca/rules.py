"""What Alpaca does not take, beyond what no venue takes: told before anything is sent.

Source: the vendor's order guide (order classes, times in force, extended hours, options and crypto).
"""

from __future__ import annotations

from collections.abc import Iterator

from brokers.alpaca.refusals import BROKER
from brokers.http.kinds import PLAIN
from tieout.errors import Unsupported
from tieout.instruments import AssetClass
from tieout.orders import Order, OrderReport, OrderType, TimeInForce

_LONGEST_ID = 48  # the older of the two documented bounds
_AUCTIONS = frozenset({TimeInForce.OPEN, TimeInForce.CLOSE})


def against(order: Order) -> Iterator[str]:
    """Everything that is in the way, in words."""
    traded, until = order.instrument.asset_class, order.time_in_force
    fraction, exits = order.quantity % 1, order.take_profit is not None or order.stop_loss is not None
    if len(order.client_order_id) > _LONGEST_ID:
        yield f"client order ids of {len(order.client_order_id)} characters"
    if (traded is AssetClass.OPTION or order.legs) and until is not TimeInForce.DAY:
        yield f"options with time in force {until}"
    if until in _AUCTIONS and (traded is not AssetClass.EQUITY or order.order_type not in PLAIN):
        yield f"{order.order_type} orders of {traded} in an auction"
    if fraction and traded is AssetClass.EQUITY and until is not TimeInForce.DAY:
        yield f"fractions of shares with time in force {until}"
    if fraction and (traded is AssetClass.OPTION or exits):
        yield "fractions of contracts, or of shares with exits"
    if exits and traded is not AssetClass.EQUITY:
        yield f"exits with {traded} orders"
    if order.extended_hours and (order.order_type is not OrderType.LIMIT or until is not TimeInForce.DAY):
        yield "anything but day limit orders in extended hours"


def require_replaceable(known: OrderReport, order: Order) -> None:
    """A replacement names quantity and prices of one order: what came with that order stays as it is.

    raises   Unsupported where the new order has other exits or legs than the one it replaces
    """
    of_legs = {leg.order_type: leg.limit_price or leg.stop_price for leg in known.legs}
    exits = {OrderType.LIMIT: order.take_profit, OrderType.STOP: order.stop_loss}
    if order.is_exit:
        del exits[OrderType.LIMIT]  # the take-profit of a pair is the order that is replaced
    others = [price for kind, price in exits.items() if price is not None and of_legs.get(kind) != price]
    legs = {(leg.instrument, leg.side) for leg in order.legs}
    if others or (legs and legs != {(leg.instrument, leg.side) for leg in known.legs}):
        raise Unsupported(BROKER, "does not replace exits or legs with their order: replace each by its own id")
