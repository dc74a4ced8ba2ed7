"""KuCoin's operations by hand-written answers: a pair and a perpetual, one request each, signed and checked."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from brokers.ccxt.leverage import MarginMode
from tests.contract.coins.canned import (
    AFTER,
    BEFORE,
    ID,
    NOW,
    NOW_MS,
    CannedBench,
    CannedRow,
    KuCoinFace,
    an_order,
    snapshot,
)
from tieout.accounts import Mode
from tieout.errors import ConfigError
from tieout.ids import client_order_id
from tieout.instruments import crypto, perpetual
from tieout.orders import OrderState, Side, TimeInForce
from tieout.records import ActivityKind

PAIR, SWAP = crypto("BTC", "USDT"), perpetual("BTC", "USDT", "USDT")
SPOT_ORDERS, SWAP_ORDERS = "GET /api/v1/orders", "GET futures:/api/v1/orders"
SPOT_PLACE, SWAP_PLACE = "POST /api/v1/orders", "POST futures:/api/v1/orders"


def ok(data: Any) -> dict[str, Any]:
    return {"code": "200000", "data": data}


def items(*rows: Any) -> dict[str, Any]:
    return ok({"currentPage": 1, "pageSize": 100, "totalNum": len(rows), "totalPage": 1, "items": list(rows)})


SYMBOL = {
    "symbol": "BTC-USDT",
    "name": "BTC-USDT",
    "baseCurrency": "BTC",
    "quoteCurrency": "USDT",
    "feeCurrency": "USDT",
    "market": "USDS",
    "baseMinSize": "0.0001",
    "quoteMinSize": "0.1",
    "baseMaxSize": "10000",
    "quoteMaxSize": "99999999",
    "baseIncrement": "0.0001",
    "quoteIncrement": "0.000001",
    "priceIncrement": "0.1",
    "minFunds": "0.1",
    "isMarginEnabled": True,
    "enableTrading": True,
}
CONTRACT = {
    "symbol": "XBTUSDTM",
    "rootSymbol": "USDT",
    "type": "FFWCSX",
    "expireDate": None,
    "baseCurrency": "XBT",
    "quoteCurrency": "USDT",
    "settleCurrency": "USDT",
    "maxOrderQty": 1000000,
    "maxPrice": 1000000.0,
    "lotSize": 1,
    "tickSize": 0.1,
    "multiplier": 0.001,
    "initialMargin": 0.008,
    "maintainMargin": 0.004,
    "maxLeverage": 125,
    "firstOpenDate": 1585555200000,
    "nextFundingRateTime": 17752926,
    "settleDate": None,
    "makerFeeRate": 0.0002,
    "takerFeeRate": 0.0006,
    "isInverse": False,
    "status": "Open",
}
POSITION = {
    "id": "500000000000988255",
    "symbol": "XBTUSDTM",
    "crossMode": True,
    "currentQty": -50,
    "markPrice": 60010.5,
    "unrealisedPnl": -0.525,
    "avgEntryPrice": 60000.0,
    "settleCurrency": "USDT",
    "isInverse": False,
    "marginMode": "CROSS",
    "positionSide": "BOTH",
    "isOpen": True,
}


def spot_order(**more: Any) -> dict[str, Any]:
    return {
        "id": "670000000000000000000001",
        "clientOid": ID,
        "symbol": "BTC-USDT",
        "opType": "DEAL",
        "type": "limit",
        "side": "buy",
        "price": "50000",
        "size": "0.1234",
        "dealSize": "0",
        "dealFunds": "0",
        "fee": "0",
        "feeCurrency": "USDT",
        "timeInForce": "GTC",
        "cancelExist": False,
        "isActive": True,
        "createdAt": NOW_MS - 1_000,
        **more,
    }


def swap_order(**more: Any) -> dict[str, Any]:
    return {
        "id": "250444645610336256",
        "symbol": "XBTUSDTM",
        "type": "limit",
        "side": "sell",
        "price": "70000",
        "size": 12,
        "dealValue": "0",
        "dealSize": 0,
        "timeInForce": "GTC",
        "clientOid": client_order_id("two"),
        "isActive": True,
        "cancelExist": False,
        "createdAt": NOW_MS - 1_000,
        "status": "open",
        "reduceOnly": False,
        **more,
    }


def quiet(bench: CannedBench) -> None:
    """An account with nothing in it."""
    bench.say("GET /api/v1/timestamp", ok(NOW_MS))
    bench.say("GET /api/v1/accounts", ok([]))
    for_coins = [ok({"currency": one, "marginBalance": 0, "availableBalance": 0}) for one in ("USDT", "USDC", "XBT")]
    bench.say("GET futures:/api/v1/account-overview", *for_coins, *for_coins)
    bench.say("GET futures:/api/v1/positions", ok([]))
    bench.say(SPOT_ORDERS, items())
    bench.say(SWAP_ORDERS, items())


def identity(bench: CannedBench) -> None:
    key = {"uid": 165111215, "permission": "General,Futures,Spot", "ipWhitelist": "203.0.113.7", "isMaster": True}
    bench.say("GET /api/v1/user/api-key", ok(key))

    who = bench.broker().fetch_identity()

    assert (who.mode, who.venue_account, who.ip_allow_list) == (Mode.PAPER, "*****1215", ("203.0.113.7",))
    assert who.permissions == ("General", "Futures", "Spot")


def balances(bench: CannedBench) -> None:
    quiet(bench)
    rows = [
        {"id": "1", "currency": "USDT", "type": "trade", "balance": "26.66", "available": "20", "holds": "6.66"},
        {"id": "2", "currency": "USDT", "type": "main", "balance": "0.34", "available": "0.34", "holds": "0"},
        {"id": "3", "currency": "BTC", "type": "main", "balance": "0.5", "available": "0.5", "holds": "0"},
    ]
    bench.say("GET /api/v1/accounts", ok(rows))
    bench.say("GET /api/v1/market/stats", ok({"symbol": "BTC-USDT", "buy": "59999", "sell": "60001", "time": NOW_MS}))

    found = snapshot(bench)

    (money,) = [one for one in found.balances if one.cash]
    assert (money.cash, money.buying_power, money.equity) == (Decimal(27), Decimal(20), Decimal(30_027))
    assert [(one.instrument, one.quantity) for one in found.positions] == [(PAIR, Decimal("0.5"))]


def positions(bench: CannedBench) -> None:
    quiet(bench)
    bench.say("GET futures:/api/v1/positions", ok([POSITION]))

    (held,) = snapshot(bench).positions

    assert (held.instrument, held.quantity, held.side) == (SWAP, Decimal("-0.05"), "short")
    assert (held.avg_entry_price, held.market_price) == (Decimal(60000), Decimal("60010.5"))


def open_orders(bench: CannedBench) -> None:
    quiet(bench)
    bench.say(SPOT_ORDERS, items(spot_order()))
    bench.say(SWAP_ORDERS, items(swap_order()))

    found = snapshot(bench).open_orders

    assert [(one.instrument, one.side, one.quantity, one.limit_price) for one in found] == [
        (PAIR, Side.BUY, Decimal("0.1234"), Decimal(50000)),
        (SWAP, Side.SELL, Decimal("0.012"), Decimal(70000)),
    ]
    assert all(one.state is OrderState.WORKING and one.client_order_id for one in found)


def closed_orders(bench: CannedBench) -> None:
    done = spot_order(isActive=False, dealSize="0.1234", dealFunds="6170", fee="6.17")
    over = swap_order(isActive=False, cancelExist=True, status="done")
    bench.say(SPOT_ORDERS, items(done), items())
    bench.say(SWAP_ORDERS, items(over), items())

    listed = bench.broker().fetch_orders(BEFORE, AFTER)

    assert {(one.instrument, one.state) for one in listed} == {
        (PAIR, OrderState.FILLED),
        (SWAP, OrderState.CANCELLED),
    }


def place(bench: CannedBench) -> None:
    bench.say(SPOT_PLACE, ok({"orderId": "7"}))
    bench.say(SWAP_PLACE, ok({"orderId": "8", "clientOid": ID}))
    broker = bench.broker()

    report = broker.submit(an_order(PAIR, time_in_force=TimeInForce.IOC))
    broker.submit(an_order(SWAP, "0.0129"))

    body = bench.face.fields(SPOT_PLACE)
    assert (body["clientOid"], body["symbol"], body["side"]) == (ID, "BTC-USDT", "buy")
    assert (body["type"], body["size"], body["price"], body["timeInForce"]) == ("limit", "0.1234", "50000", "IOC")
    body = bench.face.fields(SWAP_PLACE)
    assert (body["clientOid"], body["symbol"], int(body["size"])) == (ID, "XBTUSDTM", 12)
    assert (report.broker_order_id, report.state, report.quantity) == ("7", OrderState.WORKING, Decimal("0.1234"))


def replacement(bench: CannedBench) -> None:
    bench.broker().replace(ID, an_order(PAIR))


def cancel(bench: CannedBench) -> None:
    over = spot_order(isActive=False, cancelExist=True)
    bench.say(f"GET /api/v1/order/client-order/{ID}", ok(spot_order()), ok(over))
    bench.say("DELETE /api/v1/orders/670000000000000000000001", ok({"cancelledOrderIds": ["670000000000000000000001"]}))

    assert bench.broker().cancel(ID).state is OrderState.CANCELLED


def found_by_our_id(bench: CannedBench) -> None:
    """The look-up knows active coin orders only, so those that ended are found in the list, or nowhere."""
    quiet(bench)
    missing, ended = client_order_id("missing"), client_order_id("ended")
    done = spot_order(clientOid=ended, isActive=False, dealSize="0.1234", dealFunds="6170")
    bench.say(SPOT_ORDERS, items(done))
    bench.say(f"GET /api/v1/order/client-order/{ended}", ok(None))
    bench.say(f"GET /api/v1/order/client-order/{ID}", ok(spot_order()))
    bench.say(f"GET /api/v1/order/client-order/{missing}", ok(None))
    bench.say("GET futures:/api/v1/orders/byClientOid", {"code": "100001", "msg": "error.getOrder.orderNotExist"})
    broker = bench.broker()

    found = broker.fetch_order(ID)

    assert found is not None
    assert (found.broker_order_id, found.instrument, found.state) == (spot_order()["id"], PAIR, OrderState.WORKING)
    assert broker.fetch_order(missing) is None
    assert bench.face.fields("GET futures:/api/v1/orders/byClientOid") == {"clientOid": missing}
    at_its_end = broker.fetch_order(ended)
    assert at_its_end is not None
    assert at_its_end.state is OrderState.FILLED


def executions(bench: CannedBench) -> None:
    spot = {
        "symbol": "BTC-USDT",
        "tradeId": "5c0000000000000000000001",
        "orderId": "670000000000000000000001",
        "side": "buy",
        "liquidity": "taker",
        "price": "60000.5",
        "size": "0.1",
        "funds": "6000.05",
        "fee": "6.00005",
        "feeRate": "0.001",
        "feeCurrency": "USDT",
        "type": "limit",
        "tradeType": "TRADE",
        "createdAt": NOW_MS,
    }
    swap = {
        "symbol": "XBTUSDTM",
        "tradeId": "1828954878212",
        "orderId": "250444645610336256",
        "side": "sell",
        "liquidity": "maker",
        "price": "60001",
        "size": 12,
        "value": "720.012",
        "fee": "0.1440024",
        "feeCurrency": "USDT",
        "settleCurrency": "USDT",
        "tradeType": "trade",
        "positionSide": "BOTH",
        "tradeTime": NOW_MS * 1_000_000,
        "createdAt": NOW_MS,
    }
    bench.say("GET /api/v1/fills", items(spot))
    bench.say("GET futures:/api/v1/fills", items(swap))

    records = bench.broker().fetch_executions(BEFORE, AFTER).records

    assert {(one.instrument, one.side, one.quantity, one.price, one.fee, one.fee_currency) for one in records} == {
        (PAIR, Side.BUY, Decimal("0.1"), Decimal("60000.5"), Decimal("6.00005"), "USDT"),
        (SWAP, Side.SELL, Decimal("0.012"), Decimal(60001), Decimal("0.1440024"), "USDT"),
    }


def _ledgers(bench: CannedBench, *spot: dict[str, Any], funding: tuple[dict[str, Any], ...] = ()) -> None:
    bench.say("GET /api/v1/accounts/ledgers", items(*spot))
    bench.say("GET futures:/api/v1/fills", items())
    bench.say("GET futures:/api/v1/funding-history", ok({"dataList": list(funding), "hasMore": False}))
    bench.say("GET futures:/api/v1/transaction-history", ok({"dataList": [], "hasMore": False}))


def _entry(kind: str, coin: str, amount: str, direction: str) -> dict[str, Any]:
    return {
        "id": f"611a1e7c6a053300067a{kind[:2]}{coin}",
        "currency": coin,
        "amount": amount,
        "fee": "0",
        "balance": "0",
        "accountType": "MAIN",
        "bizType": kind,
        "direction": direction,
        "createdAt": NOW_MS,
        "context": "",
    }


def _told(bench: CannedBench, kind: ActivityKind) -> list[tuple[str, Decimal]]:
    return [(one.currency, one.amount) for one in bench.broker().fetch_ledger(kind, BEFORE, AFTER).records]


def funding(bench: CannedBench) -> None:
    paid = {
        "id": 1472387374042586,
        "symbol": "XBTUSDTM",
        "timePoint": NOW_MS,
        "fundingRate": 0.0001,
        "markPrice": 60000.0,
        "positionQty": 50,
        "positionCost": 3000.0,
        "funding": -0.3,
        "settleCurrency": "USDT",
        "marginMode": "CROSS",
    }
    _ledgers(bench, funding=(paid,))

    assert _told(bench, ActivityKind.FUNDING) == [("USDT", Decimal("-0.3"))]


def interest(bench: CannedBench) -> None:
    _told(bench, ActivityKind.INTEREST)


def conversion(bench: CannedBench) -> None:
    gone, came = _entry("Convert Market", "USDT", "600", "out"), _entry("Convert Market", "BTC", "0.01", "in")
    _ledgers(bench, gone, came)

    assert sorted(_told(bench, ActivityKind.CONVERSION)) == [("BTC", Decimal("0.01")), ("USDT", Decimal(-600))]


def money_in_and_out(bench: CannedBench) -> None:
    _ledgers(bench, _entry("Deposit", "USDT", "250.75", "in"), _entry("Withdrawal", "BTC", "0.125", "out"))

    assert sorted(_told(bench, ActivityKind.TRANSFER)) == [("BTC", Decimal("-0.125")), ("USDT", Decimal("250.75"))]


def leverage_under_a_cap(bench: CannedBench) -> None:
    path = "POST futures:/api/v2/changeCrossUserLeverage"
    bench.say(path, ok(True))
    broker = bench.broker()
    with pytest.raises(ConfigError, match="the cap of its class"):
        broker.set_leverage(SWAP, 11)
    assert bench.asked == 0

    broker.set_leverage(SWAP, 3)

    assert bench.face.fields(path) == {"symbol": "XBTUSDTM", "leverage": "3"}


def margin_mode(bench: CannedBench) -> None:
    path = "POST futures:/api/v2/position/changeMarginMode"
    bench.say(path, ok({"symbol": "XBTUSDTM", "marginMode": "ISOLATED"}))

    bench.broker().set_margin_mode(SWAP, MarginMode.ISOLATED)

    assert bench.face.fields(path) == {"symbol": "XBTUSDTM", "marginMode": "ISOLATED"}


def close_position(bench: CannedBench) -> None:
    bench.say(SWAP_PLACE, ok({"orderId": "8", "clientOid": ID}))

    bench.broker().submit(an_order(SWAP, "0.05", is_exit=True))

    body = bench.face.fields(SWAP_PLACE)
    assert (body["side"], int(body["size"]), body["reduceOnly"]) == ("buy", 50, True)


def ticker(bench: CannedBench) -> None:
    path = "GET futures:/api/v1/ticker"
    best = {"symbol": "XBTUSDTM", "price": "60000", "bestBidPrice": "59999.5", "bestAskPrice": "60000.5", "ts": NOW_MS}
    bench.say(path, ok(best))

    quote = bench.broker().fetch_quote(SWAP)

    assert (quote.instrument, quote.bid, quote.ask) == (SWAP, Decimal("59999.5"), Decimal("60000.5"))
    assert bench.face.fields(path) == {"symbol": "XBTUSDTM"}


def order_book(bench: CannedBench) -> None:
    levels = {
        "time": NOW_MS,
        "sequence": "1",
        "bids": [["59999.5", "0.7"], ["9999.9", "3"]],
        "asks": [["60000.5", "1"]],
    }
    bench.say("GET /api/v1/market/orderbook/level2_20", ok(levels))

    book = bench.broker().fetch_book(PAIR, 5)

    assert [(one.price, one.quantity) for one in book.bids] == [
        (Decimal("59999.5"), Decimal("0.7")),
        (Decimal("9999.9"), Decimal(3)),
    ]
    assert book.asks[0].price == Decimal("60000.5")


def market_rules(bench: CannedBench) -> None:
    broker = bench.broker()

    pair, swap = broker.fetch_contract(PAIR), broker.fetch_contract(SWAP)

    assert (pair.lot, pair.tick, pair.tradable) == (Decimal("0.0001"), Decimal("0.1"), True)
    assert (swap.lot, swap.tick, swap.tradable) == (Decimal("0.001"), Decimal("0.1"), True)


def clock(bench: CannedBench) -> None:
    bench.say("GET /api/v1/timestamp", ok(NOW_MS))

    assert bench.broker().fetch_clock().now == NOW


def sessions(bench: CannedBench) -> None:
    bench.broker().fetch_sessions(NOW.date(), NOW.date())


ROW = CannedRow(
    "KuCoin",
    "kucoin",
    KuCoinFace,
    globals(),
    {"GET /api/v2/symbols": ok([SYMBOL]), "GET futures:/api/v1/contracts/active": ok([CONTRACT])},
    {"products": "spot,futures", "symbols": "BTC/USDT:USDT"},
)
