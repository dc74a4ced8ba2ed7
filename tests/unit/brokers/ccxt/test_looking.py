"""Looking for an order, and reading lists to their ends: what a venue forgets, or hides between two pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from brokers.ccxt.desk import Desk
from brokers.ccxt.ordering import cancel, fetch_order
from brokers.ccxt.paging import Offset
from brokers.ccxt.statements import fetch_activities, fetch_executions, fetch_orders
from brokers.http.fields import Row
from tests.recorded.coins.desk import NOW, desk_of, market
from tieout.errors import Malformed, NotTradable
from tieout.ids import client_order_id
from tieout.orders import OrderState

ID = client_order_id("one")
DAY = timedelta(days=1)
Ask = Callable[[Mapping[str, Any]], Any]


def milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def listening(desk: Desk, monkeypatch: pytest.MonkeyPatch, answers: Mapping[str, Ask]) -> list[tuple[str, Any]]:
    """Let the venue answer like this; what it was asked."""
    asked: list[tuple[str, Any]] = []

    def call(method: str, query: Mapping[str, Any] | None = None) -> Any:
        asked.append((method, dict(query or {})))
        return answers[method](query or {})

    monkeypatch.setattr(desk, "call", call)
    return asked


def kucoin_order(**more: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": "7",
        "symbol": "BTC-USDT",
        "type": "limit",
        "side": "buy",
        "price": "50000",
        "size": "1",
    }
    row |= {"dealSize": "1", "dealFunds": "50000", "isActive": False, "cancelExist": False, "clientOid": ID}
    return row | {"createdAt": milliseconds(NOW - DAY)} | more


def test_an_order_that_kucoin_has_settled_is_not_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its look-up by our id knows active orders alone."""
    desk = desk_of("kucoin", market("BTC/USDT", "BTC-USDT"))

    def listed(query: Mapping[str, Any]) -> Any:
        rows = [kucoin_order()] if query["status"] == "done" else []
        return {"data": {"items": rows, "totalPage": 1}}

    unknown = {"data": None}
    listening(
        desk,
        monkeypatch,
        {"privateGetOrderClientOrderClientOid": lambda _: unknown, "privateGetOrders": listed},
    )

    found = fetch_order(desk, ID)

    assert found is not None
    assert (found.broker_order_id, found.state) == ("7", OrderState.FILLED)


