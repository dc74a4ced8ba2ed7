"""Orders, fills, positions and bills as OKX writes them. Sizes of swaps are contracts; a fee below zero was charged."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

from simulator.account import SimulatedAccount
from simulator.orders import WorkingOrder
from simulator.protocols.coins.ledger import Entry, Event, trades, trades_of
from simulator.protocols.coins.numbers import forced, numbers_of
from simulator.protocols.coins.orders import coin_order, ended_by_venue, fees_of, shown_id
from simulator.protocols.coins.rows import Row, milliseconds, trimmed
from simulator.protocols.coins.rules import CoinMarket
from simulator.protocols.coins.state import ContractPosition, is_isolated, is_maker, leverage, realised
from tieout.hedge import Leg, leg_of
from tieout.instruments import Instrument
from tieout.money import ZERO
from tieout.orders import OrderState, OrderType, TimeInForce
from tieout.records import Activity, ActivityKind, Execution

_NINTH = Decimal("0.000000001")
_STATES = {
    OrderState.WORKING: "live",
    OrderState.PARTIALLY_FILLED: "partially_filled",
    OrderState.FILLED: "filled",
    OrderState.CANCELLED: "canceled",
    OrderState.REPLACED: "canceled",
    OrderState.EXPIRED: "canceled",
    OrderState.REJECTED: "canceled",
}
_EMPTY = [
    "algoClOrdId",
    "algoId",
    "attachAlgoClOrdId",
    "cancelSourceReason",
    "pxType",
    "pxUsd",
    "pxVol",
    "quickMgnType",
    "slOrdPx",
    "slTriggerPx",
    "slTriggerPxType",
    "source",
    "stpId",
    "tag",
    "tpOrdPx",
    "tpTriggerPx",
    "tpTriggerPxType",
]
LEGS = {"": None, "net": None, "long": Leg.LONG, "short": Leg.SHORT}
STOPS = frozenset({OrderType.STOP, OrderType.STOP_LIMIT})
_TYPES = {
    ActivityKind.TRANSFER: "1",
    ActivityKind.JOURNAL: "1",
    ActivityKind.LIQUIDATION: "5",
    ActivityKind.INTEREST: "7",
    ActivityKind.FUNDING: "8",
    ActivityKind.DELEVERAGING: "9",
    ActivityKind.CONVERSION: "30",
    ActivityKind.FEE: "5",
}


_SUB_TYPES = {
    ActivityKind.FUNDING: ("174", "173"),
    ActivityKind.LIQUIDATION: ("105", "104"),
    ActivityKind.DELEVERAGING: ("126", "125"),
    ActivityKind.INTEREST: ("9", "9"),
    ActivityKind.CONVERSION: ("320", "321"),
    ActivityKind.FEE: ("110", "110"),
}


def kind_of(market: CoinMarket) -> str:
    """SPOT or SWAP."""
    return "SPOT" if market.is_spot else "SWAP"


def contracts(market: CoinMarket, units: Decimal) -> Decimal:
    """Units as the venue counts them."""
    return units / market.rules.size


def side_name(instrument: Instrument) -> str:
    """net, long or short; empty for spot."""
    if not instrument.is_margined:
        return ""
    leg = leg_of(instrument)
    return "net" if leg is None else leg.value.lower()


def order_row(account: SimulatedAccount, number: int, working: WorkingOrder, market: CoinMarket) -> Row:
    """GET /api/v5/trade/order and the lists."""
    order, made = coin_order(working), trades_of(account, working)
    last = made[-1] if made else None
    fees = fees_of(made)
    coin = next(iter(fees), market.settle)
    size = order.spends if order.spends is not None else contracts(market, order.quantity)
    return {
        **dict.fromkeys(_EMPTY, ""),
        "accFillSz": trimmed(contracts(market, working.filled_quantity)),
        "attachAlgoOrds": [],
        "avgPx": trimmed(_average(market, made)) if made else "",
        "cTime": str(milliseconds(working.submitted_at)),
        "cancelSource": _source(working),
        "category": "normal",
        "ccy": "",
        "clOrdId": shown_id(order.client_order_id),
        "fee": trimmed(-fees.get(coin, ZERO)),
        "feeCcy": coin,
        "fillPx": trimmed(last.price) if last else "",
        "fillSz": trimmed(contracts(market, last.quantity)) if last else "0",
        "fillTime": str(milliseconds(last.executed_at)) if last else "",
        "instId": market.symbol,
        "instType": kind_of(market),
        "isTpLimit": "false",
        "lever": "" if market.is_spot else trimmed(leverage(account, market.instrument)),
        "linkedAlgoOrd": {"algoId": ""},
        "ordId": str(number),
        "ordType": order_type(working),
        "pnl": trimmed(sum((realised(account, one) for one in made), ZERO)),
        "posSide": side_name(order.instrument),
        "px": trimmed(order.limit_price) if order.limit_price else "",
        "rebate": "0",
        "rebateCcy": market.quote,
        "reduceOnly": "true" if order.reduce_only else "false",
        "side": order.side.value,
        "state": _STATES[working.state],
        "stpMode": "cancel_maker",
        "sz": trimmed(size),
        "tdMode": mode_of(account, market),
        "tgtCcy": ("quote_ccy" if order.spends else "base_ccy") if market.is_spot else "",
        "tradeId": str(_event(account, last)) if last else "",
        "uTime": str(milliseconds(working.updated_at)),
    }


def order_type(working: WorkingOrder) -> str:
    """market, limit, post_only, ioc or fok."""
    order = coin_order(working)
    if order.order_type in (OrderType.MARKET, OrderType.STOP):
        return "market"
    if order.post_only:
        return "post_only"
    at_once = order.time_in_force in (TimeInForce.IOC, TimeInForce.FOK)
    return order.time_in_force.value if at_once else "limit"


def mode_of(account: SimulatedAccount, market: CoinMarket) -> str:
    """cash, cross or isolated."""
    if market.is_spot:
        return "cash"
    return "isolated" if is_isolated(account, market.instrument) else "cross"


def algo_row(number: int, working: WorkingOrder, market: CoinMarket) -> Row:
    """GET /api/v5/trade/orders-algo-pending: a conditional order has ids of its own."""
    order = coin_order(working)
    empty = "clOrdId actualSz actualPx actualSide triggerTime pxVar pxSpread pxLimit szLimit amendPxOnTriggerType tag"
    return {
        **dict.fromkeys(empty.split(), ""),
        "algoId": str(number),
        "algoClOrdId": shown_id(order.client_order_id),
        "ordId": str(number) if working.triggered else "",
        "instId": market.symbol,
        "instType": kind_of(market),
        "ordType": "trigger",
        "state": "effective" if working.triggered else _STATES[working.state],
        "side": order.side.value,
        "posSide": side_name(order.instrument),
        "sz": trimmed(contracts(market, order.quantity)),
        "triggerPx": trimmed(order.stop_price),
        "triggerPxType": "last",
        "ordPx": trimmed(order.limit_price) if order.limit_price else "-1",
        "tdMode": "cash" if market.is_spot else "cross",
        "reduceOnly": "true" if order.reduce_only else "false",
        "cTime": str(milliseconds(working.submitted_at)),
        "uTime": str(milliseconds(working.updated_at)),
    }


def fill_row(account: SimulatedAccount, event: Event, market: CoinMarket) -> Row:
    """GET /api/v5/trade/fills and fills-history."""
    head: Row = {
        "instType": kind_of(market),
        "instId": market.symbol,
        "tradeId": str(event.number),
        "billId": str(event.number * 10),
        "tag": "",
        "posSide": side_name(event.instrument or market.instrument),
        "ts": str(milliseconds(event.at)),
        "fillTime": str(milliseconds(event.at)),
        "fillSz": trimmed(contracts(market, abs(event.units))),
        "side": "buy" if event.units > 0 else "sell",
        **dict.fromkeys(("fillPxVol", "fillPxUsd", "fillMarkVol", "fillFwdPx", "fillMarkPx", "fillIdxPx"), ""),
    }
    record = event.record
    if isinstance(record, Activity):
        return head | {
            "ordId": str(forced(record.occurred_at, event.number)),
            "clOrdId": "",
            "subType": sub_type(record.kind, event.units),
            "fillPx": trimmed(record.price),
            "fillPnl": trimmed(record.amount),
            "execType": "T",
            "fee": "0",
            "feeCcy": market.settle,
            "feeRate": "0",
        }
    return head | {
        "ordId": str(numbers_of(account).order(record.broker_order_id or "")),
        "clOrdId": shown_id(record.client_order_id),
        "subType": "1" if event.units > 0 else "2",
        "fillPx": trimmed(record.price),
        "fillPnl": trimmed(realised(account, record)),
        "execType": "M" if is_maker(account, record) else "T",
        "fee": trimmed(-record.fee),
        "feeCcy": record.fee_currency,
        "feeRate": "",
    }


def position_row(account: SimulatedAccount, one: ContractPosition, number: int) -> Row:
    """GET /api/v5/account/positions: signed in net mode, counted positive in a leg."""
    count = contracts(one.market, one.quantity)
    nothing = "interest pnl fundingFee liqPenalty settledPnl baseBorrowed baseInterest quoteBorrowed quoteInterest"
    empty = "baseBal quoteBal optVal posCcy spotInUseAmt spotInUseCcy bizRefId bizRefType liqPx bePx mgnRatio liab"
    return {
        **dict.fromkeys(nothing.split(), "0"),
        **dict.fromkeys(empty.split(), ""),
        "instId": one.market.symbol,
        "instType": "SWAP",
        "mgnMode": "isolated" if is_isolated(account, one.market.instrument) else "cross",
        "posId": str(number),
        "posSide": "net" if one.leg is None else one.leg.value.lower(),
        "pos": trimmed(count if one.leg is None else abs(count)),
        "availPos": trimmed(abs(count)),
        "ccy": one.market.settle,
        "fee": "0",
        "lever": trimmed(one.leverage),
        "last": trimmed(one.mark),
        "markPx": trimmed(one.mark),
        "idxPx": trimmed(one.mark),
        "usdPx": "",
        "avgPx": trimmed(one.entry),
        "upl": trimmed(one.profit),
        "uplRatio": "0",
        "uplLastPx": trimmed(one.profit),
        "uplRatioLastPx": "0",
        "imr": trimmed(one.margin),
        "mmr": trimmed(one.margin / 2),
        "margin": trimmed(one.margin) if is_isolated(account, one.market.instrument) else "",
        "notionalUsd": trimmed(_notional(one).quantize(_NINTH, ROUND_HALF_EVEN)),
        "adl": "1",
        "tradeId": "",
        "realizedPnl": "0",
        "pendingCloseOrdLiabVal": "",
        "closeOrderAlgo": [],
        "cTime": str(milliseconds(one.since)),
        "uTime": str(milliseconds(one.updated)),
    }


def bill_row(account: SimulatedAccount, one: Entry, market: CoinMarket | None) -> Row:
    """GET /api/v5/account/bills."""
    record = one.trade or one.activity
    units = _units(one)
    in_contract = market is not None and not market.is_spot
    size = abs(one.net) if market is None else contracts(market, abs(units or one.held))
    order = "" if one.trade is None else str(numbers_of(account).order(one.trade.broker_order_id or ""))
    kind = "2" if one.kind is None else _TYPES.get(one.kind, "1")
    empty = "from to notes interest earnAmt earnApr fillFwdPx fillIdxPx fillMarkPx fillMarkVol fillPxUsd fillPxVol tag"
    return {
        **dict.fromkeys(empty.split(), ""),
        "billId": str(one.number),
        "type": kind,
        "subType": _trade_sub_type(units) if one.kind is None else sub_type(one.kind, units or one.change),
        "ccy": one.coin,
        "bal": trimmed(one.balance),
        "balChg": trimmed(one.net),
        "posBal": "0",
        "posBalChg": "0",
        "sz": trimmed(size),
        "px": trimmed(record.price) if record is not None and record.price else "",
        "fee": trimmed(-one.fee),
        "pnl": trimmed(one.change if in_contract else ZERO),
        "instId": "" if market is None else market.symbol,
        "instType": "" if market is None else kind_of(market),
        "mgnMode": "cross" if in_contract else "",
        "ordId": order,
        "clOrdId": "" if one.trade is None else shown_id(one.trade.client_order_id),
        "tradeId": "" if one.trade is None else str(one.event),
        "execType": "" if one.trade is None else ("M" if one.maker else "T"),
        "fillTime": "" if one.trade is None else str(milliseconds(one.at)),
        "ts": str(milliseconds(one.at)),
    }


def sub_type(kind: ActivityKind, amount: Decimal) -> str:
    """The finer kind of a bill; `amount` are signed units of what was closed, otherwise money."""
    up, down = _SUB_TYPES.get(kind, ("11", "12"))
    return up if amount > 0 else down


def _trade_sub_type(units: Decimal) -> str:
    return "1" if units > 0 else "2"


def _units(one: Entry) -> Decimal:
    if one.trade is not None:
        return one.trade.signed_quantity
    return ZERO if one.activity is None else one.activity.quantity


def _event(account: SimulatedAccount, trade: Execution) -> int:
    return next(number for number, one in trades(account) if one.execution_id == trade.execution_id)


def _average(market: CoinMarket, made: list[Execution]) -> Decimal:
    units = sum((one.quantity for one in made), ZERO)
    if market.is_inverse:
        average = units / sum((one.quantity / one.price for one in made), ZERO)
    else:
        average = sum((one.quantity * one.price for one in made), ZERO) / units
    return average.quantize(_NINTH, ROUND_HALF_EVEN)


def _notional(one: ContractPosition) -> Decimal:
    return abs(one.quantity) if one.market.is_inverse else abs(one.quantity) * one.mark


def _source(working: WorkingOrder) -> str:
    """Why an order was cancelled: 1 by its owner, 31 post-only that would have taken, 14 the rest of an IOC."""
    if working.state is not OrderState.CANCELLED:
        return ""
    if coin_order(working).post_only and working.updated_at == working.submitted_at:
        return "31"
    return "14" if ended_by_venue(working) else "1"
