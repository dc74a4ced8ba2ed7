"""Which recorded answer of Binance is read how. What each says is in `expected.py`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from brokers.ccxt.desk import Desk
from brokers.ccxt.venues.binance_ledger import LEDGERS
from tests.recorded.coins import desk as read
from tests.recorded.coins.desk import rows

SPOT, CONTRACT = ("spot",), ("swap", "future")
DEPOSITS, WITHDRAWALS, DUST = LEDGERS[2:5]


@cache
def desk() -> Desk:
    return read.desk_of(
        "binance",
        read.market("BTC/USDT", "BTCUSDT"),
        read.market("ETH/USDT", "ETHUSDT"),
        read.market("BNB/BTC", "BNBBTC"),
        read.market("LTC/BTC", "LTCBTC"),
        read.market("BTC/USDT:USDT", "BTCUSDT"),
        read.market("ETH/USDT:USDT", "ETHUSDT"),
        read.market("BNB/USDT:USDT", "BNBUSDT"),
        options={"products": "spot,linear"},
    )


@cache
def pro() -> Any:
    return read.pro(desk())


def wallets(method: str) -> Callable[[Any], Any]:
    other: dict[str, Any] = {"privateGetAccount": {"balances": []}, "fapiPrivateV3GetAccount": {"assets": []}}
    return lambda found: read.wallets(desk(), {**other, method: found})


def orders(kinds: tuple[str, ...], path: str = "") -> Callable[[Any], Any]:
    return lambda found: read.orders(desk(), rows(found, path), kinds)


def trades(kinds: tuple[str, ...]) -> Callable[[Any], Any]:
    return lambda found: read.trades(desk(), rows(found), kinds)


def positions(found: Any) -> Any:
    return read.positions(desk(), rows(found), CONTRACT)


def report(found: Any) -> Any:
    """A frame of the spot stream."""
    found = found.get("event") or found.get("data") or found
    return read.streamed(
        desk(), pro().parse_ws_order(found), pro().safe_market(found["s"], None, None, "spot")["symbol"]
    )


def futures_report(found: Any) -> Any:
    """A frame of the futures stream."""
    order = (found.get("data") or found)["o"]
    market = pro().safe_market(order["s"], None, None, "contract")
    return read.streamed(desk(), pro().parse_ws_order(order, market), market["symbol"])


def markets(found: Any) -> Any:
    fresh = read.desk_of("binance")
    fresh.exchange.options |= {"crossMarginPairsData": [], "isolatedMarginPairsData": []}
    fresh.exchange.set_markets([fresh.exchange.parse_market(one) for one in found["symbols"]])
    return [read.contract(fresh, symbol) for symbol in sorted(fresh.exchange.markets)]


def book(found: Any) -> Any:
    return found["bids"], found["asks"]


def fee_rates(found: Any) -> Any:
    listed = found if isinstance(found, list) else [found]
    return [read.fees(desk().exchange.parse_trading_fee(one)) for one in listed]


def commission(found: Any) -> Any:
    rates, discount = found["standardCommissionForOrder"], found["discount"]
    return rates["maker"], rates["taker"], discount["discountAsset"], discount["discount"]


def replaced(found: Any) -> Any:
    """Both legs of a cancel and new order: what the new one is, or the leaf that the answer means."""
    if "newOrderResult" in found:
        return read.orders(desk(), rows(found["newOrderResponse"]), SPOT)
    return read.told(desk(), found, 400)


def prevented(found: Any) -> Any:
    """No trade: that the adapter would refuse it among trades is all there is to know."""
    return [(one["symbol"], one["makerPreventedQuantity"], one["price"]) for one in found]


def codes(found: Any) -> Any:
    """Every code, and every text of a refusal, to its leaf."""
    by_code = {
        one: read.told(desk(), {"code": int(one), "msg": said["messages"][0]}, 400)[0]
        for one, said in found["codes"].items()
    }
    words = {one: read.told(desk(), {"code": -2010, "msg": one}, 400)[0] for one in found["rejection_messages"]}
    filters = {one: read.told(desk(), {"code": -1013, "msg": one}, 400)[0] for one in found["filter_failures"]}
    return by_code | words | filters


CASES: dict[str, Callable[[Any], Any]] = {
    "account_response.json": wallets("privateGetAccount"),
    "account_info_v2.json": wallets("fapiPrivateV3GetAccount"),
    "account_position.json": lambda found: read.lines(rows(found, "B"), "a", "f", "l"),
    "account_update.json": lambda found: read.lines(rows(found, "a.B"), "a", "wb"),
    "balance.json": lambda found: read.lines(rows(found), "asset", "balance"),
    "balance_update.json": lambda found: read.lines(rows(found), "a", "d"),
    "account_trades_response.json": trades(SPOT),
    "all_orders_response.json": orders(SPOT),
    "cancel_order_response.json": orders(SPOT),
    "new_order_full_response.json": orders(SPOT),
    "order_response.json": orders(CONTRACT),
    "http_futures_account_orders.json": orders(CONTRACT),
    "open_algo_orders.json": lambda found: read.algo_orders(
        desk(), rows(found), "algoId", "clientAlgoId", "algoStatus"
    ),
    "algo_update_new.json": lambda found: read.algo_orders(desk(), rows(found["o"]), "aid", "caid", "X"),
    "http_futures_account_trades.json": trades(CONTRACT),
    "http_futures_account_positions_hedge.json": positions,
    "position_risk.json": positions,
    "ccxt_fetch_my_dust_trades.json": lambda found: read.activities(desk(), DUST, rows(found, "userAssetDribblets")),
    "ccxt_fetch_deposits.json": lambda found: read.fiat(rows(found, "data")),
    "ccxt_fetch_deposits_1.json": lambda found: read.activities(desk(), DEPOSITS, rows(found)),
    "ccxt_fetch_withdrawals.json": lambda found: read.fiat(rows(found, "data")),
    "ccxt_fetch_withdrawals_1.json": lambda found: read.activities(desk(), WITHDRAWALS, rows(found)),
    "depth_response.json": book,
    "exchange_info_response.json": markets,
    "doc_account_commission_40.json": commission,
    "doc_amend_keep_priority_52.json": lambda found: read.orders(
        desk(), rows({**found["amendedOrder"], "origQty": found["amendedOrder"]["qty"]}), SPOT
    ),
    "doc_cancel_replace_success_45.json": replaced,
    "doc_cancel_replace_partial_failure_46.json": replaced,
    "doc_cancel_replace_partial_failure_47.json": replaced,
    "doc_cancel_replace_partial_failure_49.json": replaced,
    "doc_error_codes.json": codes,
    "doc_prevented_matches_72.json": prevented,
    "execution_report_new.json": report,
    "execution_report_trade.json": report,
    "execution_report_canceled.json": report,
    "ws_spot_execution_report_rejected.json": report,
    "ws_spot_execution_report_trade_prevention.json": report,
    "order_update_new.json": futures_report,
    "order_update_trade.json": futures_report,
    "order_update_calculated.json": futures_report,
    "ws_futures_order_update_liquidation.json": futures_report,
    "trade_lite.json": lambda found: (found["s"], found["i"], found["t"], found["l"], found["L"]),
    "http_futures_account_position_side_dual.json": lambda found: found["dualSidePosition"],
    "http_futures_market_premium_index.json": lambda found: (
        found["symbol"],
        found["markPrice"],
        found["lastFundingRate"],
    ),
    "http_futures_wallet_commission_rate_btcusdt.json": fee_rates,
    "http_wallet_trading_fees.json": fee_rates,
    "server_time_response.json": lambda found: read.clock(found["serverTime"]),
}
