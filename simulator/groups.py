"""Orders that belong together: an entry and its exits, a pair of exits, a combination and its legs."""

from __future__ import annotations

from dataclasses import replace

from simulator.ids import venue_uuid
from simulator.orders import Role, WorkingOrder
from tieout.errors import InvalidOrder
from tieout.ids import BrokerOrderId, ClientOrderId
from tieout.orders import Order, OrderLeg, OrderType, Side, TimeInForce

_BROKER = "simulator"
_BRACKET_TYPES = frozenset({OrderType.MARKET, OrderType.LIMIT})
_BRACKET_TIMES = frozenset({TimeInForce.DAY, TimeInForce.GTC})
_MOST_LEGS = 4


def role_of(order: Order) -> Role:
    """What the order sent is among those it brings along.

    raises   InvalidOrder for a combination of fields that makes no group
    """
    if order.legs:
        _require_combination(order)
        return Role.COMBINATION
    if order.take_profit is None and order.stop_loss is None:
        return Role.SIMPLE
    _require_exits(order)
    return Role.TAKE_PROFIT if order.is_exit else Role.ENTRY


def as_worked(order: Order, role: Role) -> Order:
    """The order as it trades: a pair of exits trades as its take-profit, and the stop beside it."""
    if role is not Role.TAKE_PROFIT:
        return order
    return replace(order, order_type=OrderType.LIMIT, limit_price=order.take_profit, stop_price=None)


def children_of(working: WorkingOrder) -> list[WorkingOrder]:
    """The orders that come with it."""
    order = working.order
    if working.role is Role.COMBINATION:
        return [_leg(working, leg) for leg in order.legs]
    if working.role is Role.TAKE_PROFIT:
        return [_stop(working, order.side)]
    if working.role is not Role.ENTRY:
        return []
    side = Side.SELL if order.side is Side.BUY else Side.BUY
    exits = [_child(working, Role.TAKE_PROFIT, side, OrderType.LIMIT)] if order.take_profit is not None else []
    return exits + ([_stop(working, side)] if order.stop_loss is not None else [])


def twin_of(working: WorkingOrder) -> WorkingOrder | None:
    """The other exit of a pair, where it may still trade."""
    others = [one for one in working.exits if one is not working and one.state.is_live]
    return others[0] if others else None


def _stop(parent: WorkingOrder, side: Side) -> WorkingOrder:
    return _child(parent, Role.STOP_LOSS, side, OrderType.STOP)


def _child(parent: WorkingOrder, role: Role, side: Side, kind: OrderType) -> WorkingOrder:
    sent = parent.order
    gain = role is Role.TAKE_PROFIT
    order = Order(
        _child_id(parent, role),
        sent.instrument,
        side,
        sent.quantity,
        kind,
        sent.time_in_force,
        limit_price=sent.take_profit if gain else None,
        stop_price=None if gain else sent.stop_loss,
        is_exit=True,
    )
    return _beside(parent, order, role, waiting=parent.role is Role.ENTRY)


def _leg(parent: WorkingOrder, leg: OrderLeg) -> WorkingOrder:
    sent = parent.order
    key = _child_id(parent, leg.instrument.symbol)
    quantity = sent.quantity * leg.ratio
    order = Order(key, leg.instrument, leg.side, quantity, OrderType.MARKET, sent.time_in_force)
    return _beside(parent, order, Role.LEG, waiting=False)


def _beside(parent: WorkingOrder, order: Order, role: Role, *, waiting: bool) -> WorkingOrder:
    return WorkingOrder(
        order=order,
        broker_order_id=BrokerOrderId(venue_uuid(parent.broker_order_id, "order", order.client_order_id)),
        submitted_at=parent.submitted_at,
        updated_at=parent.submitted_at,
        expires_at=parent.expires_at,
        shown_from=parent.shown_from,
        role=role,
        waiting=waiting,
        heard=parent.heard,
        late=parent.late,
        parent=parent,
    )


def _child_id(parent: WorkingOrder, which: str) -> ClientOrderId:
    return ClientOrderId(venue_uuid(parent.broker_order_id, "client", which))


def _require_combination(order: Order) -> None:
    symbols = {leg.instrument.symbol for leg in order.legs}
    if not 2 <= len(order.legs) <= _MOST_LEGS or len(symbols) < len(order.legs):
        raise InvalidOrder(_BROKER, f"a combination has two to {_MOST_LEGS} legs of different contracts")
    if order.order_type not in _BRACKET_TYPES or order.time_in_force in (TimeInForce.OPEN, TimeInForce.CLOSE):
        raise InvalidOrder(_BROKER, "a combination is a market or limit order of the session")
    if any(leg.ratio < 1 for leg in order.legs) or order.take_profit is not None or order.stop_loss is not None:
        raise InvalidOrder(_BROKER, "a leg's ratio counts up from one, and a combination has no exits")


def _require_exits(order: Order) -> None:
    gain, loss = order.take_profit, order.stop_loss
    if order.time_in_force not in _BRACKET_TIMES or order.extended_hours:
        raise InvalidOrder(_BROKER, "exits are day or gtc orders of the regular session")
    if order.is_exit and (gain is None or loss is None):
        raise InvalidOrder(_BROKER, "an exit with one price is a limit or a stop order")
    if not order.is_exit and order.order_type not in _BRACKET_TYPES:
        raise InvalidOrder(_BROKER, "an entry with exits is a market or limit order")
    long = (order.side is Side.BUY) is not order.is_exit
    if gain is not None and loss is not None and (gain <= loss if long else gain >= loss):
        raise InvalidOrder(_BROKER, "take_profit and stop_loss stand on the wrong sides of each other")


def end_with(working: WorkingOrder) -> tuple[WorkingOrder, ...]:
    """Live orders that end with this one: an entry's exits, a combination's legs, the other exit of a pair."""
    twin = twin_of(working)
    below = [child for child in working.children if child.state.is_live]
    return tuple(dict.fromkeys([*below, *([twin] if twin else [])]))
