"""USDⓈ-M futures orders, trades, positions and income as Binance writes them."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

from simulator.account import SimulatedAccount
from simulator.orders import WorkingOrder
from simulator.protocols.binance.rows import state_of, until_of
from simulator.protocols.coins.ledger import Entry, Event
from simulator.protocols.coins.numbers import forced
from simulator.protocols.coins.orders import coin_order, shown_id
from simulator.protocols.coins.rows import Row, digits, milliseconds
from simulator.protocols.coins.rules import CoinMarket
from simulator.protocols.coins.state import ContractPosition, is_isolated, is_maker, realised
from tieout.hedge import Leg, leg_of
from tieout.instruments import Instrument
from tieout.money import ZERO
from tieout.orders import OrderType, Side
from tieout.records import Activity, ActivityKind, Execution

_EIGHTH = Decimal("0.00000001")
_KINDS = {
    OrderType.MARKET: "MARKET",
    OrderType.LIMIT: "LIMIT",
    OrderType.STOP: "STOP_MARKET",
    OrderType.STOP_LIMIT: "STOP",
}
_FORCED = {ActivityKind.LIQUIDATION: "autoclose", ActivityKind.DELEVERAGING: "adl_autoclose"}
_INCOME = {
    ActivityKind.FUNDING: "FUNDING_FEE",
    ActivityKind.TRANSFER: "TRANSFER",
    ActivityKind.JOURNAL: "TRANSFER",
    ActivityKind.FEE: "INSURANCE_CLEAR",
    ActivityKind.CONVERSION: "COIN_SWAP_DEPOSIT",
}


def leg_name(instrument: Instrument) -> str:
    """BOTH, LONG or SHORT."""
    leg = leg_of(instrument)
    return "BOTH" if leg is None else leg.value


def lots(units: Decimal, market: CoinMarket) -> str:
    """A size as the venue counts it: coins, or contracts of so many dollars."""
    return digits(units / market.rules.size, 0 if market.is_inverse else 3)


def worth(units: Decimal, price: Decimal, market: CoinMarket) -> Row:
    """What a trade was worth, in dollars or in coin, under the name that either book has for it."""
    if market.is_inverse:
        return {"baseQty": digits((units / price).quantize(_EIGHTH, ROUND_HALF_EVEN)), "pair": _pair(market)}
    return {"quoteQty": digits(units * price, 5)}


def _pair(market: CoinMarket) -> str:
    return market.symbol.removesuffix("_PERP")


def _so_far(units: Decimal, value: Decimal, market: CoinMarket) -> Row:
    if not market.is_inverse:
        return {"cumQty": digits(units, 3), "cumQuote": digits(value, 5)}
    base = units * units / value if value else ZERO
    return {"cumBase": digits(base.quantize(_EIGHTH, ROUND_HALF_EVEN)), "pair": _pair(market)}


def order_row(number: int, working: WorkingOrder, market: CoinMarket) -> Row:
    """GET /fapi/v1/order and the lists."""
    order = coin_order(working)
    kind = _KINDS[order.order_type]
    average = working.filled_value / working.filled_quantity if working.filled_quantity else ZERO
    return _settings() | {
        "orderId": number,
        "symbol": market.symbol,
        "status": state_of(working),
        "clientOrderId": shown_id(order.client_order_id),
        "price": digits(order.limit_price, 2),
        "avgPrice": digits(average.quantize(_EIGHTH, ROUND_HALF_EVEN), 5),
        "origQty": lots(order.quantity, market),
        "executedQty": lots(working.filled_quantity, market),
        **_so_far(working.filled_quantity, working.filled_value, market),
        "timeInForce": "GTX" if order.post_only else until_of(order),
        "type": kind,
        "origType": kind,
        "reduceOnly": order.reduce_only,
        "side": order.side.value.upper(),
        "positionSide": leg_name(order.instrument),
        "stopPrice": digits(order.stop_price, 2),
        "time": milliseconds(working.submitted_at),
        "updateTime": milliseconds(working.updated_at),
    }


def forced_order_row(event: Event, one: Activity, market: CoinMarket) -> Row:
    """The order that the venue made to close a position by itself: its client order id tells."""
    units, at = lots(abs(event.units), market), milliseconds(one.occurred_at)
    return _settings() | {
        "orderId": forced(one.occurred_at, event.number),
        "symbol": market.symbol,
        "status": "FILLED",
        "clientOrderId": f"{_FORCED[one.kind]}-{at}{event.number}",
        "price": digits(one.price, 2),
        "avgPrice": digits(one.price, 5),
        "origQty": units,
        "executedQty": units,
        **_so_far(abs(event.units), abs(event.units) * (one.price or ZERO), market),
        "timeInForce": "IOC",
        "type": "LIMIT",
        "origType": "LIMIT",
        "reduceOnly": True,
        "side": _side(event),
        "positionSide": leg_name(one.instrument or market.instrument),
        "stopPrice": "0",
        "time": at,
        "updateTime": at,
    }


def algo_row(number: int, working: WorkingOrder, market: CoinMarket) -> Row:
    """A conditional order, which has an id space of its own until it triggers."""
    order = coin_order(working)
    state = "TRIGGERED" if working.triggered else state_of(working)
    return {
        "algoId": number,
        "clientAlgoId": shown_id(order.client_order_id),
        "algoType": "CONDITIONAL",
        "orderType": _KINDS[order.order_type],
        "type": _KINDS[order.order_type],
        "symbol": market.symbol,
        "side": order.side.value.upper(),
        "positionSide": leg_name(order.instrument),
        "timeInForce": until_of(order),
        "quantity": digits(order.quantity, 3),
        "algoStatus": state,
        "actualOrderId": str(number) if working.triggered else "",
        "actualPrice": digits(ZERO, 5),
        "triggerPrice": digits(order.stop_price, 2),
        "price": digits(order.limit_price, 2),
        "workingType": "CONTRACT_PRICE",
        "priceProtect": False,
        "closePosition": False,
        "reduceOnly": order.reduce_only,
        "createTime": milliseconds(working.submitted_at),
        "updateTime": milliseconds(working.updated_at),
        "triggerTime": milliseconds(working.updated_at) if working.triggered else 0,
        "goodTillDate": 0,
    }


def trade_row(account: SimulatedAccount, number: int, order: int, trade: Execution, market: CoinMarket) -> Row:
    """GET /fapi/v1/userTrades."""
    return {
        "symbol": market.symbol,
        "id": number,
        "orderId": order,
        "side": trade.side.value.upper(),
        "price": digits(trade.price, 2),
        "qty": lots(trade.quantity, market),
        "realizedPnl": digits(realised(account, trade)),
        "marginAsset": market.settle,
        **worth(trade.quantity, trade.price, market),
        "commission": digits(trade.fee),
        "commissionAsset": trade.fee_currency,
        "time": milliseconds(trade.executed_at),
        "positionSide": leg_name(trade.instrument),
        "buyer": trade.side is Side.BUY,
        "maker": is_maker(account, trade),
    }


def forced_trade_row(event: Event, one: Activity, market: CoinMarket) -> Row:
    """The trade of an order that the venue made itself."""
    return {
        "symbol": market.symbol,
        "id": event.number,
        "orderId": forced(one.occurred_at, event.number),
        "side": _side(event),
        "price": digits(one.price, 2),
        "qty": lots(abs(event.units), market),
        "realizedPnl": digits(one.amount),
        "marginAsset": market.settle,
        **worth(abs(event.units), one.price or ZERO, market),
        "commission": digits(ZERO),
        "commissionAsset": market.settle,
        "time": milliseconds(one.occurred_at),
        "positionSide": leg_name(one.instrument or market.instrument),
        "buyer": event.units > 0,
        "maker": False,
    }


def position_row(account: SimulatedAccount, one: ContractPosition) -> Row:
    """GET /fapi/v3/positionRisk, with what v2 shows besides."""
    isolated = is_isolated(account, one.market.instrument)
    alone = digits(one.margin if isolated else ZERO)
    return {
        "symbol": one.market.symbol,
        "positionSide": "BOTH" if one.leg is None else one.leg.value,
        "positionAmt": lots(one.quantity, one.market),
        "entryPrice": digits(one.entry, 2),
        "breakEvenPrice": digits(one.entry, 2),
        "markPrice": digits(one.mark),
        "unRealizedProfit": digits(one.profit),
        "liquidationPrice": "0",
        "isolatedMargin": alone,
        "isolatedWallet": alone,
        **_notional(one),
        "marginAsset": one.market.settle,
        "initialMargin": digits(one.margin),
        "maintMargin": digits(one.margin / 2),
        "positionInitialMargin": digits(one.margin),
        "openOrderInitialMargin": "0",
        "adl": 1,
        "bidNotional": "0",
        "askNotional": "0",
        "leverage": digits(one.leverage, 0),
        "maxNotionalValue": "20000000",
        "marginType": "isolated" if isolated else "cross",
        "isAutoAddMargin": "false",
        "updateTime": milliseconds(one.updated),
    }


def _notional(one: ContractPosition) -> Row:
    if one.market.is_inverse:
        return {"notionalValue": digits((one.quantity / one.mark).quantize(_EIGHTH, ROUND_HALF_EVEN))}
    return {"notional": digits(one.quantity * one.mark)}


def no_position_row(market: CoinMarket, leg: Leg | None, leverage: Decimal, mark: Decimal) -> Row:
    """What v2 shows of a symbol without a position."""
    nothing = ("positionAmt", "entryPrice", "breakEvenPrice", "unRealizedProfit", "liquidationPrice", "notional")
    return {
        "symbol": market.symbol,
        "positionSide": "BOTH" if leg is None else leg.value,
        **dict.fromkeys((*nothing, "isolatedMargin", "isolatedWallet"), "0"),
        "markPrice": digits(mark),
        "leverage": digits(leverage, 0),
        "maxNotionalValue": "20000000",
        "marginType": "cross",
        "isAutoAddMargin": "false",
        "updateTime": 0,
    }


def income_rows(one: Entry, trade: int | None, market: CoinMarket | None) -> list[Row]:
    """GET /fapi/v1/income: profit and commission of a trade are rows of their own. Above zero is received."""
    if one.kind is None:
        amounts = [("REALIZED_PNL", one.change), ("COMMISSION", -one.fee)]
    else:
        amounts = [(_INCOME.get(one.kind, "REALIZED_PNL"), one.change)]
    return [
        {
            "symbol": "" if market is None else market.symbol,
            "incomeType": kind,
            "income": digits(amount),
            "asset": one.coin,
            "info": str(trade or kind),
            "time": milliseconds(one.at),
            "tranId": one.number * 10 + place,
            "tradeId": "" if trade is None else str(trade),
        }
        for place, (kind, amount) in enumerate(amounts)
        if amount
    ]


def _settings() -> Row:
    return {
        "closePosition": False,
        "workingType": "CONTRACT_PRICE",
        "priceProtect": False,
        "priceMatch": "NONE",
        "selfTradePreventionMode": "NONE",
        "goodTillDate": 0,
    }


def _side(event: Event) -> str:
    return "BUY" if event.units > 0 else "SELL"
