"""Which recorded answer of Crypto.com is read how. What each says is in `expected.py`."""

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
        "cryptocom",
        read.market("BTC/USD", "BTC_USD"),
        read.market("BTC/USD:USD", "BTCUSD-PERP"),
        read.market("ETH/CRO", "ETH_CRO"),
    )


def orders(path: str) -> Callable[[Any], Any]:
    return lambda found: read.orders(desk(), rows(read.at(found, path)))


def facts(found: Any) -> Any:
    known = desk()
    known.call = lambda method, query=None: found  # type: ignore[method-assign]
    one = known.venue.facts(known)
    return one.number, one.blocked


def markets(found: Any) -> Any:
    fresh = read.desk_of("cryptocom")
    fresh.exchange.v1PublicGetPublicGetInstruments = lambda params: found
    fresh.exchange.set_markets(fresh.exchange.fetch_markets())
    return [read.contract(fresh, symbol) for symbol in sorted(fresh.exchange.markets)]


def acknowledged(found: Any) -> Any:
    return found["result"]["order_id"], found["result"]["client_oid"], read.told(desk(), found)


CASES: dict[str, Callable[[Any], Any]] = {
    "ccxt_cancel_order.json": lambda found: read.told(desk(), found),
    "ccxt_create_order.json": acknowledged,
    "ccxt_fetch_accounts.json": facts,
    "ccxt_fetch_balance.json": lambda found: read.wallets(desk(), {"v1PrivatePostPrivateUserBalance": found}),
    "ccxt_fetch_ledger.json": lambda found: read.activities(
        desk(), desk().venue.ledgers[0], rows(found, "result.data")
    ),
    "ccxt_fetch_markets.json": markets,
    "ccxt_fetch_my_trades.json": lambda found: read.trades(desk(), rows(found, "result.data")),
    "ccxt_fetch_open_orders.json": orders("result.data"),
    "ccxt_fetch_order.json": orders("result"),
    "ccxt_fetch_order_book.json": lambda found: (
        found["result"]["data"][0]["bids"][0],
        found["result"]["data"][0]["asks"][0],
    ),
    "ccxt_fetch_positions.json": lambda found: read.positions(desk(), rows(found, "result.data")),
    "ccxt_fetch_trading_fees.json": lambda found: read.fees(
        {
            "maker": found["result"]["effective_spot_maker_rate_bps"],
            "taker": found["result"]["effective_spot_taker_rate_bps"],
        }
    ),
    "ccxt_fetch_withdrawals.json": lambda found: [
        (one["id"], one["currency"], one["amount"], one["fee"]) for one in found["result"]["withdrawal_list"]
    ],
}
