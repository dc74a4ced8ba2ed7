"""Kraken's private endpoints for spot: balances, orders, trades, ledger, key rights.

Source: the venue's spot REST reference. Lists come fifty at a time, newest first, from `ofs` on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from simulator.orders import WorkingOrder
from simulator.protocols.coins import orders
from simulator.protocols.coins.face import Asked
from simulator.protocols.coins.ledger import Entry, entries, trades
from simulator.protocols.coins.numbers import numbers_of
from simulator.protocols.coins.orders import Draft, Habits, IdRule, shown_id
from simulator.protocols.coins.refusals import No, Why
from simulator.protocols.coins.rows import Row, digits
from simulator.protocols.coins.rules import CoinMarket
from simulator.protocols.coins.state import rates, wallets, worth
from simulator.protocols.kraken.codes import refused, told
from simulator.protocols.kraken.names import asset, pair, short_pair, venue_id
from simulator.protocols.kraken.rows import (
    KINDS,
    TIMES,
    description,
    ledger_id,
    ledger_row,
    order_id,
    order_row,
    seconds,
    trade_row,
)
from simulator.protocols.wire import FaceAnswer
from tieout.money import ZERO
from tieout.orders import OrderType, Side

RecordT = TypeVar("RecordT")
HABITS = Habits(IdRule.WHILE_OPEN, refuses_reached=False)
_PAGE = 50
_HUNDRED = Decimal(100)
_PRICED = frozenset({OrderType.LIMIT, OrderType.STOP_LIMIT})
_STOPS = frozenset({OrderType.STOP, OrderType.STOP_LIMIT})
_LONGEST_ID = 36
_RIGHTS = {
    "read": ("funds-query", "orders-query-open", "orders-query-closed", "ledger-query"),
    "trade": ("orders-create-modify", "orders-cancel-close"),
    "withdraw": ("funds-withdraw",),
}


def balance_ex(asked: Asked) -> FaceAnswer:
    """BalanceEx: what is there, and what orders hold of it."""
    rows = {
        asset(one.coin): {"balance": digits(one.total, 10), "hold_trade": digits(one.locked, 10)}
        for one in wallets(asked.account, asked.markets)
        if one.total or one.locked
    }
    return told(rows)


def balance(asked: Asked) -> FaceAnswer:
    """Balance."""
    every = wallets(asked.account, asked.markets)
    return told({asset(one.coin): digits(one.total, 10) for one in every if one.total})


def trade_balance(asked: Asked) -> FaceAnswer:
    """TradeBalance, in US dollars; there is no margin."""
    total = sum((one.total * worth(asked, one.coin) for one in wallets(asked.account, asked.markets)), ZERO)
    text, nothing = digits(total.quantize(Decimal("0.0001")), 4), digits(ZERO, 4)
    return told({"eb": text, "tb": text, "e": text, "mf": text, **dict.fromkeys(("m", "n", "c", "v", "uv"), nothing)})


def add_order(asked: Asked) -> FaceAnswer:
    """AddOrder: the acknowledgement says what was asked for, and the id."""
    _require_in_time(asked)
    draft = _draft(asked)
    if asked.fields.get("validate") == "true":
        orders.check(asked.account, draft, asked.venue.market.quote(draft.market.instrument, asked.now), HABITS)
        return told({"descr": {"order": f"{draft.side} {digits(draft.quantity)} {draft.market.symbol}"}})
    working = orders.place(asked.venue, asked.account, draft, HABITS)
    row: Row = {"txid": [order_id(working)], "descr": description(working, draft.market)}
    return told(row | ({"cl_ord_id": draft.client_id} if draft.client_id else {}))


def amend_order(asked: Asked) -> FaceAnswer:
    """AmendOrder: the order keeps its ids."""
    _require_in_time(asked)
    working = _named(asked)
    draft = orders.draft_again(working, asked.markets.behind(working.order.instrument))
    quantity, price = asked.number("order_qty"), asked.number("limit_price")
    changed = replace(draft, quantity=quantity or draft.quantity, price=price or draft.price)
    orders.amend(asked.venue, asked.account, working, changed, HABITS)
    return told({"amend_id": venue_id("T", f"amend {len(asked.account.desk.updates)}")})


def cancel_order(asked: Asked) -> FaceAnswer:
    """CancelOrder."""
    orders.cancel(asked.account, _named(asked))
    return told({"count": 1})


def cancel_all(asked: Asked) -> FaceAnswer:
    """CancelAll."""
    ended = [one for market in asked.markets for one in orders.cancel_all(asked.account, market)]
    return told({"count": len(ended)})


def open_orders(asked: Asked) -> FaceAnswer:
    """OpenOrders: all of them at once."""
    return told({"open": dict(_rows(asked, (one for one in _orders(asked) if one.state.is_live)))})


def closed_orders(asked: Asked) -> FaceAnswer:
    """ClosedOrders: by when they were closed."""
    ended = [one for one in _orders(asked) if not one.state.is_live]
    ended.sort(key=lambda one: one.updated_at, reverse=True)
    within = [one for one in ended if _is_within(asked, one.updated_at)]
    return told({"closed": dict(_rows(asked, _page(asked, within))), "count": len(within)})


def query_orders(asked: Asked) -> FaceAnswer:
    """QueryOrders: by their ids."""
    wanted = asked.text("txid").split(",")
    found = [one for _, one in numbers_of(asked.account).orders() if order_id(one) in wanted]
    if len(found) != len(set(wanted)):
        raise refused("EOrder:Unknown order")
    return told(dict(_rows(asked, found)))


def trades_history(asked: Asked) -> FaceAnswer:
    """TradesHistory."""
    rows = [(n, one) for n, one in trades(asked.account) if not one.instrument.is_margined]
    within = [(n, one) for n, one in rows[::-1] if _is_within(asked, one.executed_at)]
    by_event = _ledgers_by_event(asked)
    shown = {
        venue_id("T", one.execution_id): trade_row(
            asked.account, n, one, asked.markets.of(one.instrument), by_event.get(n, [])
        )
        for n, one in _page(asked, within)
    }
    return told({"trades": shown, "count": len(within)})


def query_trades(asked: Asked) -> FaceAnswer:
    """QueryTrades: by their ids."""
    wanted, by_event = asked.text("txid").split(","), _ledgers_by_event(asked)
    return told(
        {
            venue_id("T", one.execution_id): trade_row(
                asked.account, n, one, asked.markets.of(one.instrument), by_event.get(n, [])
            )
            for n, one in trades(asked.account)
            if venue_id("T", one.execution_id) in wanted
        }
    )


def ledgers(asked: Asked) -> FaceAnswer:
    """Ledgers."""
    names, kind = asked.fields.get("asset", "all"), asked.fields.get("type", "all")
    within = [
        one
        for one in entries(asked.account)[::-1]
        if _is_within(asked, one.at)
        and (names in ("", "all") or asset(one.coin) in names.split(",") or one.coin in names.split(","))
        and kind in ("", "all", ledger_row(one)["type"])
    ]
    return told({"ledger": {ledger_id(one): ledger_row(one) for one in _page(asked, within)}, "count": len(within)})


def trade_volume(asked: Asked) -> FaceAnswer:
    """TradeVolume: the account's fees, in percent."""
    names = asked.fields.get("pair", "")
    markets = [one for one in asked.markets if one.is_spot and one.symbol in names.split(",")]
    found = {one.symbol: [rate * _HUNDRED for rate in rates(asked.account, one.instrument)] for one in markets}
    tail: Row = {"nextfee": None, "nextvolume": None, "tiervolume": "0.0000"}
    return told(
        {
            "currency": "ZUSD",
            "volume": "0.0000",
            "fees": {name: _fee(taker, tail) for name, (_, taker) in found.items()},
            "fees_maker": {name: _fee(maker, tail) for name, (maker, _) in found.items()},
        }
    )


