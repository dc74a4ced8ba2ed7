"""What IB does not take over the socket, beyond what no venue takes: told before anything is sent.

Source: the vendor's order type and API guides.
"""

from __future__ import annotations

from collections.abc import Iterator

from brokers.http.kinds import PLAIN
from tieout.instruments import AssetClass
from tieout.orders import Order, OrderType, TimeInForce

_AUCTIONS = frozenset({TimeInForce.OPEN, TimeInForce.CLOSE})
_AT_ONCE = frozenset({TimeInForce.IOC, TimeInForce.FOK})


def against(order: Order) -> Iterator[str]:
    """Everything that is in the way, in words."""
    traded, until = order.instrument.asset_class, order.time_in_force
    if order.quantity % 1:
        yield "fractions: the socket takes whole units only"
    if until in _AUCTIONS and (traded is not AssetClass.EQUITY or order.legs or order.order_type not in PLAIN):
        yield f"{order.order_type} orders of {traded} in an auction"
    if until in _AT_ONCE and order.order_type not in PLAIN:
        yield f"{order.order_type} orders with time in force {until}"
    if order.extended_hours and (
        order.order_type is not OrderType.LIMIT or until not in (TimeInForce.DAY, TimeInForce.GTC)
    ):
        yield "anything but resting limit orders in extended hours"
