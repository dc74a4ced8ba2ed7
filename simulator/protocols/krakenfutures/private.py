"""Kraken Futures' private endpoints: accounts, positions, orders, fills, the histories and the key itself.

Source: "Order Management", "Account Information", "Account History" and "API Keys" of the venue's REST reference. The
look-up shows a live order, and one that ended for five seconds more: after that the history alone has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from simulator.ids import venue_uuid
from simulator.orders import WorkingOrder
from simulator.protocols.coins import orders
from simulator.protocols.coins.face import Asked
from simulator.protocols.coins.ledger import entries, events
from simulator.protocols.coins.numbers import numbers_of
from simulator.protocols.coins.orders import Draft, Habits, IdRule, shown_id
from simulator.protocols.coins.refusals import No, Why
from simulator.protocols.coins.rows import Row, milliseconds, trimmed
from simulator.protocols.coins.rules import CoinMarket
from simulator.protocols.coins.state import positions, set_isolated, set_leverage, wallets
from simulator.protocols.krakenfutures.codes import STATUSES, iso, told
from simulator.protocols.krakenfutures.public import chosen
from simulator.protocols.krakenfutures.rows import (
    coin_name,
    fill_row,
    forced_fill_row,
    history_rows,
    is_spoken,
    log_rows,
    open_row,
    placed_row,
    position_row,
)
from simulator.protocols.wire import FaceAnswer, answered, bare
from tieout.orders import OrderType, Side, TimeInForce
from tieout.records import Activity, Execution

HABITS = Habits(IdRule.FOR_EVER)
_SHOWN = timedelta(seconds=5)
_KINDS = {
    "lmt": (OrderType.LIMIT, TimeInForce.GTC),
    "post": (OrderType.LIMIT, TimeInForce.GTC),
    "ioc": (OrderType.LIMIT, TimeInForce.IOC),
    "fok": (OrderType.LIMIT, TimeInForce.FOK),
    "mkt": (OrderType.MARKET, TimeInForce.IOC),
    "stp": (OrderType.STOP, TimeInForce.GTC),
}


def accounts(asked: Asked) -> FaceAnswer:
    """GET /accounts: what pays for contracts in coin lies with each of them, everything else in the common wallet."""
    every = [one for one in wallets(asked.account, asked.markets) if one.total]
    apart = {one.settle: one for one in asked.markets if is_spoken(one.instrument) and one.is_inverse}
    flex = {
        one.coin: {"quantity": bare(one.total), "available": bare(one.free)} for one in every if one.coin not in apart
    }
    found: Row = {"flex": {"type": "multiCollateralMarginAccount", "currencies": flex}}
    for one in every:
        if one.coin in apart:
            balances = {coin_name(one.coin): bare(one.total)}
            name = f"fi_{coin_name(one.coin)}usd"
            account = {"type": "marginAccount", "currency": coin_name(one.coin), "balances": balances}
            found[name] = {**account, "auxiliary": {"af": bare(one.free)}}
    return told(asked.now, accounts=found)


def held(asked: Asked) -> FaceAnswer:
    """GET /openpositions."""
    rows = [position_row(one) for one in positions(asked.account, asked.markets) if is_spoken(one.market.instrument)]
    return told(asked.now, openPositions=rows)


def open_orders(asked: Asked) -> FaceAnswer:
    """GET /openorders: all of them at once."""
    return told(asked.now, openOrders=[open_row(one, market) for one, market in _orders(asked) if one.state.is_live])


def states(asked: Asked) -> FaceAnswer:
    """POST /orders/status, by numbers or by the customer's ids."""
    wanted = {one for name in ("orderIds", "cliOrdIds") for one in asked.fields.get(name, "").split(",") if one}
    rows = []
    for one, market in _orders(asked):
        known = {one.broker_order_id, shown_id(one.order.client_order_id)}
        shown = one.state.is_live or asked.now - one.updated_at <= _SHOWN
        if known & wanted and shown:
            order = placed_row(one, market) | {"filled": trimmed(one.filled_quantity), "type": "ORDER"}
            state = "ENTERED_BOOK" if one.state.is_live else "FULLY_EXECUTED" if not one.remaining else "CANCELLED"
            rows.append({"order": order, "status": state, "updateReason": None, "error": None})
    return told(asked.now, orders=rows)


def send_order(asked: Asked) -> FaceAnswer:
    """POST /sendorder: a refusal is a status inside a success."""
    draft = _draft(asked)
    try:
        working = orders.place(asked.venue, asked.account, draft, HABITS)
    except No as no:
        if no.why not in STATUSES:
            raise
        return told(asked.now, sendStatus={"status": STATUSES[no.why], "receivedTime": iso(asked.now)})
    if not working.state.is_live and not working.filled_quantity:
        return told(asked.now, sendStatus={"status": "iocWouldNotExecute", "receivedTime": iso(asked.now)})
    number, row = working.broker_order_id, placed_row(working, draft.market)
    made = [one for one in asked.account.books.executions.all if one.broker_order_id == number]
    told_of: list[Row] = [_execution(one, row) for one in made] or [{"type": "PLACE", "order": row}]
    status: Row = {"order_id": number, "status": "placed", "receivedTime": iso(asked.now), "orderEvents": told_of}
    return told(asked.now, sendStatus=status | {"cliOrdId": draft.client_id or None})


