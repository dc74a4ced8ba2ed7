"""Bybit's orders: place, amend, cancel, list, and the trades they made.

Source: "Trade" of the venue's v5 documentation. An acknowledgement names ids and nothing else: what became of an order
is read. Refused, because the simulated market has no notion of them: take profit and stop loss attached to an order,
trailing stops, and triggers in the direction of a gain.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from simulator.orders import WorkingOrder
from simulator.protocols.bybit.codes import refused, told
from simulator.protocols.bybit.pages import listed, page, window
from simulator.protocols.bybit.rows import category_of, execution_row, order_row
from simulator.protocols.coins import orders
from simulator.protocols.coins.face import Asked
from simulator.protocols.coins.ledger import events, is_within
from simulator.protocols.coins.numbers import numbers_of
from simulator.protocols.coins.orders import Draft, Habits, IdRule, shown_id
from simulator.protocols.coins.refusals import No, Why
from simulator.protocols.coins.rows import Row
from simulator.protocols.coins.rules import CoinMarket
from simulator.protocols.wire import FaceAnswer
from tieout.hedge import Leg
from tieout.orders import OrderType, Side, TimeInForce
from tieout.records import Activity, ActivityKind, Execution

HABITS = Habits(IdRule.FOR_EVER, refuses_takers=False, refuses_reached=False)
_CATEGORIES = ("spot", "linear", "inverse", "option")
_TIMES = {"GTC": TimeInForce.GTC, "IOC": TimeInForce.IOC, "FOK": TimeInForce.FOK, "PostOnly": TimeInForce.GTC}
_LEGS = {"": None, "0": None, "1": Leg.LONG, "2": Leg.SHORT}
_LONGEST_ID = 36
_NOT_SIMULATED = ("takeProfit", "stopLoss", "trailingStop", "orderIv")
_TYPES = {ActivityKind.FUNDING: "Funding", ActivityKind.LIQUIDATION: "BustTrade", ActivityKind.DELEVERAGING: "AdlTrade"}


def create(asked: Asked) -> FaceAnswer:
    """POST /v5/order/create."""
    return _ids(asked, orders.place(asked.venue, asked.account, _draft(asked), HABITS))


def amend(asked: Asked) -> FaceAnswer:
    """POST /v5/order/amend: the order keeps its ids."""
    market = _market(asked)
    working = _named(asked, market)
    draft = orders.draft_again(working, market)
    quantity, price, stop = asked.number("qty"), asked.number("price"), asked.number("triggerPrice")
    changed = replace(draft, quantity=quantity or draft.quantity, price=price or draft.price, stop=stop or draft.stop)
    orders.amend(asked.venue, asked.account, working, changed, HABITS)
    return _ids(asked, working)


def cancel(asked: Asked) -> FaceAnswer:
    """POST /v5/order/cancel."""
    working = _named(asked, _market(asked))
    orders.cancel(asked.account, working)
    return _ids(asked, working)


def cancel_all(asked: Asked) -> FaceAnswer:
    """POST /v5/order/cancel-all, of one symbol or of a category."""
    markets = [_market(asked)] if asked.fields.get("symbol") else _markets(asked)
    ended = [one for market in markets for one in orders.cancel_all(asked.account, market)]
    rows = [{"orderId": one.broker_order_id, "orderLinkId": _link(one)} for one in ended]
    return told({"list": rows, "success": "1"}, asked.time_ms)


def realtime(asked: Asked) -> FaceAnswer:
    """GET /v5/order/realtime: live orders; by an id also those that have ended."""
    named = asked.fields.get("orderId") or asked.fields.get("orderLinkId")
    every = named or asked.fields.get("openOnly", "0") != "0"
    return _orders(asked, lambda one: bool(every) or one.state.is_live)


def history(asked: Asked) -> FaceAnswer:
    """GET /v5/order/history: orders that have ended, of seven days."""
    since, until = window(asked)
    return _orders(asked, lambda one: not one.state.is_live and is_within(one.submitted_at, since, until))


def executions(asked: Asked) -> FaceAnswer:
    """GET /v5/execution/list: trades, funding, and positions that the venue closed."""
    since, until = window(asked)
    markets = {one.symbol: one for one in _markets(asked)}
    rows = []
    for one in events(asked.account):
        if one.instrument is None or not is_within(one.at, since, until):
            continue
        if not asked.markets.is_listed(one.instrument.symbol):
            continue
        market = asked.markets.behind(one.instrument)
        if market == markets.get(market.symbol) and _is_asked_for(asked, one.record, market):
            rows.append((one.number, execution_row(asked.account, one, market)))
    found, cursor = page(asked, rows, asked.whole("limit", 50, 100))
    return listed(asked, found, cursor)


def _is_asked_for(asked: Asked, record: Execution | Activity, market: CoinMarket) -> bool:
    kind = "Trade" if isinstance(record, Execution) else _TYPES.get(record.kind, "")
    wanted = asked.fields.get
    if not kind or wanted("execType") not in (None, "", kind) or wanted("symbol") not in (None, "", market.symbol):
        return False
    order = record.broker_order_id if isinstance(record, Execution) else ""
    link = shown_id(record.client_order_id) if isinstance(record, Execution) else ""
    return wanted("orderId") in (None, "", order) and wanted("orderLinkId") in (None, "", link)


def _orders(asked: Asked, wanted: Callable[[WorkingOrder], bool]) -> FaceAnswer:
    markets = _markets(asked)
    rows: list[tuple[int, Row]] = []
    for number, working in numbers_of(asked.account).orders():
        market = asked.markets.behind(working.order.instrument)
        if market in markets and wanted(working) and _is_named(asked, working, market):
            rows.append((number, order_row(asked.account, working, market)))
    found, cursor = page(asked, rows, asked.whole("limit", 20, 50))
    return listed(asked, found, cursor)


def _is_named(asked: Asked, working: WorkingOrder, market: CoinMarket) -> bool:
    asked_for = (
        ("symbol", market.symbol),
        ("orderId", working.broker_order_id),
        ("orderLinkId", _link(working)),
        ("settleCoin", market.settle),
        ("baseCoin", market.base),
    )
    return all(asked.fields.get(name) in (None, "", value) for name, value in asked_for)


def _markets(asked: Asked) -> list[CoinMarket]:
    """The markets of the category that is asked for. Raises Refused."""
    category = asked.text("category")
    if category not in _CATEGORIES:
        raise refused(10001, "Illegal category", asked.time_ms)
    return [one for one in asked.markets if category_of(one) == category]


def _market(asked: Asked) -> CoinMarket:
    category = asked.text("category")
    return asked.market(chosen=lambda one: category_of(one) == category)


def _named(asked: Asked, market: CoinMarket) -> WorkingOrder:
    """The order that a request names. Raises No."""
    order_id, link = asked.fields.get("orderId"), asked.fields.get("orderLinkId")
    if not order_id and not link:
        raise No(Why.FIELD, "OrderId or orderLinkId")
    find = orders.by_uuid(asked.account, order_id) if order_id else orders.by_client_id(asked.account, link or "")
    if asked.markets.behind(find[1].order.instrument) != market:
        raise No(Why.NOT_FOUND)
    return find[1]


def _draft(asked: Asked) -> Draft:
    """The order that a request asks for. Raises No."""
    market, side, kind = _market(asked), asked.text("side"), asked.text("orderType")
    if side not in ("Buy", "Sell") or kind not in ("Market", "Limit"):
        raise No(Why.FIELD, "side or orderType")
    if any(asked.fields.get(name) not in (None, "", "0") for name in _NOT_SIMULATED):
        raise refused(10001, "not simulated: prices attached to an order", asked.time_ms)
    until, stop = asked.fields.get("timeInForce") or "GTC", asked.number("triggerPrice")
    quantity, price = asked.number("qty"), asked.number("price")
    if until not in _TIMES or quantity is None or (price is None and kind == "Limit"):
        raise No(Why.FIELD, "timeInForce, qty or price")
    _require_direction(asked, side, stop)
    spends = quantity if _is_money(asked, market, side, kind) else None
    return Draft(
        market,
        Side(side.lower()),
        _kind(kind, stop),
        _TIMES[until],
        Decimal(0) if spends else quantity,
        price if kind == "Limit" else None,
        stop,
        _client_id(asked),
        _leg(asked),
        asked.fields.get("reduceOnly") == "true",
        until == "PostOnly",
        spends,
    )


def _is_money(asked: Asked, market: CoinMarket, side: str, kind: str) -> bool:
    """Whether `qty` counts money: market purchases of spot do, unless the request says otherwise."""
    unit = asked.fields.get("marketUnit") or ("quoteCoin" if side == "Buy" else "baseCoin")
    return market.is_spot and kind == "Market" and unit == "quoteCoin"


def _require_direction(asked: Asked, side: str, stop: Decimal | None) -> None:
    """A trigger that waits for a gain is not simulated."""
    loss = "1" if side == "Buy" else "2"
    if stop is not None and asked.fields.get("triggerDirection") not in (None, "", loss):
        raise refused(10001, "not simulated: a trigger in the direction of a gain", asked.time_ms)


def _kind(kind: str, stop: Decimal | None) -> OrderType:
    if stop is None:
        return OrderType.MARKET if kind == "Market" else OrderType.LIMIT
    return OrderType.STOP if kind == "Market" else OrderType.STOP_LIMIT


def _leg(asked: Asked) -> Leg | None:
    index = asked.fields.get("positionIdx", "")
    if index not in _LEGS:
        raise No(Why.LEG)
    return _LEGS[index]


def _client_id(asked: Asked) -> str:
    link = asked.fields.get("orderLinkId", "")
    if len(link) > _LONGEST_ID or not all(one.isalnum() or one in "-_" for one in link):
        raise No(Why.FIELD, "orderLinkId")
    return link


def _link(working: WorkingOrder) -> str:
    return shown_id(working.order.client_order_id)


def _ids(asked: Asked, working: WorkingOrder) -> FaceAnswer:
    return told({"orderId": working.broker_order_id, "orderLinkId": _link(working)}, asked.time_ms)
