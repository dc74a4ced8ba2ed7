"""Coinbase's orders: place, edit, cancel, list, and the fills they made.

Source: "Orders" of the Advanced Trade reference. A client order id is idempotent for ever: the same one brings the
first order back. A refused order is an answer of 200 with `success: false`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from simulator.orders import WorkingOrder
from simulator.protocols.coinbase.rows import fill_row, order_row
from simulator.protocols.coinbase.signing import refused
from simulator.protocols.coins import orders
from simulator.protocols.coins.face import Asked
from simulator.protocols.coins.ledger import is_within, trades
from simulator.protocols.coins.numbers import numbers_of
from simulator.protocols.coins.orders import Draft, Habits, IdRule
from simulator.protocols.coins.paging import newest_first
from simulator.protocols.coins.refusals import No, Why
from simulator.protocols.coins.rows import Row
from simulator.protocols.coins.rules import CoinMarket
from simulator.protocols.wire import FaceAnswer, answered
from tieout.orders import OrderType, Side, TimeInForce

HABITS = Habits(IdRule.FOR_EVER, refuses_reached=False)
RecordT = TypeVar("RecordT")
_KINDS = {
    "market_market_ioc": (OrderType.MARKET, TimeInForce.IOC),
    "limit_limit_gtc": (OrderType.LIMIT, TimeInForce.GTC),
    "limit_limit_fok": (OrderType.LIMIT, TimeInForce.FOK),
    "sor_limit_ioc": (OrderType.LIMIT, TimeInForce.IOC),
    "stop_limit_stop_limit_gtc": (OrderType.STOP_LIMIT, TimeInForce.GTC),
}
_REASONS = {
    Why.FUNDS: ("INSUFFICIENT_FUND", "Insufficient balance in source account"),
    Why.UNKNOWN_SYMBOL: ("INVALID_PRODUCT_ID", "Invalid product_id"),
    Why.NOT_TRADING: ("TRADING_DISABLED", "Trading is disabled for this product"),
    Why.STEP: ("INVALID_SIZE_PRECISION", "Too many decimals in order amount"),
    Why.TICK: ("INVALID_PRICE_PRECISION", "Too many decimals in order price"),
    Why.LEAST: ("PREVIEW_INVALID_BASE_SIZE_TOO_SMALL", "Order size is too small"),
    Why.MOST: ("PREVIEW_INVALID_BASE_SIZE_TOO_LARGE", "Order size is too large"),
    Why.VALUE: ("PREVIEW_INVALID_QUOTE_SIZE_TOO_SMALL", "Order value is too small"),
    Why.WOULD_TAKE: ("INVALID_LIMIT_PRICE_POST_ONLY", "Post only order would execute immediately"),
    Why.FIELD: ("UNSUPPORTED_ORDER_CONFIGURATION", "Order configuration is not supported"),
}
_MOST = 250
_FILTERS = ("order_id", "order_ids", "product_id", "product_ids")


def create(asked: Asked) -> FaceAnswer:
    """POST /api/v3/brokerage/orders."""
    sent = asked.fields
    link = sent.get("client_order_id", "")
    try:
        working = _before(asked, link) or orders.place(asked.venue, asked.account, _draft(asked), HABITS)
    except No as no:
        return answered(_refused(no))
    acknowledged = {
        "order_id": working.broker_order_id,
        "product_id": sent.get("product_id", ""),
        "side": sent.get("side", ""),
        "client_order_id": link,
    }
    return answered({"success": True, "success_response": acknowledged, "order_configuration": {}})


def cancel(asked: Asked) -> FaceAnswer:
    """POST /api/v3/brokerage/orders/batch_cancel: each has its own result."""
    return answered({"results": [_cancelled(asked, one["order_id"]) for one in asked.several]})


def edit(asked: Asked) -> FaceAnswer:
    """POST /api/v3/brokerage/orders/edit: price and size of a limit order that rests."""
    try:
        working = orders.by_uuid(asked.account, asked.text("order_id"))[1]
        draft = orders.draft_again(working, asked.markets.behind(working.order.instrument))
        changed = replace(
            draft, quantity=asked.number("size") or draft.quantity, price=asked.number("price") or draft.price
        )
        orders.amend(asked.venue, asked.account, working, changed, HABITS)
    except No as no:
        reason = "ORDER_NOT_FOUND" if no.why is Why.NOT_FOUND else "ONLY_OPEN_ORDERS_CAN_BE_EDITED"
        reason = reason if no.why in (Why.NOT_FOUND, Why.OVER) else "INVALID_EDITED_SIZE"
        return answered({"success": False, "errors": [{"edit_failure_reason": reason}]})
    return answered({"success": True, "errors": []})


def shown(asked: Asked) -> FaceAnswer:
    """GET /api/v3/brokerage/orders/historical/{id}."""
    try:
        working = orders.by_uuid(asked.account, asked.part)[1]
    except No:
        raise refused("NOT_FOUND", "order with this orderID was not found", 404) from None
    return answered({"order": order_row(asked.account, working, asked.markets.behind(working.order.instrument))})


def listed(asked: Asked) -> FaceAnswer:
    """GET /api/v3/brokerage/orders/historical/batch: newest first."""
    wanted = asked.fields.get
    since, until = _moment(wanted("start_date")), _moment(wanted("end_date"))
    rows = []
    for number, working in numbers_of(asked.account).orders():
        if working.order.instrument.is_margined or not is_within(working.submitted_at, since, until):
            continue
        row = order_row(asked.account, working, asked.markets.behind(working.order.instrument))
        names = (("order_status", "status"), ("product_id", "product_id"), ("product_ids", "product_id"))
        if all(wanted(asked_as) in (None, "", row[shown_as]) for asked_as, shown_as in names):
            rows.append((number, row))
    found, cursor = page(asked, rows)
    return answered({"orders": found, "sequence": "0", "has_next": bool(cursor), "cursor": cursor})


def fills(asked: Asked) -> FaceAnswer:
    """GET /api/v3/brokerage/orders/historical/fills: newest first."""
    wanted = asked.fields.get
    since, until = _moment(wanted("start_sequence_timestamp")), _moment(wanted("end_sequence_timestamp"))
    rows = []
    for number, one in trades(asked.account):
        if one.instrument.is_margined or not is_within(one.executed_at, since, until):
            continue
        row = fill_row(asked.account, number, one, asked.markets.of(one.instrument))
        if all(wanted(name) in (None, "", row[name.removesuffix("s")]) for name in _FILTERS):
            rows.append((number, row))
    found, cursor = page(asked, rows)
    return answered({"fills": found, "cursor": cursor})


def page(asked: Asked, rows: list[tuple[int, RecordT]]) -> tuple[list[RecordT], str]:
    """The records of one page, and the cursor of the next: empty on the last."""
    cursor = asked.whole("cursor", 0)
    found = newest_first(rows, asked.whole("limit", 100, _MOST) or _MOST, cursor or None)
    return [one for _, one in found.rows], "" if found.last is None else str(found.last)


def _before(asked: Asked, link: str) -> WorkingOrder | None:
    """The order that had the id first."""
    return asked.account.desk.find(link) if link else None


def _refused(no: No) -> Row:
    reason, words = _REASONS.get(no.why, ("UNKNOWN_FAILURE_REASON", str(no)))
    preview = reason if reason.startswith("PREVIEW_") else f"PREVIEW_{reason}"
    error = {"error": reason, "message": words, "error_details": "", "preview_failure_reason": preview}
    return {"success": False, "error_response": error, "order_configuration": {}}


def _cancelled(asked: Asked, order_id: str) -> Row:
    reason, done = "UNKNOWN_CANCEL_FAILURE_REASON", True
    try:
        orders.cancel(asked.account, orders.by_uuid(asked.account, order_id)[1])
    except No:
        reason, done = "UNKNOWN_CANCEL_ORDER", False
    return {"success": done, "failure_reason": reason, "order_id": order_id}


def _draft(asked: Asked) -> Draft:
    """The order that a request asks for. Raises No."""
    market, side, kind = _market(asked), asked.text("side"), asked.text("configuration")
    if side not in ("BUY", "SELL") or kind not in _KINDS:
        raise No(Why.FIELD, "order_configuration")
    order_type, until = _KINDS[kind]
    size, spends = asked.number("base_size"), asked.number("quote_size")
    if (size is None) == (spends is None):
        raise No(Why.FIELD, "base_size")
    if side == "BUY" and order_type is OrderType.MARKET and spends is None:
        raise No(Why.FIELD, "quote_size")
    return Draft(
        market,
        Side(side.lower()),
        order_type,
        until,
        size or Decimal(0),
        asked.number("limit_price"),
        asked.number("stop_price"),
        asked.text("client_order_id"),
        None,
        False,
        asked.fields.get("post_only") == "true",
        spends,
    )


def _market(asked: Asked) -> CoinMarket:
    return asked.market("product_id", lambda one: one.is_spot)


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise refused("INVALID_ARGUMENT", "invalid date", 400) from None