def cancel_order(asked: Asked) -> FaceAnswer:
    """POST /cancelorder, by number or by the customer's id."""
    number, name = asked.fields.get("order_id", ""), asked.fields.get("cliOrdId", "")
    try:
        working = orders.by_uuid(asked.account, number)[1] if number else orders.by_client_id(asked.account, name)[1]
        orders.cancel(asked.account, working)
    except No as no:
        return told(asked.now, cancelStatus={"status": STATUSES.get(no.why, "notFound"), "order_id": number})
    return told(asked.now, cancelStatus={"status": "cancelled", "order_id": working.broker_order_id})


def fills(asked: Asked) -> FaceAnswer:
    """GET /fills: a hundred, newest first, before a time."""
    before = asked.fields.get("lastFillTime", "")
    rows: list[Row] = []
    for one in events(asked.account)[::-1]:
        record = one.record
        if record.instrument is None or not is_spoken(record.instrument):
            continue
        market = asked.markets.behind(record.instrument)
        if isinstance(record, Execution):
            rows.append(fill_row(asked.account, record, market))
        elif one.is_forced and isinstance(record, Activity):
            rows.append(forced_fill_row(one, record, market))
    return told(asked.now, fills=[one for one in rows if not before or str(one["fillTime"]) < before][:100])


def order_history(asked: Asked) -> FaceAnswer:
    """GET /api/history/v2/orders: a page of events, oldest or newest first."""
    since, before = asked.whole("since", 0), asked.whole("before", 2**62)
    every = [row for one, market in _orders(asked) for row in history_rows(one, market)]
    rows = [one for one in every if since <= int(str(one["timestamp"])) <= before]
    rows.sort(key=lambda one: int(str(one["timestamp"])), reverse=asked.fields.get("sort") != "asc")
    first, count = int(asked.fields.get("continuationToken") or 0), asked.whole("count", 1_000, 1_000)
    page: Row = {"elements": rows[first : first + count], "len": len(rows[first : first + count])}
    more = {"continuationToken": str(first + count)} if first + count < len(rows) else {}
    return answered({"accountUid": _uid(asked), **page, **more})


def account_log(asked: Asked) -> FaceAnswer:
    """GET /api/history/v3/account-log."""
    rows: list[Row] = []
    for one in entries(asked.account):
        record = one.trade or one.activity
        instrument = None if record is None else record.instrument
        if instrument is None or is_spoken(instrument):
            at, market = milliseconds(one.at), None if instrument is None else asked.markets.behind(instrument)
            if asked.whole("since", 0) <= at <= asked.whole("before", 2**62):
                rows += log_rows(one, market)
    rows = [one for one in rows if int(str(one["id"])) >= asked.whole("from", 0)]
    rows.sort(key=lambda one: int(str(one["id"])), reverse=asked.fields.get("sort") != "asc")
    return answered({"accountUid": _uid(asked), "logs": rows[: asked.whole("count", 500, 500)]})


def preferences(asked: Asked) -> FaceAnswer:
    """PUT /leveragepreferences: with a leverage a contract is isolated, without one it shares its margin."""
    market, most = chosen(asked), asked.number("maxLeverage")
    set_isolated(asked.account, market.instrument, isolated=most is not None)
    if most is not None:
        set_leverage(asked.account, market.instrument, most)
    return told(asked.now)


def key_check(asked: Asked) -> FaceAnswer:
    """GET /api/auth/v1/api-keys/v3/check."""
    rights = asked.key.rights
    return answered(
        {
            "apiKey": asked.key.key_id,
            "accountUid": _uid(asked),
            "iiban": None,
            "createdAt": iso(asked.now),
            "permissions": {
                "general": "full_access" if "trade" in rights else "read_only",
                "withdrawal": "full_access" if "withdraw" in rights else "no_access",
            },
            "allowedCidrBlock": None,
            "allowedCidrBlocks": list(asked.key.ip_allow_list),
        }
    )


def _orders(asked: Asked) -> Iterator[tuple[WorkingOrder, CoinMarket]]:
    for _, one in numbers_of(asked.account).orders():
        if is_spoken(one.order.instrument):
            yield one, asked.markets.behind(one.order.instrument)


def _execution(one: Execution, prior: Row) -> Row:
    return {
        "type": "EXECUTION",
        "executionId": one.execution_id,
        "price": bare(one.price),
        "amount": bare(one.quantity),
        "orderPriorEdit": None,
        "orderPriorExecution": prior,
        "takerReducedQuantity": None,
    }


def _uid(asked: Asked) -> str:
    return f"{venue_uuid('krakenfutures', 'account')[:-4]}{asked.account.account_number[-4:]}"


def _draft(asked: Asked) -> Draft:
    """The order that a request asks for. Raises No."""
    market, name, side = chosen(asked), asked.text("orderType"), asked.text("side")
    if name not in _KINDS or side not in ("buy", "sell"):
        raise No(Why.FIELD, "orderType")
    kind, until = _KINDS[name]
    price, stop = asked.number("limitPrice"), asked.number("stopPrice")
    if (kind is OrderType.LIMIT and price is None) or (kind is OrderType.STOP and stop is None):
        raise No(Why.FIELD, "limitPrice")
    if kind is OrderType.STOP and price is not None:
        kind = OrderType.STOP_LIMIT
    return Draft(
        market,
        Side(side),
        kind,
        until,
        asked.number("size") or Decimal(0),
        None if kind is OrderType.MARKET else price,
        stop,
        asked.fields.get("cliOrdId", ""),
        reduce_only=asked.fields.get("reduceOnly", "").lower() == "true",
        post_only=name == "post",
    )
