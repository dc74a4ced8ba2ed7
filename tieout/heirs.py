"""The intent that goes on with what another left: at the next broker, or as a market order at the same one. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from tieout.intents import Intent, intent_id, order_id_of
from tieout.orders import OrderState, OrderType, TimeInForce
from tieout.placement import Continue, Placement

_AUCTIONS = frozenset({TimeInForce.OPEN, TimeInForce.CLOSE})


def heir_of(row: Placement, going_on: Continue, now: datetime) -> Placement:
    """A planned placement for the rest, and for nothing more. The same parent always gives the same heir.

    raises    ValueError where the rest is more than what the parent left
    """
    if going_on.quantity > row.remaining:
        raise ValueError(f"{going_on.quantity} units cannot go on where {row.remaining} are left")
    old = row.intent
    key = intent_id(going_on.account_id, "rest of", old.intent_id)
    order = replace(old.order, client_order_id=order_id_of(key), quantity=going_on.quantity)
    if going_on.convert:
        order = replace(order, order_type=OrderType.MARKET, limit_price=None, stop_price=None)
        order = replace(order, trail_amount=None, trail_percent=None)
        if order.time_in_force in _AUCTIONS:
            order = replace(order, time_in_force=TimeInForce.DAY)
    heir = Intent(
        intent_id=key,
        account_id=going_on.account_id,
        order=order,
        business_date=old.business_date,
        created_at=now,
        signal_id=old.signal_id,
        parent_id=old.intent_id,
        routes=old.routes if going_on.convert else old.routes[1:],
        arrival_price=old.arrival_price,
        valid_until=old.valid_until,
        proposer=old.proposer,
        window=old.window,
    )
    return Placement(heir, OrderState.PLANNED)