def key_info(asked: Asked) -> FaceAnswer:
    """GetApiKeyInfo."""
    rights = [name for right in asked.key.rights for name in _RIGHTS.get(right, ())]
    return told(
        {
            "api_key_name": asked.key.label,
            "api_key": asked.key.key_id,
            "nonce": "0",
            "nonce_window": "0",
            "permissions": rights,
            "ip_allowlist": list(asked.key.ip_allow_list),
            "iban": "",
            "valid_until": "0",
            "query_from": "0",
            "query_to": "0",
            "created_time": str(int(seconds(asked.now))),
            "modified_time": str(int(seconds(asked.now))),
            "last_used": str(int(seconds(asked.now))),
        }
    )


def no_positions(_: Asked) -> FaceAnswer:
    """OpenPositions: there is no margin."""
    return told({})


def deposit_status(asked: Asked) -> FaceAnswer:
    """DepositStatus."""
    return told([_moved(one) for one in _external(asked) if one.change > 0])


def withdraw_status(asked: Asked) -> FaceAnswer:
    """WithdrawStatus."""
    return told([_moved(one) for one in _external(asked) if one.change < 0])


def _external(asked: Asked) -> list[Entry]:
    wanted = asked.fields.get("asset")
    rows = [one for one in entries(asked.account) if ledger_row(one)["type"] in ("deposit", "withdrawal")]
    return [one for one in rows[::-1] if wanted in (None, "", asset(one.coin), one.coin)]


