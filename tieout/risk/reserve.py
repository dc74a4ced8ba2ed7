"""What an order that was let through keeps for itself until it has traded or ended. Pure."""

from __future__ import annotations

from dataclasses import replace

from tieout.money import ZERO
from tieout.orders import Order
from tieout.risk.effect import cash_needed, parts
from tieout.risk.types import Reservation, RiskContext


def with_reserved(order: Order, context: RiskContext) -> RiskContext:
    """The context in which the order is on its way: the next one is judged beside it.

    The money of a combination stands with its first leg, so that it counts once.
    """
    money = cash_needed(order, context)
    found = []
    for number, part in enumerate(parts(order, context)):
        found.append(
            Reservation(
                part.instrument,
                part.side,
                part.quantity,
                money if number == 0 else ZERO,
                order.client_order_id,
            )
        )
    kept = tuple(one for one in context.reservations if one.key != order.client_order_id)
    trades = None if context.trades_today is None else context.trades_today + int(money > 0)
    return replace(context, reservations=(*kept, *found), trades_today=trades)
