"""Alpaca's order endpoints over a simulated account."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation

from simulator.account import SimulatedAccount
from simulator.protocols.alpaca_lists import Refused, invalid
from simulator.protocols.alpaca_rows import Row, order_row
from tieout.errors import (
    DuplicateOrder,
    InsufficientFunds,
    Malformed,
    MarketClosed,
    NotFound,
    NotTradable,
    Rejected,
)
from tieout.ids import ClientOrderId
from tieout.instruments import Instrument, crypto, equity, option
from tieout.options.osi import is_osi
from tieout.orders import Order, OrderReport, OrderType, Side, TimeInForce


def create(account: SimulatedAccount, body: object) -> Row:
    """POST /v2/orders. Raises Refused."""
    fields = _object(body)
    order = _order(fields, str(fields.get("client_order_id") or uuid.uuid4()))
    return order_row(_told(lambda: account.submit(order)))


def replace(account: SimulatedAccount, broker_order_id: str, body: object) -> Row:
    """PATCH /v2/orders/{id}: a new order that replaces the old one. Raises Refused."""
    fields, known = _object(body), find(account, broker_order_id)
    merged: dict[str, object] = {
        "symbol": None,
        "side": known.side,
        "type": known.order_type,
        "time_in_force": known.time_in_force,
        "qty": str(known.quantity),
        "limit_price": known.limit_price and str(known.limit_price),
        "stop_price": known.stop_price and str(known.stop_price),
        **fields,
    }
    order = _order(merged, str(fields.get("client_order_id") or uuid.uuid4()), known.instrument)
    old = _client_id(known)
    return order_row(_told(lambda: account.replace(old, order)))


def cancel(account: SimulatedAccount, broker_order_id: str) -> None:
    """DELETE /v2/orders/{id}. Raises Refused: 404 unknown, 422 no longer working."""
    known = find(account, broker_order_id)
    if not known.state.is_live:
        raise Refused(422, 42210000, f"order is already in {order_row(known)['status']!r} state")
    _told(lambda: account.cancel(_client_id(known)))


def cancel_all(account: SimulatedAccount) -> list[Row]:
    """DELETE /v2/orders: one line for each open order."""
    open_orders = [order for order in account.orders() if order.state.is_live]
    lines: list[Row] = []
    for order in open_orders:
        cancel(account, order.broker_order_id)
        lines.append(
            {"id": order.broker_order_id, "status": 200, "body": order_row(find(account, order.broker_order_id))}
        )
    return lines


def find(account: SimulatedAccount, broker_order_id: str) -> OrderReport:
    """The order (or leg) under the venue's id. Raises Refused."""
    for order in account.orders():
        for each in (order, *order.legs):
            if each.broker_order_id == broker_order_id:
                return each
    raise not_found(broker_order_id)


def find_by_client_id(account: SimulatedAccount, client_order_id: str) -> OrderReport:
    """The order under the customer's id. Raises Refused."""
    for order in account.orders():
        if order.client_order_id == client_order_id:
            return order
    raise not_found(client_order_id)


def not_found(order_id: str) -> Refused:
    """404 in the venue's words."""
    return Refused(404, 40410000, f"order not found for {order_id}")


def instrument_of(symbol: str) -> Instrument:
    """The instrument a request names. Raises Refused in the venue's words."""
    try:
        if is_osi(symbol):
            return option(symbol)
        if "/" in symbol:
            return crypto(*symbol.split("/", 1))
        return equity(symbol)
    except Malformed:
        raise unknown_asset(symbol) from None


def unknown_asset(symbol: str) -> Refused:
    """422 in the venue's words."""
    return invalid(f'could not find asset "{symbol}"')


def _order(fields: Mapping[str, object], client_order_id: str, instrument: Instrument | None = None) -> Order:
    if fields.get("notional") is not None:
        raise invalid("notional orders are not simulated")
    quantity = _number(fields, "qty")
    if quantity is None or quantity <= 0:
        raise invalid("qty must be > 0")
    try:
        return Order(
            client_order_id=ClientOrderId(client_order_id),
            instrument=instrument or instrument_of(str(fields.get("symbol") or "")),
            side=Side(str(fields.get("side"))),
            quantity=quantity,
            order_type=OrderType(str(fields.get("type"))),
            time_in_force=TimeInForce(str(fields.get("time_in_force"))),
            limit_price=_number(fields, "limit_price"),
            stop_price=_number(fields, "stop_price"),
            extended_hours=fields.get("extended_hours") is True,
        )
    except ValueError as error:
        raise invalid(f"invalid order: {error}") from None


def _number(fields: Mapping[str, object], name: str) -> Decimal | None:
    value = fields.get(name)
    if value is None or value == "":
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise invalid(f"{name} is no number") from None
    if not number.is_finite():
        raise invalid(f"{name} is no number")
    return number


def _object(body: object) -> dict[str, object]:
    if not isinstance(body, dict):
        raise Refused(400, 40010000, "request body format is invalid")
    return body


def _client_id(order: OrderReport) -> ClientOrderId:
    if order.client_order_id is None:
        raise not_found(order.broker_order_id)
    return order.client_order_id


def _told(tell: Callable[[], OrderReport]) -> OrderReport:
    """Do it, with the account's refusals in the venue's codes and words."""
    try:
        return tell()
    except DuplicateOrder:
        raise invalid("client_order_id must be unique") from None
    except InsufficientFunds as error:
        raise Refused(403, 40310000, f"insufficient buying power: {error.reason}") from None
    except NotTradable as error:
        raise invalid(f"could not find asset {error.reason}") from None
    except MarketClosed as error:
        raise Refused(403, 40310000, f"market is closed: {error.reason}") from None
    except NotFound as error:
        raise not_found(error.reason) from None
    except Rejected as error:
        raise invalid(error.reason) from None
