"""Orders, trades and positions as Bybit writes them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal

from simulator.account import SimulatedAccount
from simulator.orders import WorkingOrder
from simulator.protocols.coins.ledger import Event, trades_of
from simulator.protocols.coins.orders import coin_order, ended_by_venue, shown_id
from simulator.protocols.coins.rows import Row, milliseconds, trimmed
from simulator.protocols.coins.rules import CoinMarket
from simulator.protocols.coins.state import ContractPosition, is_maker, rates
from tieout.hedge import Leg, leg_of
from tieout.instruments import Instrument
from tieout.ledger.trades import notional
from tieout.money import ZERO
from tieout.orders import OrderState, OrderType, Side
from tieout.records import Activity, ActivityKind, Execution

_EIGHTH = Decimal("0.00000001")
_STATES = {
    OrderState.WORKING: "New",
    OrderState.PARTIALLY_FILLED: "PartiallyFilled",
    OrderState.FILLED: "Filled",
    OrderState.CANCELLED: "Cancelled",
    OrderState.REPLACED: "Cancelled",
    OrderState.EXPIRED: "Cancelled",
    OrderState.REJECTED: "Rejected",
}
_LEGS = {None: 0, Leg.LONG: 1, Leg.SHORT: 2}
_STOPS = frozenset({OrderType.STOP, OrderType.STOP_LIMIT})
_KINDS = {
    ActivityKind.FUNDING: "Funding",
    ActivityKind.LIQUIDATION: "BustTrade",
    ActivityKind.DELEVERAGING: "AdlTrade",
}


def category_of(market: CoinMarket) -> str:
    """spot, linear or inverse."""
    if market.is_spot:
        return "spot"
    return "inverse" if market.is_inverse else "linear"


def order_row(account: SimulatedAccount, working: WorkingOrder, market: CoinMarket) -> Row:
    """GET /v5/order/realtime and /v5/order/history; its trades are the first that make up what it has filled."""
    order, stop = coin_order(working), working.order.order_type in _STOPS
    live, trades = working.state.is_live, _first_of(trades_of(account, working), working.filled_quantity)
    value = sum((_value(one.instrument, one.quantity, one.price) for one in trades), ZERO)
    by_us = working.state is OrderState.CANCELLED and not ended_by_venue(working)
    return {
        "orderId": working.broker_order_id,
        "orderLinkId": shown_id(order.client_order_id),
        "blockTradeId": "",
        "symbol": market.symbol,
        "price": trimmed(order.limit_price),
        "qty": trimmed(order.spends or order.quantity),
        "side": order.side.value.capitalize(),
        "isLeverage": "0" if market.is_spot else "",
        "positionIdx": _LEGS[leg_of(order.instrument)],
        "orderStatus": status_of(working, market),
        "createType": "CreateByUser",
        "cancelType": "CancelByUser" if by_us else "UNKNOWN",
        "rejectReason": reason_of(working),
        "avgPrice": trimmed(_average(market, working.filled_quantity, value)) if trades else "",
        "leavesQty": trimmed(working.remaining) if live else "0",
        "leavesValue": trimmed(working.remaining * (order.limit_price or ZERO)) if live else "0",
        "cumExecQty": trimmed(working.filled_quantity),
        "cumExecValue": trimmed(value),
        "cumExecFee": trimmed(sum((one.fee for one in trades), ZERO)),
        "timeInForce": "PostOnly" if order.post_only else order.time_in_force.value.upper(),
        "orderType": "Market" if order.order_type in (OrderType.MARKET, OrderType.STOP) else "Limit",
        "stopOrderType": "Stop" if stop else "",
        "orderIv": "",
        "marketUnit": "" if not market.is_spot else ("quoteCoin" if order.spends else "baseCoin"),
        "triggerPrice": trimmed(order.stop_price) if stop else "",
        "takeProfit": "",
        "stopLoss": "",
        "tpTriggerBy": "",
        "slTriggerBy": "",
        "triggerDirection": (1 if order.side is Side.BUY else 2) if stop else 0,
        "triggerBy": "LastPrice" if stop else "",
        "lastPriceOnCreated": "",
        "reduceOnly": order.reduce_only,
        "closeOnTrigger": False,
        "smpType": "None",
        "smpGroup": 0,
        "smpOrderId": "",
        "tpslMode": "",
        "tpLimitPrice": "",
        "slLimitPrice": "",
        "placeType": "",
        "createdTime": str(milliseconds(working.submitted_at)),
        "updatedTime": str(milliseconds(working.updated_at)),
    }


def _first_of(trades: Sequence[Execution], filled: Decimal) -> list[Execution]:
    """Trades in their order until they make up so many units."""
    found: list[Execution] = []
    for one in trades:
        if sum((each.quantity for each in found), ZERO) >= filled:
            break
        found.append(one)
    return found


def status_of(working: WorkingOrder, market: CoinMarket) -> str:
    """New, Untriggered, PartiallyFilled, …"""
    waits = working.order.order_type in _STOPS and not working.triggered
    if waits and working.state is OrderState.WORKING:
        return "Untriggered"
    if waits and working.state is OrderState.CANCELLED:
        return "Deactivated"
    if market.is_spot and working.state is OrderState.CANCELLED and working.filled_quantity:
        return "PartiallyFilledCanceled"
    return _STATES[working.state]


def reason_of(working: WorkingOrder) -> str:
    """Why the venue ended an order."""
    if working.state is not OrderState.CANCELLED:
        return "EC_NoError"
    if coin_order(working).post_only and working.updated_at == working.submitted_at:
        return "EC_PostOnlyWillTakeLiquidity"
    return "EC_NoImmediateQtyToFill" if ended_by_venue(working) else "EC_PerCancelRequest"


def execution_row(account: SimulatedAccount, event: Event, market: CoinMarket) -> Row:
    """GET /v5/execution/list: a trade, a funding payment, or a position that the venue closed."""
    if isinstance(event.record, Execution):
        return _trade_row(account, event, event.record, market)
    return _forced_row(event, event.record, market)


def position_row(position: ContractPosition, number: int) -> Row:
    """GET /v5/position/list."""
    side = "Buy" if position.quantity > 0 else "Sell"
    return _head(position.market, position.leg, side) | {
        "size": trimmed(abs(position.quantity)),
        "avgPrice": trimmed(position.entry),
        "positionValue": trimmed(position.value.quantize(_EIGHTH, ROUND_HALF_EVEN)),
        "leverage": trimmed(position.leverage),
        "positionBalance": trimmed(position.margin),
        "markPrice": trimmed(position.mark),
        "positionMM": trimmed(position.margin / 2),
        "positionMMByMp": trimmed(position.margin / 2),
        "positionIM": trimmed(position.margin),
        "positionIMByMp": trimmed(position.margin),
        "unrealisedPnl": trimmed(position.profit),
        "curRealisedPnl": "0",
        "cumRealisedPnl": "0",
        "seq": number,
        "createdTime": str(milliseconds(position.since)),
        "updatedTime": str(milliseconds(position.updated)),
    }


def no_position_row(market: CoinMarket, leg: Leg | None, leverage: Decimal) -> Row:
    """What a symbol that is asked for by name shows where nothing is held."""
    nothing = dict.fromkeys(("size", "avgPrice", "curRealisedPnl", "cumRealisedPnl", "markPrice"), "0")
    empty = ("positionValue", "positionBalance", "positionMM", "positionMMByMp", "positionIM", "positionIMByMp")
    return (
        _head(market, leg, "")
        | nothing
        | dict.fromkeys((*empty, "unrealisedPnl"), "")
        | {"leverage": trimmed(leverage), "seq": -1, "createdTime": "0", "updatedTime": "0"}
    )


def _head(market: CoinMarket, leg: Leg | None, side: str) -> Row:
    return {
        "positionIdx": _LEGS[leg],
        "riskId": 1,
        "riskLimitValue": "2000000",
        "symbol": market.symbol,
        "side": side,
        "tradeMode": 0,
        "positionStatus": "Normal",
        "autoAddMargin": 0,
        "adlRankIndicator": 2 if side else 0,
        "breakEvenPrice": "",
        "liqPrice": "",
        "bustPrice": "",
        "tpslMode": "Full",
        "takeProfit": "",
        "stopLoss": "",
        "trailingStop": "0",
        "sessionAvgPrice": "",
        "isReduceOnly": False,
        "mmrSysUpdatedTime": "",
        "mmrSysUpdateTime": "",
        "leverageSysUpdatedTime": "",
    }


def _trade_row(account: SimulatedAccount, event: Event, trade: Execution, market: CoinMarket) -> Row:
    working = account.desk.by_broker_id(trade.broker_order_id or "")
    order = None if working is None else coin_order(working)
    maker = is_maker(account, trade)
    before = event.held - event.units
    closed = min(abs(before), trade.quantity) if before * event.units < 0 else ZERO
    return _execution_head(market) | {
        "orderId": trade.broker_order_id,
        "orderLinkId": shown_id(trade.client_order_id),
        "side": trade.side.value.capitalize(),
        "orderPrice": trimmed(order.limit_price if order else None),
        "orderQty": trimmed(order.quantity if order else trade.quantity),
        "leavesQty": trimmed(_left(account, trade, order.quantity if order else trade.quantity)),
        "createType": "CreateByUser",
        "orderType": "Limit" if order and order.limit_price else "Market",
        "stopOrderType": "Stop" if order and order.stop_price else "UNKNOWN",
        "execFee": trimmed(trade.fee),
        "execId": trade.execution_id,
        "execPrice": trimmed(trade.price),
        "execQty": trimmed(trade.quantity),
        "execType": "Trade",
        "execValue": trimmed(_value(trade.instrument, trade.quantity, trade.price)),
        "execTime": str(milliseconds(trade.executed_at)),
        "feeCurrency": trade.fee_currency if market.is_spot else "",
        "isMaker": maker,
        "feeRate": trimmed(rates(account, trade.instrument)[0 if maker else 1]),
        "markPrice": trimmed(trade.price),
        "closedSize": trimmed(closed),
        "seq": event.number,
    }


def _forced_row(event: Event, one: Activity, market: CoinMarket) -> Row:
    price = one.price or ZERO
    units = event.held if one.kind is ActivityKind.FUNDING else event.units
    value = abs(notional(market.instrument, units, price)) if price else ZERO
    fee = -one.amount if one.kind is ActivityKind.FUNDING else ZERO  # above zero is paid: the log has it the other way
    # a long that is funded shows as bought; what is closed shows the side that closed it
    return _execution_head(market) | {
        "orderId": f"{milliseconds(one.occurred_at)}-{event.number}",
        "orderLinkId": "",
        "side": "Buy" if units > 0 else "Sell",
        "orderPrice": "0",
        "orderQty": "0",
        "leavesQty": "0",
        "createType": "" if one.kind is ActivityKind.FUNDING else "CreateByLiq",
        "orderType": "UNKNOWN",
        "stopOrderType": "UNKNOWN",
        "execFee": trimmed(fee),
        "execId": one.activity_id,
        "execPrice": trimmed(price),
        "execQty": trimmed(abs(units)),
        "execType": _KINDS[one.kind],
        "execValue": trimmed(value),
        "execTime": str(milliseconds(one.occurred_at)),
        "feeCurrency": "",
        "isMaker": False,
        "feeRate": trimmed((fee / value).quantize(_EIGHTH, ROUND_HALF_EVEN)) if value else "0",
        "markPrice": trimmed(price),
        "closedSize": "0" if one.kind is ActivityKind.FUNDING else trimmed(abs(units)),
        "seq": event.number,
    }


def _execution_head(market: CoinMarket) -> Row:
    empty = ("tradeIv", "markIv", "indexPrice", "underlyingPrice", "blockTradeId", "extraFees")
    return {"symbol": market.symbol, **dict.fromkeys(empty, "")}


def _left(account: SimulatedAccount, trade: Execution, quantity: Decimal) -> Decimal:
    """What of the order was left after the trade."""
    done = ZERO
    for one in account.books.executions.all:
        if one.broker_order_id == trade.broker_order_id:
            done += one.quantity
        if one.execution_id == trade.execution_id:
            break
    return quantity - done


def _value(instrument: Instrument, units: Decimal, price: Decimal) -> Decimal:
    """Worth of what was traded: quote money, or coin of an inverse contract."""
    return abs(notional(instrument, units, price)).quantize(_EIGHTH, ROUND_HALF_EVEN)


def _average(market: CoinMarket, units: Decimal, value: Decimal) -> Decimal | None:
    """Average price; that of an inverse contract is what its coins cost."""
    if not units:
        return None
    return (units / value if market.is_inverse else value / units).quantize(_EIGHTH, ROUND_HALF_EVEN)
