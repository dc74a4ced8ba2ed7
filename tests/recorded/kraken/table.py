"""Which recorded answer of Kraken, spot and futures, is read how. What each says is in `expected.py`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from brokers.ccxt.desk import Desk
from tests.recorded.coins import desk as read
from tests.recorded.coins.desk import rows


@cache
def spot() -> Desk:
    found = read.desk_of(
        "kraken",
        read.market("BTC/USD", "XXBTZUSD"),
        read.market("BTC/USDT", "XBTUSDT"),
        read.market("ETH/USDT", "ETHUSDT"),
        read.market("ETH/USD", "XETHZUSD"),
    )
    found.exchange.options["marketsByAltname"] = {"XBTUSD": found.exchange.markets["BTC/USD"]}
    return found


@cache
def futures() -> Desk:
    return read.desk_of(
        "krakenfutures",
        read.market("BTC/USD:BTC", "PI_XBTUSD"),
        read.market("ETH/USD:ETH", "PI_ETHUSD"),
        read.market("XRP/USD:XRP", "PI_XRPUSD"),
        read.market("BTC/USD:USD", "PF_XBTUSD"),
        read.market("ETH/USD:USD", "PF_ETHUSD"),
        read.market("DOGE/USD:USD", "PF_DOGEUSD"),
    )


@cache
def pro(venue: str) -> Any:
    return read.pro(spot() if venue == "kraken" else futures())


def orders(path: str) -> Callable[[Any], Any]:
    return lambda found: read.orders(spot(), rows(found, path, keyed=True))


def wallet(found: Any) -> Any:
    return read.wallets(spot(), {"privatePostBalanceEx": found})


def markets(found: Any) -> Any:
    fresh = read.desk_of("kraken")
    fresh.exchange.publicGetAssetPairs = lambda params: found
    fresh.exchange.publicGetAssets = lambda params: {"error": [], "result": {}}
    fresh.exchange.set_markets(fresh.exchange.fetch_markets())
    return [read.contract(fresh, symbol) for symbol in sorted(fresh.exchange.markets)]


def futures_markets(found: Any) -> Any:
    fresh = read.desk_of("krakenfutures")
    fresh.exchange.publicGetInstruments = lambda params: found
    fresh.exchange.set_markets(fresh.exchange.fetch_markets())
    return [read.contract(fresh, symbol) for symbol in sorted(fresh.exchange.markets)]


def borrowed(found: Any) -> Any:
    """Positions on margin, which this adapter does not take into scope."""
    return [(one["pair"], one["type"], one["vol"], one["vol_closed"]) for one in found["result"].values()]


def acknowledged(desk: Callable[[], Desk], path: str) -> Callable[[Any], Any]:
    return lambda found: (read.at(found, path), read.told(desk(), found))


def stream_order(found: Any) -> Any:
    """Orders of the futures stream."""
    listed = found.get("orders") or [found.get("order") or found]
    parsed = [pro("krakenfutures").parse_ws_order(one) for one in listed]
    return [
        (one["id"], one["clientOrderId"], one["symbol"], one["side"], one["amount"], one["filled"], one["status"])
        for one in parsed
    ]


def stream_fills(found: Any) -> Any:
    parsed = [pro("krakenfutures").parse_ws_my_trade(one) for one in found["fills"]]
    return [(one["id"], one["symbol"], one["side"], one["amount"], one["price"]) for one in parsed]


CASES: dict[str, Callable[[Any], Any]] = {
    "ccxt_fetch_balance.json": wallet,
    "http_spot_balance.json": wallet,
    "http_spot_trade_balance.json": lambda found: (found["result"]["eb"], found["result"]["tb"]),
    "ccxt_fetch_open_orders.json": orders("result.open"),
    "http_open_orders.json": orders("result.open"),
    "http_closed_orders.json": orders("result.closed"),
    "http_trades_history.json": lambda found: read.trades(spot(), rows(found, "result.trades", keyed=True)),
    "http_spot_open_positions.json": borrowed,
    "http_add_order_spot.json": acknowledged(spot, "result.txid"),
    "http_cancel_order_spot.json": acknowledged(spot, "result.count"),
    "http_asset_pairs.json": markets,
    "http_order_book.json": lambda found: {
        name: (book["bids"][0][:2], book["asks"][0][:2]) for name, book in found["result"].items()
    },
    "http_server_time.json": lambda found: read.clock(found["result"]["unixtime"], 1),
    "http_futures_fills.json": lambda found: read.trades(futures(), rows(found, "fills")),
    "http_futures_instruments.json": futures_markets,
    "http_futures_open_orders.json": lambda found: read.orders(futures(), rows(found, "openOrders")),
    "http_futures_open_positions.json": lambda found: read.positions(futures(), rows(found, "openPositions")),
    "futures_ccxt_fetch_positions.json": lambda found: read.positions(futures(), rows(found, "openPositions")),
    "futures_ccxt_parse_ledger_entry.json": lambda found: read.activities(
        futures(), futures().venue.ledgers[0], rows(found)
    ),
    "http_send_order_futures.json": acknowledged(futures, "sendStatus.order_id"),
    "http_cancel_order_futures.json": acknowledged(futures, "cancelStatus.order_id"),
    "ws_add_order_response_failure.json": lambda found: (found["success"], found["error"]),
    "ws_add_order_response_success.json": lambda found: (found["result"]["order_id"], found["result"]["cl_ord_id"]),
    "ws_futures_fills_snapshot.json": stream_fills,
    "ws_futures_open_orders_delta_full_fill.json": lambda found: (
        found["order"]["order_id"],
        found["order"]["filled"],
        found["reason"],
    ),
    "ws_futures_open_orders_snapshot.json": stream_order,
}
