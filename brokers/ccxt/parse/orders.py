"""ccxt's order to our report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from brokers.ccxt.fields import moment_of, number_of
from brokers.ccxt.markets import Market, in_units, instrument_of
from brokers.ccxt.paging import pick
from tieout.errors import Malformed
from tieout.hedge import Leg
from tieout.ids import BrokerOrderId, ClientOrderId
from tieout.instruments import Instrument
from tieout.money import ZERO
from tieout.orders import Order, OrderReport, OrderState, OrderType, Side, TimeInForce

STATES = {
    "open": OrderState.WORKING,
    "canceling": OrderState.WORKING,  # asked for, not yet done
    "closed": OrderState.FILLED,
    "canceled": OrderState.CANCELLED,
    "expired": OrderState.EXPIRED,
    "rejected": OrderState.REJECTED,
}
TYPES = {
    "market": OrderType.MARKET,
    "limit": OrderType.LIMIT,
    "limit_maker": OrderType.LIMIT,
    "post_only": OrderType.LIMIT,
    "ioc": OrderType.LIMIT,
    "fok": OrderType.LIMIT,
    "stop": OrderType.STOP,
    "stop_market": OrderType.STOP,
    "stop_loss": OrderType.STOP,
    "stop-loss": OrderType.STOP,
    "stop_limit": OrderType.STOP_LIMIT,
    "stop_loss_limit": OrderType.STOP_LIMIT,
    "stop-loss-limit": OrderType.STOP_LIMIT,
    "trailing_stop_market": OrderType.TRAILING_STOP,
}
TIMES = {"gtc": TimeInForce.GTC, "ioc": TimeInForce.IOC, "fok": TimeInForce.FOK, "day": TimeInForce.DAY}

LEGS = {"long": Leg.LONG, "short": Leg.SHORT, "LONG": Leg.LONG, "SHORT": Leg.SHORT, "1": Leg.LONG, "2": Leg.SHORT}
"""Which leg a venue's word for the side of a position means; any other word is one-way mode."""


@dataclass(frozen=True, slots=True)
class OrderWords:
    """Where a venue's own order row has what ccxt leaves out; `a|b.c` for one place or another.

    status    its word for the state
    client    our id; where it is `alone`, no other field that ccxt takes for it counts
    leg       the leg of hedge mode
    """

    status: str
    client: str
    leg: str = ""
    alone: bool = False


def order_report(record: Mapping[str, Any], market: Market, words: OrderWords) -> OrderReport:
    """One order as it stands.

    record    as ccxt reads the venue's row, which is inside under `info`
    raises    Malformed for a state or number that cannot be read: never a guess
    """
    raw: Mapping[str, Any] = record.get("info") or {}
    where = f"order {record.get('id')}"
    quantity, filled = number_of(record, "amount"), number_of(record, "filled") or ZERO
    return OrderReport(
        broker_order_id=_id(record, where),
        client_order_id=_client_id(record, raw, words),
        state=_state(record, quantity, filled, where),
        instrument=instrument_of(market, LEGS.get(str(raw.get(words.leg)))),
        side=_side(record, where),
        quantity=None if quantity is None else in_units(quantity, market),
        filled_quantity=in_units(filled, market),
        average_fill_price=number_of(record, "average") if filled else None,
        order_type=_type(record, raw),
        time_in_force=TIMES.get(str(record.get("timeInForce")).lower()),
        limit_price=number_of(record, "price") if str(record.get("type")) != "market" else None,
        stop_price=number_of(record, "triggerPrice"),
        submitted_at=moment_of(record, "timestamp"),
        updated_at=moment_of(record, "lastUpdateTimestamp") or moment_of(record, "lastTradeTimestamp"),
        venue_status=str(pick(raw, words.status) or record.get("status") or ""),
    )


def acknowledged(broker_order_id: str, order: Order, instrument: Instrument, quantity: Decimal) -> OrderReport:
    """The report of an order whose venue answers with its number alone: taken, and to be looked up for more."""
    return OrderReport(
        broker_order_id=BrokerOrderId(broker_order_id),
        client_order_id=order.client_order_id,
        state=OrderState.WORKING,
        instrument=instrument,
        side=order.side,
        quantity=quantity,
        filled_quantity=ZERO,
        order_type=order.order_type,
        time_in_force=order.time_in_force,
        limit_price=order.limit_price,
        stop_price=order.stop_price,
        venue_status="acknowledged",
    )


def _id(record: Mapping[str, Any], where: str) -> BrokerOrderId:
    found = record.get("id")
    if not isinstance(found, str) or not found:
        raise Malformed(f"{where}: the order has no number", received=repr(record.get("info"))[:300])
    return BrokerOrderId(found)


def _client_id(record: Mapping[str, Any], raw: Mapping[str, Any], words: OrderWords) -> ClientOrderId | None:
    found = pick(raw, words.client) or (None if words.alone else record.get("clientOrderId"))
    return ClientOrderId(str(found)) if found else None


def _state(record: Mapping[str, Any], quantity: Decimal | None, filled: Decimal, where: str) -> OrderState:
    status = record.get("status")
    if status not in STATES:
        raise Malformed(f"{where}: {status!r} is no state of an order that is known", received=str(status))
    state = STATES[status]
    if state is OrderState.WORKING and filled > 0:
        return OrderState.PARTIALLY_FILLED
    if state is OrderState.FILLED and quantity is not None and filled < quantity:
        return OrderState.CANCELLED  # ccxt says `closed` of a rest that was cancelled
    return state


def _side(record: Mapping[str, Any], where: str) -> Side | None:
    stated = record.get("side")
    if stated is None:
        return None
    try:
        return Side(str(stated).lower())
    except ValueError:
        raise Malformed(f"{where}: {stated!r} is no side", received=str(stated)) from None


def _type(record: Mapping[str, Any], raw: Mapping[str, Any]) -> OrderType | None:
    if "trailing" in f"{raw.get('origType')} {raw.get('type')} {raw.get('ordType')}".lower():
        return OrderType.TRAILING_STOP
    stated = TYPES.get(str(record.get("type")).lower())
    if stated in (OrderType.MARKET, OrderType.LIMIT) and record.get("triggerPrice") is not None:
        return OrderType.STOP if stated is OrderType.MARKET else OrderType.STOP_LIMIT
    return stated
