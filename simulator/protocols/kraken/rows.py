"""Orders, trades and ledger entries as Kraken writes them. Times are seconds with a fraction."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

from simulator.account import SimulatedAccount
from simulator.orders import WorkingOrder
from simulator.protocols.coins.ledger import Entry, trades_of
from simulator.protocols.coins.orders import coin_order, ended_by_venue, shown_id
from simulator.protocols.coins.rows import Row, digits
from simulator.protocols.coins.rules import CoinMarket
from simulator.protocols.coins.state import is_maker
from simulator.protocols.kraken.names import asset, pair, short_pair, venue_id
from tieout.money import ZERO
from tieout.orders import OrderState, OrderType, TimeInForce
from tieout.records import ActivityKind, Execution

_FIFTH = Decimal("0.00001")
_STATES = {
    OrderState.WORKING: "open",
    OrderState.PARTIALLY_FILLED: "open",
    OrderState.FILLED: "closed",
    OrderState.CANCELLED: "canceled",
    OrderState.REPLACED: "canceled",
    OrderState.EXPIRED: "expired",
    OrderState.REJECTED: "canceled",
}
KINDS = {
    "limit": OrderType.LIMIT,
    "market": OrderType.MARKET,
    "stop-loss": OrderType.STOP,
    "stop-loss-limit": OrderType.STOP_LIMIT,
}
_NAMES = {kind: name for name, kind in KINDS.items()}
_TYPES = {
    ActivityKind.INTEREST: ("rollover", ""),
    ActivityKind.JOURNAL: ("transfer", "spotfromfutures"),
    ActivityKind.CONVERSION: ("conversion", ""),
}


def seconds(moment: datetime) -> float:
    """Since 1970, with a fraction: these stand as numbers in the venue's answers."""
    return round(moment.timestamp(), 4)


def order_id(working: WorkingOrder) -> str:
    return venue_id("O", working.broker_order_id)


def description(working: WorkingOrder, market: CoinMarket) -> Row:
    """What an order asks for, in fields and in words."""
    order, name = coin_order(working), short_pair(market.instrument)
    kind = _NAMES[order.order_type]
    first, second = (order.stop_price, order.limit_price) if order.stop_price is not None else (order.limit_price, None)
    price = f" {first:f}" if first is not None else ""
    words = f"{order.side} {digits(order.quantity)} {name} @ {kind}{price}"
    return {
        "pair": name,
        "type": order.side.value,
        "ordertype": kind,
        "price": "0" if first is None else f"{first:f}",
        "price2": "0" if second is None else f"{second:f}",
        "leverage": "none",
        "order": words,
        "close": "",
    }


def order_row(account: SimulatedAccount, working: WorkingOrder, market: CoinMarket, *, with_trades: bool) -> Row:
    """OpenOrders, ClosedOrders, QueryOrders. `price` is the average of what was filled."""
    order, made = coin_order(working), trades_of(account, working)
    cost = sum((one.quantity * one.price for one in made), ZERO)
    filled = sum((one.quantity for one in made), ZERO)
    average = (cost / filled).quantize(_FIFTH, ROUND_HALF_EVEN) if filled else ZERO
    row: Row = {
        "refid": None,
        "userref": None,
        "cl_ord_id": shown_id(order.client_order_id) or None,
        "status": _STATES[working.state],
        "opentm": seconds(working.submitted_at),
        "starttm": 0,
        "expiretm": 0,
        "descr": description(working, market),
        "vol": digits(order.quantity),
        "vol_exec": digits(working.filled_quantity),
        "cost": digits(cost, 5),
        "fee": digits(sum((one.fee for one in made if one.fee_currency == market.quote), ZERO), 5),
        "price": digits(average, 5),
        "stopprice": digits(order.stop_price, 5),
        "limitprice": digits(ZERO, 5),
        "misc": "",
        "oflags": "fciq" + (",post" if order.post_only else ""),
    }
    if not working.state.is_live:
        row |= {"closetm": seconds(working.updated_at), "reason": _reason(working)}
    if with_trades and made:
        row["trades"] = [venue_id("T", one.execution_id) for one in made]
    return row


def trade_row(account: SimulatedAccount, number: int, one: Execution, market: CoinMarket, ledgers: list[str]) -> Row:
    """TradesHistory: the fee is in quote currency."""
    working = account.desk.by_broker_id(one.broker_order_id or "")
    kind = "market" if working is None else _NAMES[working.order.order_type]
    maker = is_maker(account, one)
    return {
        "ordertxid": venue_id("O", one.broker_order_id),
        "postxid": venue_id("T", f"position {one.broker_order_id}"),
        "pair": pair(market.instrument),
        "time": seconds(one.executed_at),
        "type": one.side.value,
        "ordertype": kind,
        "price": digits(one.price, 5),
        "cost": digits(one.quantity * one.price, 5),
        "fee": digits(one.fee, 5),
        "vol": digits(one.quantity),
        "margin": digits(ZERO, 5),
        "leverage": "0",
        "misc": "",
        "trade_id": number,
        "maker": maker,
        "ledgers": ledgers,
        "cl_ord_id": shown_id(one.client_order_id),
    }


def ledger_id(one: Entry) -> str:
    return venue_id("L", one.number)


def ledger_row(one: Entry) -> Row:
    """Ledgers: what a wallet gained is `amount − fee`."""
    kind, sub = _type(one)
    reference = venue_id("T", one.trade.execution_id) if one.trade else venue_id("F", one.event)
    return {
        "refid": reference,
        "time": seconds(one.at),
        "type": kind,
        "subtype": sub,
        "aclass": "currency",
        "asset": asset(one.coin),
        "amount": digits(one.change, 10),
        "fee": digits(one.fee, 10),
        "balance": digits(one.balance, 10),
    }


def _type(one: Entry) -> tuple[str, str]:
    if one.kind is None:
        return "trade", "tradespot"
    if one.kind is ActivityKind.TRANSFER:
        return ("deposit" if one.change > 0 else "withdrawal"), ""
    return _TYPES.get(one.kind, ("adjustment", ""))


def _reason(working: WorkingOrder) -> object:
    if working.state is OrderState.FILLED:
        return None
    return "Out of liquidity" if ended_by_venue(working) else "User requested"


TIMES = {"": TimeInForce.GTC, "GTC": TimeInForce.GTC, "IOC": TimeInForce.IOC}
