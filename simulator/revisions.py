"""Trades that the exchange corrects or takes back after the event."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from simulator.books import Books
from simulator.desk import Desk
from simulator.orders import Role, WorkingOrder
from simulator.updates import Change
from tieout.money import ZERO
from tieout.orders import OrderState
from tieout.records import Execution, RecordStatus


def revise(
    books: Books,
    desk: Desk,
    execution_id: str,
    quantity: Decimal | None,
    price: Decimal | None,
    *,
    busted: bool = False,
) -> Execution:
    """Give a trade other units or another price, or take it back: position, cash and the order's fills follow at once.

    raises   KeyError for a trade that is not there, ValueError for one that was taken back already
    """
    old = {one.execution_id: one for one in books.executions.all}[execution_id]  # type: ignore[index]
    if old.status is RecordStatus.CANCELLED:
        raise ValueError(f"execution {execution_id} was taken back already")
    status = RecordStatus.CANCELLED if busted else RecordStatus.CORRECTED
    new = replace(old, quantity=quantity or old.quantity, price=price or old.price, status=status)
    working = desk.by_broker_id(old.broker_order_id or "")
    if working is None:
        raise KeyError(old.broker_order_id)
    books.revise(old, new)
    _refill(working, -old.quantity, old.price)
    if not busted:
        _refill(working, new.quantity, new.price)
    for one in (working, *((working.parent,) if working.role is Role.LEG and working.parent else ())):
        _restate(one)
    desk.revised(working, new, Change.BUSTED if busted else Change.CORRECTED)
    return new


def _refill(working: WorkingOrder, quantity: Decimal, price: Decimal) -> None:
    working.filled_quantity += quantity
    working.filled_value += quantity * price


def _restate(working: WorkingOrder) -> None:
    """An order that was full and is not any more has ended: exchanges do not work the rest again."""
    if working.role is Role.COMBINATION:
        legs = working.children
        ratios = {leg.instrument.symbol: leg.ratio for leg in working.order.legs}
        working.filled_quantity = min(leg.filled_quantity / ratios[leg.order.instrument.symbol] for leg in legs)
        working.filled_value = sum((leg.order.side.sign * leg.filled_value for leg in legs), ZERO)
    if working.state is OrderState.FILLED and working.remaining > 0:
        working.state = OrderState.CANCELLED
    elif working.state is OrderState.PARTIALLY_FILLED and not working.filled_quantity:
        working.state = OrderState.WORKING
