"""Placements in the states that rules are about, and what a venue may say of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tieout.execution import step
from tieout.ids import AccountId, BrokerOrderId
from tieout.instruments import equity
from tieout.intents import Intent, intent_id, order_id_of
from tieout.orders import Order, OrderReport, OrderState, OrderType, Side, TimeInForce
from tieout.placement import Approved, Observation, Place, Placement, Policy, Step

NOW = datetime(2026, 1, 14, 15, 0, tzinfo=UTC)
FIRST, SECOND = AccountId("first"), AccountId("second")
POLICY = Policy()
TEN = Decimal(10)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def planned(*, quantity: str = "10", kind: OrderType = OrderType.LIMIT, routes: bool = True, **more: Any) -> Placement:
    """Buy at 60, at the first of two accounts."""
    key = intent_id(FIRST, "example")
    limit = Decimal(60) if kind is OrderType.LIMIT else None
    order = Order(order_id_of(key), equity("KO"), Side.BUY, Decimal(quantity), kind, TimeInForce.DAY, limit)
    intent = Intent(key, FIRST, order, date(2026, 1, 14), NOW, routes=(SECOND,) if routes else (), **more)
    return Placement(intent, OrderState.PLANNED)


def sending(**more: Any) -> Placement:
    return seen(planned(**more), Approved("risk")).placement


def working(**more: Any) -> Placement:
    row = sending(**more)
    return replace(row, state=OrderState.WORKING, accepted=True, broker_order_id=BrokerOrderId("V1"))


def unknown(**more: Any) -> Placement:
    return replace(sending(**more), state=OrderState.UNKNOWN, unknown_since=NOW, reason="timed out")


def seen(row: Placement, what: Observation, at: float = 0, policy: Policy = POLICY) -> Step:
    return step(row, what, after(at), policy)


def report(state: OrderState, filled: str = "0", status: str = "") -> OrderReport:
    order = planned().intent.order
    return OrderReport(
        BrokerOrderId("V1"),
        order.client_order_id,
        state,
        order.instrument,
        order.side,
        order.quantity,
        Decimal(filled),
        venue_status=status,
    )


PLACES = tuple(Place)
