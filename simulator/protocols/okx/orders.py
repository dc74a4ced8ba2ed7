"""OKX's orders: place one or several, amend, cancel, list, and the fills they made.

Source: "Order Book Trading" of the venue's v5 documentation. Conditional orders have ids of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from simulator.orders import WorkingOrder
from simulator.protocols.coins import orders
from simulator.protocols.coins.face import Asked
from simulator.protocols.coins.ledger import events, is_within
from simulator.protocols.coins.numbers import numbers_of
from simulator.protocols.coins.orders import Draft, Habits, IdRule, shown_id
from simulator.protocols.coins.paging import newest_first
from simulator.protocols.coins.refusals import No, Why
from simulator.protocols.coins.rows import Row, moment_of
from simulator.protocols.coins.rules import CoinMarket
from simulator.protocols.okx.codes import AMEND_OVER, coded, each, told
from simulator.protocols.okx.rows import LEGS, STOPS, algo_row, fill_row, kind_of, order_row
from simulator.protocols.wire import FaceAnswer
from tieout.orders import OrderType, Side, TimeInForce
from tieout.records import Execution

HABITS = Habits(IdRule.WHILE_OPEN, refuses_takers=False, refuses_reached=False)
RecordT = TypeVar("RecordT")
_KINDS = {
    "market": (OrderType.MARKET, TimeInForce.IOC),
    "optimal_limit_ioc": (OrderType.MARKET, TimeInForce.IOC),
    "limit": (OrderType.LIMIT, TimeInForce.GTC),
    "post_only": (OrderType.LIMIT, TimeInForce.GTC),
    "ioc": (OrderType.LIMIT, TimeInForce.IOC),
    "fok": (OrderType.LIMIT, TimeInForce.FOK),
}
_MOST = 100
_LONGEST_ID = 32
_WEEK, _THREE_DAYS, _QUARTER = timedelta(days=7), timedelta(days=3), timedelta(days=90)


def create(asked: Asked) -> FaceAnswer:
    """POST /api/v5/trade/order and batch-orders."""
    return each([_tried(one, _created) for one in _orders_of(asked)])


def cancel(asked: Asked) -> FaceAnswer:
    """POST /api/v5/trade/cancel-order and cancel-batch-orders."""
    return each([_tried(one, _cancelled) for one in _orders_of(asked)])


def amend(asked: Asked) -> FaceAnswer:
    """POST /api/v5/trade/amend-order: the order keeps its ids."""
    return each([_tried(one, _amended) for one in _orders_of(asked)])


def shown(asked: Asked) -> FaceAnswer:
    """GET /api/v5/trade/order."""
    number, working = _named(asked)
    return told([order_row(asked.account, number, working, asked.markets.behind(working.order.instrument))])


def pending(asked: Asked) -> FaceAnswer:
    """GET /api/v5/trade/orders-pending: live orders, newest first."""
    return _listed(asked, lambda one: one.state.is_live, None)


def history(asked: Asked) -> FaceAnswer:
    """GET /api/v5/trade/orders-history: orders that have ended, of seven days."""
    return _listed(asked, lambda one: not one.state.is_live, _WEEK)


def archive(asked: Asked) -> FaceAnswer:
    """GET /api/v5/trade/orders-history-archive: the same, of three months."""
    return _listed(asked, lambda one: not one.state.is_live, _QUARTER)


def fills(asked: Asked) -> FaceAnswer:
    """GET /api/v5/trade/fills, of three days."""
    return _fills(asked, _THREE_DAYS)


def fills_history(asked: Asked) -> FaceAnswer:
    """GET /api/v5/trade/fills-history, of three months."""
    return _fills(asked, _QUARTER)


def create_algo(asked: Asked) -> FaceAnswer:
    """POST /api/v5/trade/order-algo: an order that waits for its trigger."""
    return each([_tried(asked, _created_algo)])


def cancel_algos(asked: Asked) -> FaceAnswer:
    """POST /api/v5/trade/cancel-algos."""
    return each([_tried(one, _cancelled_algo) for one in _orders_of(asked)])


def pending_algos(asked: Asked) -> FaceAnswer:
    """GET /api/v5/trade/orders-algo-pending."""
    rows = [
        algo_row(number, one, market)
        for number, one, market in _every(asked)
        if one.order.order_type in STOPS and one.state.is_live and not one.triggered
    ]
    return told(rows[::-1])


def shown_algo(asked: Asked) -> FaceAnswer:
    """GET /api/v5/trade/order-algo."""
    number, working = _named(asked, "algoId", "algoClOrdId")
    return told([algo_row(number, working, asked.markets.behind(working.order.instrument))])


def page(asked: Asked, every: list[tuple[int, RecordT]]) -> list[RecordT]:
    """The newest hundred; `after` goes on behind an id, `before` shows what is newer than one."""
    after, before = asked.whole("after", 0), asked.whole("before", 0)
    newer = [one for one in every if one[0] > before]
    return [one for _, one in newest_first(newer, asked.whole("limit", _MOST, _MOST), after or None).rows]


def is_in(asked: Asked, moment: datetime, longest: timedelta) -> bool:
    """Whether a moment is inside what is asked for, and inside what the list remembers."""
    begin, end = asked.whole("begin", 0), asked.whole("end", 0)
    since = asked.now - longest
    if begin:
        since = max(since, moment_of(begin))
    return is_within(moment, since, moment_of(end) if end else None)


def _fills(asked: Asked, longest: timedelta) -> FaceAnswer:
    rows: list[tuple[int, Row]] = []
    for one in events(asked.account):
        is_trade = isinstance(one.record, Execution) or one.is_forced
        if one.instrument is None or not is_trade or not is_in(asked, one.at, longest):
            continue
        row = fill_row(asked.account, one, asked.markets.behind(one.instrument))
        if all(asked.fields.get(name) in (None, "", row[name]) for name in ("instId", "instType", "ordId")):
            rows.append((one.number * 10, row))
    return told(page(asked, rows))


def _listed(asked: Asked, wanted: Callable[[WorkingOrder], bool], longest: timedelta | None) -> FaceAnswer:
    rows = [
        (number, order_row(asked.account, number, one, market))
        for number, one, market in _every(asked)
        if wanted(one)
        and (one.order.order_type not in STOPS or one.triggered)
        and (longest is None or is_in(asked, one.submitted_at, longest))
    ]
    return told(page(asked, rows))


def _every(asked: Asked) -> Iterator[tuple[int, WorkingOrder, CoinMarket]]:
    kind, symbol = asked.fields.get("instType"), asked.fields.get("instId")
    for number, working in numbers_of(asked.account).orders():
        market = asked.markets.behind(working.order.instrument)
        if kind in (None, "", kind_of(market)) and symbol in (None, "", market.symbol):
            yield number, working, market


def _orders_of(asked: Asked) -> list[Asked]:
    """One request for each order in the body."""
    return [replace(asked, fields=one, several=()) for one in asked.several] or [asked]


def _tried(asked: Asked, act: Callable[[Asked], WorkingOrder]) -> Row:
    """The acknowledgement of one order, or its refusal."""
    sent = asked.fields
    ids: Row = {"clOrdId": sent.get("clOrdId", ""), "tag": "", "ts": str(asked.time_ms)}
    try:
        working = act(asked)
    except No as no:
        code, words = AMEND_OVER if no.why is Why.OVER and act is _amended else coded(no)
        failed: Row = {"ordId": sent.get("ordId", ""), "algoId": sent.get("algoId", ""), "sCode": code, "sMsg": words}
        return ids | failed | {"algoClOrdId": sent.get("algoClOrdId", "")}
    number = str(numbers_of(asked.account).order(working.broker_order_id))
    link = shown_id(working.order.client_order_id)
    done: Row = {"ordId": number, "clOrdId": link, "reqId": "", "sCode": "0", "sMsg": ""}
    return ids | done | ({"algoId": number, "algoClOrdId": link} if working.order.order_type in STOPS else {})


def _created(asked: Asked) -> WorkingOrder:
    return orders.place(asked.venue, asked.account, _draft(asked), HABITS)


def _created_algo(asked: Asked) -> WorkingOrder:
    market, price = asked.market("instId"), asked.number("ordPx") or asked.number("slOrdPx")
    trigger = asked.number("triggerPx") or asked.number("slTriggerPx")
    if trigger is None:
        raise No(Why.FIELD, "triggerPx")
    at_market = price is None or price == -1
    draft = replace(
        _draft(replace(asked, fields={**asked.fields, "ordType": "market", "tgtCcy": "base_ccy"})),
        kind=OrderType.STOP if at_market else OrderType.STOP_LIMIT,
        until=TimeInForce.GTC,
        price=None if at_market else price,
        stop=trigger,
        client_id=_client_id(asked, "algoClOrdId"),
        market=market,
    )
    return orders.place(asked.venue, asked.account, draft, HABITS)


def _cancelled(asked: Asked) -> WorkingOrder:
    working = _named(asked)[1]
    orders.cancel(asked.account, working)
    return working


def _cancelled_algo(asked: Asked) -> WorkingOrder:
    working = _named(asked, "algoId", "algoClOrdId")[1]
    orders.cancel(asked.account, working)
    return working


def _amended(asked: Asked) -> WorkingOrder:
    working = _named(asked)[1]
    market = asked.markets.behind(working.order.instrument)
    size, price = asked.number("newSz"), asked.number("newPx")
    draft = orders.draft_again(working, market)
    quantity = draft.quantity if size is None else size * market.rules.size
    changed = replace(draft, quantity=quantity, price=price or draft.price)
    orders.amend(asked.venue, asked.account, working, changed, HABITS)
    return working


def _named(asked: Asked, number: str = "ordId", client: str = "clOrdId") -> tuple[int, WorkingOrder]:
    """The order that a request names. Raises No."""
    market, order_id, link = asked.market("instId"), asked.fields.get(number), asked.fields.get(client)
    if not order_id and not link:
        raise No(Why.FIELD, number)
    found = orders.by_number(asked.account, order_id) if order_id else orders.by_client_id(asked.account, link or "")
    if asked.markets.behind(found[1].order.instrument) != market:
        raise No(Why.NOT_FOUND)
    return found


def _draft(asked: Asked) -> Draft:
    """The order that a request asks for. Raises No."""
    market, side, kind = asked.market("instId"), asked.text("side"), asked.text("ordType")
    size, price, sided = asked.number("sz"), asked.number("px"), asked.fields.get("posSide", "")
    wrong = [
        name
        for name, bad in (
            ("side", side not in ("buy", "sell")),
            ("ordType", kind not in _KINDS),
            ("sz", size is None),
            ("posSide", sided not in LEGS),
            ("tdMode", asked.text("tdMode") not in (("cash",) if market.is_spot else ("cross", "isolated"))),
            ("px", price is None and kind not in ("market", "optimal_limit_ioc")),
        )
        if bad
    ]
    if wrong:
        raise No(Why.FIELD, wrong[0])
    money = market.is_spot and kind == "market" and _unit(asked.fields, side) == "quote_ccy"
    order_type, until = _KINDS[kind]
    return Draft(
        market,
        Side(side),
        order_type,
        until,
        Decimal(0) if money else (size or Decimal(0)) * market.rules.size,
        price if order_type is OrderType.LIMIT else None,
        None,
        _client_id(asked, "clOrdId"),
        LEGS[sided],
        asked.fields.get("reduceOnly") == "true",
        kind == "post_only",
        size if money else None,
    )


def _unit(fields: Mapping[str, str], side: str) -> str:
    """What `sz` of a market order for spot counts: money on a purchase, unless the request says otherwise."""
    return fields.get("tgtCcy") or ("quote_ccy" if side == "buy" else "base_ccy")


def _client_id(asked: Asked, name: str) -> str:
    link = asked.fields.get(name, "")
    if len(link) > _LONGEST_ID or (link and not link.isalnum()):
        raise No(Why.FIELD, name)
    return link
