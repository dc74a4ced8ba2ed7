"""Which recorded answer of Coinbase is read how. What each says is in `expected.py`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from brokers.ccxt.desk import Desk
from tests.recorded.coins import desk as read
from tests.recorded.coins.desk import rows


@cache
def desk() -> Desk:
    return read.desk_of(
        "coinbase",
        read.market("BTC/USD", "BTC-USD"),
        read.market("ETH/USD", "ETH-USD"),
        read.market("BTC/USDT", "BTC-USDT"),
        read.market("BTC/USD:USD-240426", "BIT-26APR24-CDE", size="0.01"),
        read.market("BTC/USD:USD", "BIP-20DEC30-CDE", size="0.01"),
        options={"products": "spot,futures"},
    )


@cache
def pro() -> Any:
    return read.pro(desk())


def orders(path: str) -> Callable[[Any], Any]:
    return lambda found: read.orders(desk(), rows(read.at(found, path)))


def trades(found: Any) -> Any:
    return read.trades(desk(), rows(found, "fills"))


def positions(found: Any) -> Any:
    return read.positions(desk(), rows(found, "positions"))


def wallet(found: Any) -> Any:
    return read.wallets(desk(), {"v3PrivateGetBrokerageAccounts": found})


def market(found: Any) -> Any:
    fresh = read.desk_of("coinbase")
    exchange = fresh.exchange
    exchange.set_markets([exchange.parse_spot_market(found, {})])
    return [read.contract(fresh, symbol) for symbol in sorted(exchange.markets)]


def streamed(found: Any) -> Any:
    listed = [one for event in found["events"] for one in event.get("orders", [])]
    parsed = [pro().parse_ws_order(one) for one in listed]
    return [
        (one["id"], one["clientOrderId"], one["symbol"], one["side"], one["filled"], one["status"]) for one in parsed
    ]


CASES: dict[str, Callable[[Any], Any]] = {
    "ccxt_cancel_orders.json": lambda found: (found["results"][0]["order_id"], read.told(desk(), found)),
    "ccxt_edit_order.json": lambda found: (found.get("success"), read.told(desk(), found)),
    "ccxt_fetch_my_trades.json": trades,
    "ccxt_fetch_positions.json": positions,
    "http_accounts.json": wallet,
    "http_cfm_positions.json": positions,
    "http_fills.json": trades,
    "http_order.json": orders("order"),
    "http_orders_list.json": orders("orders"),
    "http_product.json": market,
    "http_product_book.json": lambda found: (found["pricebook"]["bids"][0], found["pricebook"]["asks"][0]),
    "http_ticker.json": lambda found: (found["best_bid"], found["best_ask"], found["trades"][0]["price"]),
    "ws_user.json": streamed,
}