def _moved(one: Entry) -> Row:
    return {
        "method": one.coin,
        "aclass": "currency",
        "asset": asset(one.coin),
        "refid": venue_id("F", one.event),
        "txid": venue_id("F", one.event),
        "info": "",
        "amount": digits(abs(one.change), 10),
        "fee": digits(one.fee, 10),
        "time": int(seconds(one.at)),
        "status": "Success",
    }


def _fee(percent: Decimal, tail: Row) -> Row:
    text = digits(percent, 4)
    return {"fee": text, "minfee": text, "maxfee": text, **tail}


def _ledgers_by_event(asked: Asked) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for one in entries(asked.account):
        found.setdefault(one.event, []).append(ledger_id(one))
    return found


def _orders(asked: Asked) -> Iterator[WorkingOrder]:
    """Orders of pairs, the newest first, by the customer's id where one is sent."""
    wanted = asked.fields.get("cl_ord_id")
    for _, one in list(numbers_of(asked.account).orders())[::-1]:
        if not one.order.instrument.is_margined and wanted in (None, "", shown_id(one.order.client_order_id)):
            yield one


def _rows(asked: Asked, found: Iterable[WorkingOrder]) -> Iterator[tuple[str, Row]]:
    with_trades = asked.fields.get("trades") in ("true", "True", "1")
    for one in found:
        market = asked.markets.behind(one.order.instrument)
        yield order_id(one), order_row(asked.account, one, market, with_trades=with_trades)


def _page(asked: Asked, rows: list[RecordT]) -> list[RecordT]:
    start = asked.whole("ofs", 0)
    return rows[start : start + _PAGE]


def _is_within(asked: Asked, moment: datetime) -> bool:
    """Inside (start, end], in seconds."""
    start, end = asked.number("start"), asked.number("end")
    at = Decimal(str(seconds(moment)))
    return (start is None or at > start) and (end is None or at <= end)


def _named(asked: Asked) -> WorkingOrder:
    """The live order that a request names. Raises No."""
    name, client = asked.fields.get("txid"), asked.fields.get("cl_ord_id")
    if client:
        return orders.by_client_id(asked.account, client)[1]
    if not name:
        raise No(Why.FIELD, "txid")
    found = [one for _, one in numbers_of(asked.account).orders() if order_id(one) == name]
    if not found:
        raise No(Why.NOT_FOUND)
    return found[0]


def _require_in_time(asked: Asked) -> None:
    """A request past its own deadline dies in the venue."""
    text = asked.fields.get("deadline")
    if text and datetime.fromisoformat(text).timestamp() * 1_000 < asked.time_ms:
        raise refused("EService:Deadline elapsed")


def _draft(asked: Asked) -> Draft:
    """The order that a request asks for. Raises No."""
    name, kind, side = asked.text("pair"), asked.text("ordertype"), asked.text("type")
    market = _market(asked, name)
    if side not in ("buy", "sell"):
        raise No(Why.FIELD, "type")
    if kind not in KINDS:
        raise No(Why.FIELD, "ordertype")
    until = asked.fields.get("timeinforce", "")
    if until not in TIMES:
        raise No(Why.FIELD, "timeinforce")
    flags, volume = asked.fields.get("oflags", "").split(","), asked.number("volume")
    if volume is None:
        raise No(Why.FIELD, "volume")
    if "userref" in asked.fields and "cl_ord_id" in asked.fields:
        raise No(Why.FIELD, "cl_ord_id and userref are mutually exclusive")
    first, second = asked.number("price"), asked.number("price2")
    stop = first if KINDS[kind] in _STOPS else None
    price = (second if stop is not None else first) if KINDS[kind] in _PRICED else None
    if KINDS[kind] in _PRICED and price is None:
        raise No(Why.FIELD, "price")
    spends = volume if "viqc" in flags else None
    return Draft(
        market,
        Side(side),
        KINDS[kind],
        TIMES[until],
        ZERO if spends else volume,
        price,
        stop,
        _client_id(asked),
        None,
        False,
        "post" in flags,
        spends,
    )


def _market(asked: Asked, name: str) -> CoinMarket:
    for one in asked.markets:
        if one.is_spot and name in (pair(one.instrument), short_pair(one.instrument)):
            return one
    raise No(Why.UNKNOWN_SYMBOL, name)


def _client_id(asked: Asked) -> str:
    sent = asked.fields.get("cl_ord_id", "")
    is_uuid = len(sent.replace("-", "")) == 32 and len(sent) in (32, _LONGEST_ID)
    if sent and not is_uuid and len(sent) > 18:
        raise No(Why.FIELD, "cl_ord_id")
    return sent