def test_an_order_that_kraken_futures_has_filled_a_minute_ago_is_not_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its look-up by our id forgets an order five seconds after it is over."""
    desk = desk_of("krakenfutures", market("BTC/USD:USD", "PF_XBTUSD"))
    order: dict[str, Any] = {
        "uid": "7",
        "cliOrdId": ID,
        "tradeable": "PF_XBTUSD",
        "direction": "Buy",
        "quantity": "1",
        "filled": "1",
    }
    order |= {"limitPrice": "50000", "orderType": "lmt", "timestamp": milliseconds(NOW), "type": "lmt"}
    event = {
        "uid": "e1",
        "timestamp": milliseconds(NOW),
        "event": {"OrderUpdated": {"newOrder": order, "reason": "full_fill"}},
    }
    listening(
        desk,
        monkeypatch,
        {
            "privateGetOrdersStatus": lambda _: {"orders": []},
            "privateGetOpenorders": lambda _: {"openOrders": []},
            "historyGetOrders": lambda _: {"elements": [event]},
        },
    )

    found = fetch_order(desk, ID)

    assert found is not None
    assert found.state is OrderState.FILLED


def coinbase_order(submitted: datetime, status: str = "OPEN") -> dict[str, Any]:
    row: dict[str, Any] = {
        "order_id": "7",
        "product_id": "BTC-USD",
        "side": "BUY",
        "client_order_id": ID,
        "status": status,
    }
    limit = {"limit_limit_gtc": {"base_size": "1", "limit_price": "50000", "post_only": False}}
    row |= {
        "filled_size": "0",
        "average_filled_price": "0",
        "order_type": "LIMIT",
        "time_in_force": "GOOD_UNTIL_CANCELLED",
    }
    return row | {"order_configuration": limit, "created_time": submitted.strftime("%Y-%m-%dT%H:%M:%SZ")}


def test_an_order_that_has_worked_for_longer_than_lists_go_back_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """It was called absent, and could not be cancelled."""
    desk = desk_of("coinbase", market("BTC/USD", "BTC-USD"))

    def listed(query: Mapping[str, Any]) -> Any:
        return {"orders": [coinbase_order(NOW - 10 * DAY)] if query.get("order_status") == "OPEN" else []}

    listening(desk, monkeypatch, {"v3PrivateGetBrokerageOrdersHistoricalBatch": listed})
    cancelled: list[str] = []
    monkeypatch.setattr(desk.exchange, "cancel_order", lambda number, *_: cancelled.append(number))

    found = fetch_order(desk, ID)
    cancel(desk, ID)

    assert found is not None
    assert (found.state, cancelled) == (OrderState.WORKING, ["7"])


def test_an_order_that_is_filled_between_two_lists_stands_in_one_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = desk_of("kucoin", market("BTC/USDT", "BTC-USDT"))
    over: list[bool] = []

    def listed(query: Mapping[str, Any]) -> Any:
        mine = bool(over) is (query["status"] == "done")
        over.append(True)
        return {"data": {"items": [kucoin_order(isActive=not over[1:])] if mine else [], "totalPage": 1}}

    listening(desk, monkeypatch, {"privateGetOrders": listed})

    assert [one.client_order_id for one in fetch_orders(desk, NOW - 2 * DAY, NOW)] == [ID]


def test_margin_orders_go_on_after_their_first_five_hundred(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = desk_of("binance", market("BTC/USDT", "BTCUSDT"), options={"products": "margin", "symbols": "BTC/USDT"})
    began = milliseconds(NOW - DAY / 2)
    row: dict[str, Any] = {
        "symbol": "BTCUSDT",
        "side": "BUY",
        "type": "LIMIT",
        "status": "FILLED",
        "price": "50000",
        "origQty": "1",
    }
    row |= {"executedQty": "1", "cummulativeQuoteQty": "50000", "timeInForce": "GTC", "clientOrderId": "x"}
    rows: list[dict[str, Any]] = [
        row | {"orderId": number, "time": began + number, "updateTime": began} for number in range(1, 701)
    ]

    def listed(query: Mapping[str, Any]) -> Any:
        first = query.get("orderId", 0)
        return [one for one in rows if one["orderId"] >= first][: min(query["limit"], 500)]

    listening(desk, monkeypatch, {"sapiGetMarginAllOrders": listed, "sapiGetMarginOpenOrders": lambda _: []})

    assert len(fetch_orders(desk, NOW - DAY, NOW)) == 700


def test_a_page_that_is_empty_before_the_count_is_reached_is_no_end() -> None:
    paging = Offset("ofs", "count")
    page = [Row({}, "row")] * 50
    assert paging.after({}, {"count": 60}, page) == {"ofs": 50}
    assert paging.after({"ofs": 50}, {"count": 60}, page[:10]) is None
    assert paging.after({}, {"count": 0}, []) is None
    with pytest.raises(Malformed, match="empty after 50 of 60"):
        paging.after({"ofs": 50}, {"count": 60}, [])


def test_trades_of_one_moment_are_not_lost_between_two_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Crypto.com leaves its bound out, and one order may trade with many at the same nanosecond."""
    desk = desk_of("cryptocom", market("BTC/USDT", "BTC_USDT"))
    began = milliseconds(NOW - DAY) * 1_000_000
    row: dict[str, Any] = {
        "instrument_name": "BTC_USDT",
        "side": "BUY",
        "traded_price": "5",
        "traded_quantity": "1",
        "fees": "0",
    }
    row |= {"fee_instrument_name": "USDT", "order_id": "1", "client_oid": ID}
    rows: list[dict[str, Any]] = [
        row | {"trade_id": str(number), "create_time_ns": str(began + number // 40), "create_time": began // 1_000_000}
        for number in range(250)
    ]

    def listed(query: Mapping[str, Any]) -> Any:
        before = [one for one in rows if int(one["create_time_ns"]) < int(query["end_time"])]
        return {"result": {"data": before[::-1][: query["limit"]]}}

    listening(desk, monkeypatch, {"v1PrivatePostPrivateGetTrades": listed})

    assert len(fetch_executions(desk, NOW - 2 * DAY, NOW).records) == 250


def test_deposits_of_one_moment_are_not_lost_between_two_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = desk_of("okx", market("BTC/USDT", "BTC-USDT"), options={"products": "funding"})
    began = milliseconds(NOW - DAY)
    rows = [{"depId": str(n), "ccy": "BTC", "amt": "1", "state": "2", "ts": str(began + n // 40)} for n in range(250)]

    def listed(query: Mapping[str, Any]) -> Any:
        before = [one for one in rows if int(query["before"]) < int(one["ts"]) < int(query["after"])]
        return {"data": before[::-1][: query["limit"]]}

    nothing: Ask = lambda _: {"data": []}  # noqa: E731
    others = {"privateGetAssetBills": nothing, "privateGetAssetWithdrawalHistory": nothing}
    listening(desk, monkeypatch, {"privateGetAssetDepositHistory": listed, **others})

    assert len(fetch_activities(desk, NOW - 2 * DAY, NOW).records) == 250


def test_fills_of_one_moment_are_not_lost_between_two_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = desk_of("krakenfutures", market("BTC/USD:USD", "PF_XBTUSD"))
    row = {"symbol": "PF_XBTUSD", "side": "buy", "size": "1", "price": "5", "fillType": "taker", "order_id": "1"}
    times = [(NOW - DAY + timedelta(milliseconds=n // 40)) for n in range(250)]
    rows = [
        row | {"fill_id": str(n), "fillTime": f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"}
        for n, at in enumerate(times)
    ]

    def listed(query: Mapping[str, Any]) -> Any:
        return {"fills": [one for one in rows[::-1] if one["fillTime"] < query.get("lastFillTime", "9")][:100]}

    listening(desk, monkeypatch, {"privateGetFills": listed})

    assert len(fetch_executions(desk, NOW - 2 * DAY, NOW).records) == 250


@pytest.mark.parametrize("symbols", ["BTC/USDT, ETHUSDT", "BTC/USDT, EHT/USDT"])
def test_a_market_that_the_venue_does_not_list_is_told_and_not_passed_over(
    symbols: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its trades would be missing from each statement, and its orders from each search."""
    desk = desk_of("binance", market("BTC/USDT", "BTCUSDT"), options={"symbols": symbols})
    listening(desk, monkeypatch, {"privateGetMyTrades": lambda _: []})

    with pytest.raises(NotTradable, match=r"options\.symbols names .*E[HT]{2}.*, and binance lists no such market"):
        fetch_executions(desk, NOW - DAY, NOW)
