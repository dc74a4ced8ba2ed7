"""Which executions belong to an order, and how many of its units they are. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from tieout.money import ZERO
from tieout.orders import Order
from tieout.placement import Placement
from tieout.records import Execution, RecordStatus


def belongs_to(execution: Execution, row: Placement) -> bool:
    """By our id where the venue tells it, otherwise by the venue's own id of the order."""
    if execution.client_order_id is not None:
        return execution.client_order_id == row.intent.order.client_order_id
    return execution.broker_order_id is not None and execution.broker_order_id == row.broker_order_id


def sorted_out(executions: Iterable[Execution], rows: Sequence[Placement]) -> list[tuple[Execution, ...]]:
    """The executions of each order, in the order of the rows; one that belongs to none of them is left out."""
    by_ours: dict[str, list[Execution]] = defaultdict(list)
    by_theirs: dict[str, list[Execution]] = defaultdict(list)
    for one in executions:
        if one.client_order_id is not None:
            by_ours[one.client_order_id].append(one)
        elif one.broker_order_id is not None:
            by_theirs[one.broker_order_id].append(one)
    return [
        (*by_ours[row.intent.order.client_order_id], *(by_theirs[row.broker_order_id] if row.broker_order_id else ()))
        for row in rows
    ]


def busted_units_of(order: Order, executions: Iterable[Execution]) -> Decimal:
    """Units of the order that its executions were before some of them were taken back, less what stands now."""
    every = tuple(executions)
    as_traded = (replace(one, status=RecordStatus.EXECUTED) for one in every)
    return units_of(order, as_traded) - units_of(order, every)


def units_of(order: Order, executions: Iterable[Execution]) -> Decimal:
    """Units of the order that its executions are; a bust counts for nothing, a correction with its new quantity.

    executions   each in its newest revision
    returns      for a multi-leg order, whole units: as many as its least filled leg allows
    """
    by_symbol: dict[str, Decimal] = defaultdict(Decimal)
    for one in executions:
        if one.status is not RecordStatus.CANCELLED:
            by_symbol[one.instrument.symbol] += one.quantity
    if not order.legs:
        return sum(by_symbol.values(), ZERO)
    return min(by_symbol[leg.instrument.symbol] // leg.ratio for leg in order.legs)
