"""Spot orders and trades as Binance writes them."""

from __future__ import annotations

from simulator.coin_orders import CoinOrder
from simulator.orders import WorkingOrder
from simulator.protocols.coins.orders import coin_order, ended_by_venue, shown_id
from simulator.protocols.coins.rows import Row, digits, milliseconds
from simulator.protocols.coins.rules import CoinMarket
from tieout.orders import OrderState, OrderType, Side, TimeInForce
from tieout.records import Execution

_STATES = {
    OrderState.WORKING: "NEW",
    OrderState.PARTIALLY_FILLED: "PARTIALLY_FILLED",
    OrderState.FILLED: "FILLED",
    OrderState.CANCELLED: "CANCELED",
    OrderState.REPLACED: "CANCELED",
    OrderState.EXPIRED: "EXPIRED",
    OrderState.REJECTED: "REJECTED",
}
_KINDS = {
    OrderType.MARKET: "MARKET",
    OrderType.LIMIT: "LIMIT",
    OrderType.STOP: "STOP_LOSS",
    OrderType.STOP_LIMIT: "STOP_LOSS_LIMIT",
}


def state_of(working: WorkingOrder) -> str:
    """NEW, PARTIALLY_FILLED, …; an order that the venue ended itself has EXPIRED."""
    return "EXPIRED" if ended_by_venue(working) else _STATES[working.state]


def until_of(order: CoinOrder) -> str:
    """GTC, IOC or FOK; a market order shows GTC."""
    at_once = order.time_in_force in (TimeInForce.IOC, TimeInForce.FOK) and order.order_type is not OrderType.MARKET
    return order.time_in_force.value.upper() if at_once else "GTC"


def order_row(number: int, working: WorkingOrder, market: CoinMarket) -> Row:
    """GET /api/v3/order and the lists."""
    order, submitted = coin_order(working), milliseconds(working.submitted_at)
    return _head(number, market) | {
        "clientOrderId": shown_id(order.client_order_id),
        **_amounts(order, working),
        "stopPrice": digits(order.stop_price),
        "icebergQty": digits(None),
        "time": submitted,
        "updateTime": milliseconds(working.updated_at),
        "isWorking": order.stop_price is None or working.triggered,
        "workingTime": submitted,
        "selfTradePreventionMode": "NONE",
    }


def acknowledged(number: int, working: WorkingOrder, market: CoinMarket, fills: list[Row]) -> Row:
    """POST /api/v3/order with newOrderRespType FULL."""
    order, submitted = coin_order(working), milliseconds(working.submitted_at)
    return _head(number, market) | {
        "clientOrderId": shown_id(order.client_order_id),
        "transactTime": submitted,
        **_amounts(order, working),
        **({} if order.stop_price is None else {"stopPrice": digits(order.stop_price)}),
        "workingTime": submitted,
        "selfTradePreventionMode": "NONE",
        "fills": fills,
    }


def cancelled(number: int, working: WorkingOrder, market: CoinMarket, cancel_id: str) -> Row:
    """DELETE /api/v3/order: `clientOrderId` is the cancel's own, the order's stands in `origClientOrderId`."""
    order = coin_order(working)
    return _head(number, market) | {
        "origClientOrderId": shown_id(order.client_order_id),
        "clientOrderId": cancel_id,
        "transactTime": milliseconds(working.updated_at),
        **_amounts(order, working),
        "selfTradePreventionMode": "NONE",
    }


def fill_of(number: int, one: Execution) -> Row:
    """One fill inside an acknowledgement."""
    return {
        "price": digits(one.price),
        "qty": digits(one.quantity),
        "commission": digits(one.fee),
        "commissionAsset": one.fee_currency,
        "tradeId": number,
    }


def trade_row(number: int, order: int, one: Execution, market: CoinMarket, *, maker: bool) -> Row:
    """GET /api/v3/myTrades."""
    return {
        "symbol": market.symbol,
        "id": number,
        "orderId": order,
        "orderListId": -1,
        "price": digits(one.price),
        "qty": digits(one.quantity),
        "quoteQty": digits(one.quantity * one.price),
        "commission": digits(one.fee),
        "commissionAsset": one.fee_currency,
        "time": milliseconds(one.executed_at),
        "isBuyer": one.side is Side.BUY,
        "isMaker": maker,
        "isBestMatch": True,
    }


def kind_of(order: CoinOrder) -> str:
    """LIMIT, MARKET, LIMIT_MAKER, …"""
    return "LIMIT_MAKER" if order.post_only else _KINDS[order.order_type]


def _head(number: int, market: CoinMarket) -> Row:
    return {"symbol": market.symbol, "orderId": number, "orderListId": -1}


def _amounts(order: CoinOrder, working: WorkingOrder) -> Row:
    return {
        "price": digits(order.limit_price),
        "origQty": digits(order.quantity),
        "executedQty": digits(working.filled_quantity),
        "origQuoteOrderQty": digits(order.spends, 6),
        "cummulativeQuoteQty": digits(working.filled_value),
        "status": state_of(working),
        "timeInForce": until_of(order),
        "type": kind_of(order),
        "side": order.side.value.upper(),
    }
