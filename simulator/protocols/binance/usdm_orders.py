"""Binance's futures orders, USDⓈ-M and COIN-M: place, look up, amend, cancel, list, and the trades they made.

Source: "Trade" of the venue's documentation of both. Conditional orders have an id space of their own. COIN-M counts
contracts where the other counts coins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from simulator.orders import WorkingOrder
from simulator.protocols.binance.codes import SPOT, refused
from simulator.protocols.binance.spot_orders import client_id, found, within
from simulator.protocols.binance.usdm_rows import (
    algo_row,
    forced_order_row,
    forced_trade_row,
    order_row,
    trade_row,
)
from simulator.protocols.coins import orders
from simulator.protocols.coins.face import Asked, Question
from simulator.protocols.coins.ledger import Event, events, trades
from simulator.protocols.coins.numbers import forced, numbers_of
from simulator.protocols.coins.orders import Draft, Habits, IdRule
from simulator.protocols.coins.refusals import No, Why
from simulator.protocols.coins.rows import Row
from simulator.protocols.coins.rules import CoinMarket
from simulator.protocols.wire import FaceAnswer, answered
from tieout.hedge import Leg, whole
from tieout.orders import OrderType, Side, TimeInForce
from tieout.records import Activity

HABITS = Habits(IdRule.WHILE_OPEN)
_KINDS = {
    "LIMIT": OrderType.LIMIT,
    "MARKET": OrderType.MARKET,
    "STOP_MARKET": OrderType.STOP,
    "STOP": OrderType.STOP_LIMIT,
}
_CONDITIONAL = frozenset({OrderType.STOP, OrderType.STOP_LIMIT})
_PRICED = frozenset({OrderType.LIMIT, OrderType.STOP_LIMIT})
_TIMES = {"GTC": TimeInForce.GTC, "IOC": TimeInForce.IOC, "FOK": TimeInForce.FOK, "GTX": TimeInForce.GTC}
_LEGS = {"": None, "BOTH": None, "LONG": Leg.LONG, "SHORT": Leg.SHORT}
_WEEK_MS = 7 * 86_400_000


def is_linear(market: CoinMarket) -> bool:
    return not market.is_spot and not market.is_inverse


def is_coin_margined(market: CoinMarket) -> bool:
    return not market.is_spot and market.is_inverse


def spoken(asked: Question) -> Callable[[CoinMarket], bool]:
    """Which contracts a path is about: /fapi has those that pay in dollars, /dapi those that pay in coin."""
    return is_coin_margined if asked.part.startswith("d") else is_linear


def create(asked: Asked) -> FaceAnswer:
    """POST /fapi/v1/order."""
    draft = _draft(asked, "newClientOrderId", "stopPrice")
    working = orders.place(asked.venue, asked.account, draft, HABITS)
    return _row(asked, working, draft.market)


def shown(asked: Asked) -> FaceAnswer:
    """GET /fapi/v1/order."""
    market = asked.market(chosen=spoken(asked))
    return _row(asked, found(asked, market)[1], market)


def amend(asked: Asked) -> FaceAnswer:
    """PUT /fapi/v1/order: price and quantity of a limit order, which keeps its ids."""
    market = asked.market(chosen=spoken(asked))
    working = found(asked, market)[1]
    quantity, price = asked.number("quantity"), asked.number("price")
    if quantity is None or price is None:
        raise No(Why.FIELD, "quantity")
    if not working.state.is_live:
        raise No(Why.NOT_FOUND)
    draft = replace(orders.draft_again(working, market), quantity=quantity * market.rules.size, price=price)
    orders.amend(asked.venue, asked.account, working, draft, HABITS)
    return _row(asked, working, market)


def cancel(asked: Asked) -> FaceAnswer:
    """DELETE /fapi/v1/order."""
    market = asked.market(chosen=spoken(asked))
    return _row(asked, _ended(asked, market), market)


def cancel_all(asked: Asked) -> FaceAnswer:
    """DELETE /fapi/v1/allOpenOrders."""
    orders.cancel_all(asked.account, asked.market(chosen=spoken(asked)))
    return answered({"code": 200, "msg": "The operation of cancel all open order is done."})


def open_orders(asked: Asked) -> FaceAnswer:
    """GET /fapi/v1/openOrders, of one symbol or of all; conditional ones are listed elsewhere."""
    return answered([order_row(n, one, market) for n, one, market in _live(asked, conditional=False)])


def all_orders(asked: Asked) -> FaceAnswer:
    """GET /fapi/v1/allOrders: ours, and those that the venue made to close a position."""
    market, numbers = asked.market(chosen=spoken(asked)), numbers_of(asked.account)
    ours: list[tuple[int, tuple[datetime, Row]]] = [
        (n, (one.submitted_at, order_row(n, one, market)))
        for n, one in numbers.orders()
        if whole(one.order.instrument) == market.instrument
    ]
    theirs = [
        (forced(one.at, one.number), (one.at, forced_order_row(one, act, market)))
        for one, act in _forced(asked, market)
    ]
    rows = within(asked, [*ours, *theirs], "orderId", lambda one: one[0], longest_ms=_WEEK_MS)
    return answered([row for _, (_, row) in rows])


def user_trades(asked: Asked) -> FaceAnswer:
    """GET /fapi/v1/userTrades: from an id or a time on, otherwise the latest."""
    market, numbers = asked.market(chosen=spoken(asked)), numbers_of(asked.account)
    rows: list[tuple[int, tuple[datetime, Row]]] = []
    for number, one in trades(asked.account):
        if whole(one.instrument) == market.instrument:
            order = numbers.order(one.broker_order_id or "")
            rows.append((number, (one.executed_at, trade_row(asked.account, number, order, one, market))))
    rows += [(one.number, (one.at, forced_trade_row(one, act, market))) for one, act in _forced(asked, market)]
    if asked.fields.get("orderId"):
        rows = [one for one in rows if str(one[1][1]["orderId"]) == asked.fields["orderId"]]
    shown = within(asked, rows, "fromId", lambda one: one[0], longest_ms=_WEEK_MS)
    return answered([row for _, (_, row) in shown])


def force_orders(asked: Asked) -> FaceAnswer:
    """GET /fapi/v1/forceOrders."""
    named = asked.fields.get("symbol")
    markets = [one for one in asked.markets if spoken(asked)(one) and named in (None, "", one.symbol)]
    return answered([forced_order_row(one, act, each) for each in markets for one, act in _forced(asked, each)])


def create_algo(asked: Asked) -> FaceAnswer:
    """POST /fapi/v1/algoOrder: an order that waits for its trigger."""
    draft = _draft(asked, "clientAlgoId", "triggerPrice")
    if draft.kind not in _CONDITIONAL:
        raise refused(-1116, "Invalid orderType.")
    working = orders.place(asked.venue, asked.account, draft, HABITS)
    return _algo(asked, working, draft.market)


def shown_algo(asked: Asked) -> FaceAnswer:
    """GET /fapi/v1/algoOrder."""
    working = _named_algo(asked)
    return _algo(asked, working, asked.markets.behind(working.order.instrument))


def cancel_algo(asked: Asked) -> FaceAnswer:
    """DELETE /fapi/v1/algoOrder."""
    working = _named_algo(asked)
    if not working.state.is_live:
        raise refused(*SPOT[Why.OVER])
    orders.cancel(asked.account, working)
    row = algo_row(_number(asked, working), working, asked.markets.behind(working.order.instrument))
    return answered({"algoId": row["algoId"], "clientAlgoId": row["clientAlgoId"], "code": "200", "msg": "success"})


def open_algos(asked: Asked) -> FaceAnswer:
    """GET /fapi/v1/openAlgoOrders."""
    return answered([algo_row(n, one, market) for n, one, market in _live(asked, conditional=True)])


def _live(asked: Asked, *, conditional: bool) -> Iterator[tuple[int, WorkingOrder, CoinMarket]]:
    only = asked.market(chosen=spoken(asked)) if asked.fields.get("symbol") else None
    for number, working in numbers_of(asked.account).orders():
        market = asked.markets.behind(working.order.instrument)
        waits = working.order.order_type in _CONDITIONAL and not working.triggered
        if working.state.is_live and spoken(asked)(market) and only in (None, market) and waits is conditional:
            yield number, working, market


def _forced(asked: Asked, market: CoinMarket) -> list[tuple[Event, Activity]]:
    """Positions of a market that the venue closed by itself."""
    return [
        (one, one.record)
        for one in events(asked.account)
        if one.is_forced
        and isinstance(one.record, Activity)
        and one.instrument is not None
        and whole(one.instrument) == market.instrument
    ]


def _ended(asked: Asked, market: CoinMarket) -> WorkingOrder:
    try:
        working = found(asked, market)[1]
        orders.cancel(asked.account, working)
    except No:
        raise refused(*SPOT[Why.OVER]) from None
    return working


def _named_algo(asked: Asked) -> WorkingOrder:
    number, name = asked.fields.get("algoId"), asked.fields.get("clientAlgoId")
    if not number and not name:
        raise No(Why.FIELD, "algoId")
    find = orders.by_number(asked.account, number) if number else orders.by_client_id(asked.account, name or "")
    if find[1].order.order_type not in _CONDITIONAL:
        raise No(Why.NOT_FOUND)
    return find[1]


def _draft(asked: Asked, name: str, stop: str) -> Draft:
    """The order that a request asks for. Raises No."""
    market, kind, side = asked.market(chosen=spoken(asked)), asked.text("type"), asked.text("side")
    if kind not in _KINDS:
        raise refused(-1116, "Invalid orderType.")
    if side not in ("BUY", "SELL"):
        raise refused(-1117, "Invalid side.")
    priced, until = _KINDS[kind] in _PRICED, asked.fields.get("timeInForce", "GTC")
    leg = asked.fields.get("positionSide", "")
    if until not in _TIMES:
        raise refused(-1115, "Invalid timeInForce.")
    if leg not in _LEGS:
        raise No(Why.LEG)
    if _LEGS[leg] is not None and asked.fields.get("reduceOnly") == "true":
        raise refused(-1106, "Parameter 'reduceonly' sent when not required.")
    quantity, price = asked.number("quantity"), asked.number("price") if priced else None
    if quantity is None or (priced and price is None):
        raise No(Why.FIELD, "quantity" if quantity is None else "price")
    return Draft(
        market,
        Side(side.lower()),
        _KINDS[kind],
        _TIMES[until],
        quantity * market.rules.size,
        price,
        _trigger(asked, kind, stop),
        client_id(asked, name),
        _LEGS[leg],
        asked.fields.get("reduceOnly") == "true",
        until == "GTX",
    )


def _trigger(asked: Asked, kind: str, name: str) -> Decimal | None:
    if _KINDS[kind] not in _CONDITIONAL:
        return None
    stop = asked.number(name)
    if stop is None:
        raise No(Why.FIELD, name)
    return stop


def _number(asked: Asked, working: WorkingOrder) -> int:
    return numbers_of(asked.account).order(working.broker_order_id)


def _row(asked: Asked, working: WorkingOrder, market: CoinMarket) -> FaceAnswer:
    return answered(order_row(_number(asked, working), working, market))


def _algo(asked: Asked, working: WorkingOrder, market: CoinMarket) -> FaceAnswer:
    return answered(algo_row(_number(asked, working), working, market))
