"""Alpaca's order endpoints over a simulated account."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable
from datetime import datetime

from simulator.account import SimulatedAccount
from simulator.orders import WorkingOrder
from simulator.protocols.alpaca_lists import Refused, invalid
from simulator.protocols.alpaca_order_rows import MULTI_LEG, order_row
from simulator.protocols.alpaca_requests import Fields, number, order_of, share
from simulator.protocols.alpaca_rows import Row
from tieout.errors import DuplicateOrder, InsufficientFunds, MarketClosed, NotFound, NotTradable, Rejected
from tieout.ids import ClientOrderId
from tieout.money import plain
from tieout.orders import Order, OrderReport, TimeInForce


def create(account: SimulatedAccount, body: object) -> Row:
    """POST /v2/orders. Raises Refused."""
    fields = _object(body)
    order = order_of(fields, str(fields.get("client_order_id") or uuid.uuid4()), account.listed)
    return _row(account, _told(account, order, lambda: account.submit(order)))


def replace(account: SimulatedAccount, broker_order_id: str, body: object) -> Row:
    """PATCH /v2/orders/{id}: a new order that replaces the old one. Raises Refused."""
    fields, known = _object(body), find(account, broker_order_id)
    order = _changed(known.order, fields)
    return _row(account, _told(account, order, lambda: account.replace(known.order.client_order_id, order)))


def cancel(account: SimulatedAccount, broker_order_id: str) -> None:
    """DELETE /v2/orders/{id}. Raises Refused: 404 unknown, 422 no longer working."""
    known = find(account, broker_order_id)
    if not known.state.is_live:
        raise Refused(422, 42210000, f"order is already in {order_row(known.report())['status']!r} state")
    _told(account, known.order, lambda: account.cancel(known.order.client_order_id))


def cancel_all(account: SimulatedAccount) -> list[Row]:
    """DELETE /v2/orders: one line for each open order, which is being cancelled by then."""
    lines: list[Row] = []
    for working in account.live:
        if working.state.is_live:  # it may have gone with one before it
            row = _row(account, working.report()) | {"status": "pending_cancel"}
            cancel(account, working.broker_order_id)
            lines.append({"id": working.broker_order_id, "status": 200, "body": row})
    return lines


def shown(account: SimulatedAccount, working: WorkingOrder, now: datetime, query: Fields) -> Row:
    """An order as look-ups show it: 404 until they do, legs only where asked for."""
    if working.shown_from > now:
        raise not_found(working.broker_order_id)
    row = _row(account, working.report())
    rolled_up = query.get("nested") == "true" or row["order_class"] == MULTI_LEG
    return row if rolled_up else row | {"legs": None}


def find(account: SimulatedAccount, broker_order_id: str) -> WorkingOrder:
    """The order (or leg) under the venue's id. Raises Refused."""
    found = account.desk.by_broker_id(broker_order_id)
    if found is None:
        raise not_found(broker_order_id)
    return found


def find_by_client_id(account: SimulatedAccount, client_order_id: str) -> WorkingOrder:
    """The order under the customer's id. Raises Refused."""
    found = account.desk.find(client_order_id)
    if found is None:
        raise not_found(client_order_id)
    return found


def not_found(order_id: str) -> Refused:
    """404 in the venue's words."""
    return Refused(404, 40410000, f"order not found for {order_id}")


def _row(account: SimulatedAccount, report: OrderReport) -> Row:
    return order_row(report, account.desk.by_broker_id)


def _changed(order: Order, fields: Fields) -> Order:
    """The order with what a PATCH names; it keeps the exits it came with, so they are not sent again."""
    trail = number(fields, "trail")
    try:
        return dataclasses.replace(
            order,
            client_order_id=ClientOrderId(str(fields.get("client_order_id") or uuid.uuid4())),
            quantity=number(fields, "qty") or order.quantity,
            time_in_force=TimeInForce(str(fields.get("time_in_force") or order.time_in_force)),
            limit_price=number(fields, "limit_price") or order.limit_price,
            stop_price=number(fields, "stop_price") or order.stop_price,
            trail_amount=trail if trail and order.trail_amount else order.trail_amount,
            trail_percent=share(trail) if trail and order.trail_percent else order.trail_percent,
            take_profit=None,
            stop_loss=None,
        )
    except ValueError as error:
        raise invalid(f"invalid order: {error}") from None


def _object(body: object) -> dict[str, object]:
    if not isinstance(body, dict):
        raise Refused(400, 40010000, "request body format is invalid")
    return body


def _told(account: SimulatedAccount, order: Order, tell: Callable[[], OrderReport]) -> OrderReport:
    """Do it, with the account's refusals in the venue's codes and words."""
    try:
        return tell()
    except DuplicateOrder:
        raise invalid("client_order_id must be unique") from None
    except InsufficientFunds as error:
        raise _insufficient(account, order, error) from None
    except NotTradable as error:
        raise invalid(f"could not find asset {error.reason}") from None
    except MarketClosed as error:
        raise Refused(403, 40310000, f"market is closed: {error.reason}") from None
    except NotFound as error:
        raise not_found(error.reason) from None
    except Rejected as error:
        raise invalid(error.reason) from None


def _insufficient(account: SimulatedAccount, order: Order, error: InsufficientFunds) -> Refused:
    if "to spend" in error.reason or order.legs:
        return Refused(403, 40310000, f"insufficient buying power: {error.reason}")
    existing = account.books.units(order.instrument)
    available = account.desk.means.available(order, account.live)
    return Refused(
        403,
        40310000,
        f"insufficient qty available for order (requested: {plain(order.quantity)}, available: {plain(available)})",
        symbol=order.instrument.symbol,
        existing_qty=plain(existing),
        available=plain(available),
        held_for_orders=plain(abs(existing) - available),
    )
