"""Binance's spot orders: place, look up, cancel, cancel-and-replace, amend, list, and the trades they made.

Sources: "Trading endpoints" and "Account endpoints" of the venue's REST documentation. Refused, because the simulated
market has no notion of them: take-profit triggers, order lists, pegged and iceberg orders.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from simulator.ids import venue_uuid
from simulator.orders import WorkingOrder
from simulator.protocols.binance.codes import SPOT, refused, said
from simulator.protocols.binance.rows import acknowledged, cancelled, fill_of, order_row, trade_row
from simulator.protocols.coins import orders
from simulator.protocols.coins.face import Asked
from simulator.protocols.coins.ledger import made, trades
from simulator.protocols.coins.numbers import numbers_of
from simulator.protocols.coins.orders import Draft, Habits, IdRule
from simulator.protocols.coins.refusals import No, Refused, Why
from simulator.protocols.coins.rows import Row, moment_of
from simulator.protocols.coins.rules import CoinMarket
from simulator.protocols.coins.state import is_maker
from simulator.protocols.wire import FaceAnswer, answered, from_json
from tieout.hedge import whole
from tieout.orders import OrderType, Side, TimeInForce
from tieout.records import Execution

RecordT = TypeVar("RecordT")

_KINDS = {
    "LIMIT": OrderType.LIMIT,
    "LIMIT_MAKER": OrderType.LIMIT,
    "MARKET": OrderType.MARKET,
    "STOP_LOSS": OrderType.STOP,
    "STOP_LOSS_LIMIT": OrderType.STOP_LIMIT,
}
_TIMES = {"GTC": TimeInForce.GTC, "IOC": TimeInForce.IOC, "FOK": TimeInForce.FOK}
_PRICED = frozenset({OrderType.LIMIT, OrderType.STOP_LIMIT})
HABITS = Habits(IdRule.WHILE_OPEN)
_DEFAULT, _MOST = 500, 1_000
_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS


def is_spot(market: CoinMarket) -> bool:
    return market.is_spot


def create(asked: Asked) -> FaceAnswer:
    """POST /api/v3/order."""
    return answered(_placed(asked, draft_of(asked)))


def test_order(asked: Asked) -> FaceAnswer:
    """POST /api/v3/order/test: checked and not taken."""
    draft = draft_of(asked)
    orders.check(asked.account, draft, asked.venue.market.quote(draft.market.instrument, asked.now), HABITS)
    return answered({})


def shown(asked: Asked) -> FaceAnswer:
    """GET /api/v3/order."""
    market = asked.market(chosen=is_spot)
    number, working = found(asked, market)
    return answered(order_row(number, working, market))


def cancel(asked: Asked) -> FaceAnswer:
    """DELETE /api/v3/order. An order that is over is as unknown as one that never was."""
    market = asked.market(chosen=is_spot)
    return answered(_cancelled(asked, market))


def cancel_all(asked: Asked) -> FaceAnswer:
    """DELETE /api/v3/openOrders."""
    market = asked.market(chosen=is_spot)
    ended = orders.cancel_all(asked.account, market)
    if not ended:
        raise refused(-2011, "Unknown order sent.")
    numbers = numbers_of(asked.account)
    return answered([cancelled(numbers.order(one.broker_order_id), one, market, _made_id(asked)) for one in ended])


def cancel_replace(asked: Asked) -> FaceAnswer:
    """POST /api/v3/order/cancelReplace: 409 where one of the two failed, 400 where both did."""
    market = asked.market(chosen=is_spot)
    new = {**asked.fields}
    old = {"symbol": market.symbol}
    for ours, theirs in (("orderId", "cancelOrderId"), ("origClientOrderId", "cancelOrigClientOrderId")):
        if theirs in new:
            old[ours] = new[theirs]
    stops = asked.text("cancelReplaceMode") == "STOP_ON_FAILURE"
    ended, cancel_no = _tried(lambda: _cancelled(replace(asked, fields=old), market))
    if cancel_no is not None and stops:
        raise _partly(-2022, "Order cancel-replace failed.", 400, "FAILURE", cancel_no, "NOT_ATTEMPTED", None)
    placed, new_no = _tried(lambda: _placed(asked, draft_of(asked)))
    if cancel_no is not None and new_no is not None:
        raise _partly(-2022, "Order cancel-replace failed.", 400, "FAILURE", cancel_no, "FAILURE", new_no)
    if cancel_no is not None or new_no is not None:
        results = ("SUCCESS" if cancel_no is None else "FAILURE", "SUCCESS" if new_no is None else "FAILURE")
        first, second = cancel_no or ended, new_no or placed
        raise _partly(-2021, "Order cancel-replace partially failed.", 409, results[0], first, results[1], second)
    return answered(
        {
            "cancelResult": "SUCCESS",
            "newOrderResult": "SUCCESS",
            "cancelResponse": ended,
            "newOrderResponse": placed,
        }
    )


def amend(asked: Asked) -> FaceAnswer:
    """PUT /api/v3/order/amend/keepPriority: a smaller quantity, the same place."""
    market = asked.market(chosen=is_spot)
    number, working = found(asked, market)
    quantity = asked.number("newQty")
    order = orders.coin_order(working)
    if quantity is None or not working.filled_quantity < quantity < order.quantity:
        raise refused(-2038, "Order amend (quantity increase) is not supported.")
    working.order = replace(order, quantity=quantity)
    working.updated_at = asked.now
    row = order_row(number, working, market)
    return answered(
        {
            "transactTime": row["updateTime"],
            "executionId": number,
            "amendedOrder": {
                "symbol": market.symbol,
                "orderId": number,
                "orderListId": -1,
                "origClientOrderId": row["clientOrderId"],
                "clientOrderId": row["clientOrderId"],
                "price": row["price"],
                "qty": row["origQty"],
                "executedQty": row["executedQty"],
                "preventedQty": "0.00000000",
                "quoteOrderQty": row["origQuoteOrderQty"],
                "cumulativeQuoteQty": row["cummulativeQuoteQty"],
                "status": row["status"],
                "timeInForce": row["timeInForce"],
                "type": row["type"],
                "side": row["side"],
                "workingTime": row["workingTime"],
                "selfTradePreventionMode": "NONE",
            },
        }
    )


def open_orders(asked: Asked) -> FaceAnswer:
    """GET /api/v3/openOrders, of one symbol or of all."""
    only = asked.market(chosen=is_spot).instrument if asked.fields.get("symbol") else None
    every = (
        (number, one, asked.markets.behind(one.order.instrument))
        for number, one in numbers_of(asked.account).orders()
        if one.state.is_live and only in (None, one.order.instrument)
    )
    return answered([order_row(number, one, market) for number, one, market in every if market.is_spot])


def all_orders(asked: Asked) -> FaceAnswer:
    """GET /api/v3/allOrders: from an id or a time on, otherwise the latest."""
    market = asked.market(chosen=is_spot)
    every = [one for one in numbers_of(asked.account).orders() if one[1].order.instrument == market.instrument]
    rows = within(asked, every, "orderId", lambda one: one.submitted_at)
    return answered([order_row(number, working, market) for number, working in rows])


def my_trades(asked: Asked) -> FaceAnswer:
    """GET /api/v3/myTrades: from an id or a time on, otherwise the latest."""
    market = asked.market(chosen=is_spot)
    every = [(n, one) for n, one in trades(asked.account) if one.instrument == market.instrument]
    if asked.fields.get("orderId"):
        every = [(n, one) for n, one in every if str(_order_number(asked, one)) == asked.fields["orderId"]]
    return answered(
        [
            trade_row(n, _order_number(asked, one), one, market, maker=is_maker(asked.account, one))
            for n, one in within(asked, every, "fromId", lambda one: one.executed_at)
        ]
    )


def within(
    asked: Asked,
    every: Iterable[tuple[int, RecordT]],
    cursor: str,
    at: Callable[[RecordT], datetime],
    *,
    longest_ms: int = _DAY_MS,
) -> list[tuple[int, RecordT]]:
    """How the venue pages: ascending from an id or a time; without either, the latest."""
    rows = sorted(every, key=lambda one: one[0])
    limit = asked.whole("limit", _DEFAULT, _MOST)
    start, end = asked.whole("startTime", 0), asked.whole("endTime", 0)
    if start and end and end - start > longest_ms:
        raise refused(-1127, f"More than {longest_ms // _HOUR_MS} hours between startTime and endTime.")
    if start:
        rows = [one for one in rows if at(one[1]) >= moment_of(start)]
    if end:
        rows = [one for one in rows if at(one[1]) <= moment_of(end)]
    if asked.fields.get(cursor):
        return [one for one in rows if one[0] >= asked.whole(cursor, 0)][:limit]
    return rows[:limit] if start else rows[-limit:]


def found(asked: Asked, market: CoinMarket) -> tuple[int, WorkingOrder]:
    """The order that a request names. Raises No."""
    number, client_id = asked.fields.get("orderId"), asked.fields.get("origClientOrderId")
    if not number and not client_id:
        raise refused(-1102, "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!")
    found = orders.by_number(asked.account, number) if number else orders.by_client_id(asked.account, client_id or "")
    if whole(found[1].order.instrument) != market.instrument:
        raise No(Why.NOT_FOUND)
    return found


def draft_of(asked: Asked) -> Draft:
    """The order that a request asks for. Raises No."""
    market, kind = asked.market(chosen=is_spot), asked.text("type")
    if kind not in _KINDS:
        raise refused(-1116, "Invalid orderType.")
    side = asked.text("side")
    if side not in ("BUY", "SELL"):
        raise refused(-1117, "Invalid side.")
    until = asked.fields.get("timeInForce", "GTC" if _KINDS[kind] not in _PRICED or kind == "LIMIT_MAKER" else "")
    if until not in _TIMES:
        raise No(Why.FIELD, "timeInForce") if not until else refused(-1115, "Invalid timeInForce.")
    quantity, spends = asked.number("quantity"), asked.number("quoteOrderQty")
    if (quantity is None) == (spends is None) or (spends is not None and kind != "MARKET"):
        raise No(Why.FIELD, "quantity")
    price = asked.number("price") if _KINDS[kind] in _PRICED else None
    if _KINDS[kind] in _PRICED and price is None:
        raise No(Why.FIELD, "price")
    return Draft(
        market,
        Side(side.lower()),
        _KINDS[kind],
        _TIMES[until],
        quantity or Decimal(0),
        price,
        asked.number("stopPrice"),
        client_id(asked, "newClientOrderId"),
        post_only=kind == "LIMIT_MAKER",
        spends=spends,
    )


def client_id(asked: Asked, name: str) -> str:
    """A client order id, empty where none was sent. Raises Refused."""
    sent = asked.fields.get(name, "")
    if len(sent) > _LONGEST_ID or any(one not in _ID_LETTERS for one in sent):
        raise refused(-1100, f"Illegal characters found in parameter '{name}'; legal range is '{_ID_RANGE}'.")
    return sent


def _placed(asked: Asked, draft: Draft) -> Row:
    working = orders.place(asked.venue, asked.account, draft, HABITS)
    numbers = numbers_of(asked.account)
    fills = [fill_of(n, one) for n, one in made(asked.account) if one.broker_order_id == working.broker_order_id]
    return acknowledged(numbers.order(working.broker_order_id), working, draft.market, fills)


def _cancelled(asked: Asked, market: CoinMarket) -> Row:
    try:
        number, working = found(asked, market)
        orders.cancel(asked.account, working)
    except No:
        raise refused(*SPOT[Why.OVER]) from None
    return cancelled(number, working, market, asked.fields.get("newClientOrderId") or _made_id(asked))


def _made_id(asked: Asked) -> str:
    """The id that the venue gives a cancel."""
    return venue_uuid(asked.account.account_number, "cancel", len(asked.account.desk.updates)).replace("-", "")[:22]


def _tried(act: Callable[[], Row]) -> tuple[object, object]:
    """What it answered, or the refusal's body."""
    try:
        return act(), None
    except No as no:
        return None, from_json(said(no, futures=False).answer.body)
    except Refused as no:
        return None, from_json(no.answer.body)


def _partly(code: int, words: str, status: int, ended: str, first: object, placed: str, second: object) -> Refused:
    data = {"cancelResult": ended, "newOrderResult": placed, "cancelResponse": first, "newOrderResponse": second}
    return Refused(status, {"code": code, "msg": words, "data": data})


def _order_number(asked: Asked, one: Execution) -> int:
    return numbers_of(asked.account).order(one.broker_order_id or "")


_LONGEST_ID = 36
_ID_RANGE = "^[\\\\.A-Z\\\\:/a-z0-9_-]{1,36}$"
_ID_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.:/_-")
