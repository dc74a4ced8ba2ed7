"""Which recorded answer of OKX is read how. What each says is in `expected.py`."""

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
        "okx",
        read.market("BTC/USDT", "BTC-USDT"),
        read.market("ETH/USDT", "ETH-USDT"),
        read.market("BTC/USDT:USDT", "BTC-USDT-SWAP", size="0.01"),
        read.market("ETH/USDT:USDT", "ETH-USDT-SWAP", size="0.1"),
        read.market("ETH/USD:ETH", "ETH-USD-SWAP", size="10"),
        read.market("ETH/USD:ETH-210430", "ETH-USD-210430", size="10"),
        options={"products": "spot,swap,futures,funding"},
    )


@cache
def pro() -> Any:
    return read.pro(desk())


def orders(found: Any) -> Any:
    return read.orders(desk(), rows(found, "data"))


def positions(found: Any) -> Any:
    return read.positions(desk(), rows(found, "data"))


def streamed(found: Any) -> Any:
    parsed = [pro().parse_order(one) for one in found["data"]]
    return [read.streamed(desk(), one, one["symbol"]) for one in parsed]


def markets(found: Any) -> Any:
    fresh = read.desk_of("okx")
    fresh.exchange.set_markets(fresh.exchange.parse_markets(found["data"]))
    return [read.contract(fresh, symbol) for symbol in sorted(fresh.exchange.markets)]


def ledger(number: int, path: str = "") -> Callable[[Any], Any]:
    return lambda found: read.activities(desk(), desk().venue.ledgers[number], rows(found, path))


def wallet(found: Any) -> Any:
    return read.wallets(desk(), {"privateGetAccountBalance": found, "privateGetAssetBalances": {"data": []}})


def rates(found: Any) -> Any:
    return [read.fees(desk().exchange.parse_trading_fee(one)) for one in found["data"]]


def acknowledged(found: Any) -> Any:
    return found["ordId"], found["clOrdId"], read.told(desk(), {"code": "0", "data": [found]})


CASES: dict[str, Callable[[Any], Any]] = {
    "ccxt_fetch_deposits.json": ledger(2, "data"),
    "ccxt_fetch_withdrawals.json": ledger(3, "data"),
    "ccxt_fetch_funding_history.json": ledger(0),
    "ccxt_fetch_positions.json": positions,
    "ccxt_fetch_trading_fee.json": rates,
    "http_get_account_balance.json": wallet,
    "http_get_account_positions-history.json": lambda found: [
        (one["instId"], one["direction"], one["closeTotalPos"], one["realizedPnl"], one["fundingFee"], one["fee"])
        for one in found["data"]
    ],
    "http_get_funding_rate_history.json": lambda found: [(one["instId"], one["fundingRate"]) for one in found["data"]],
    "http_get_instruments_futures.json": markets,
    "http_get_instruments_spot.json": markets,
    "http_get_instruments_swap.json": markets,
    "http_get_orders_algo_pending.json": lambda found: read.algo_orders(
        desk(), rows(found, "data"), "algoId", "algoClOrdId", "state"
    ),
    "http_get_orders_history.json": orders,
    "http_get_orders_pending.json": orders,
    "http_get_positions.json": positions,
    "http_get_trade_fee_response.json": rates,
    "http_place_algo_order_rejected.json": lambda found: read.told(desk(), found),
    "http_place_order_response.json": acknowledged,
    "http_set_position_mode_response.json": lambda found: (found["data"][0]["posMode"], read.told(desk(), found)),
    "http_transaction_detail.json": lambda found: read.trades(desk(), rows(found)),
    "ws_account.json": wallet,
    "ws_orders.json": streamed,
    "ws_orders_liquidation.json": streamed,
    "ws_orders_trigger.json": streamed,
}
