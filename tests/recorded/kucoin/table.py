"""Which recorded answer of KuCoin is read how. What each says is in `expected.py`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from brokers.ccxt.desk import Desk
from tests.recorded.coins import desk as read
from tests.recorded.coins.desk import rows

CONTRACT = ("swap", "future")


@cache
def desk() -> Desk:
    return read.desk_of(
        "kucoin",
        read.market("BTC/USDT", "BTC-USDT"),
        read.market("BTC/USDT:USDT", "XBTUSDTM", size="0.001"),
        read.market("ETH/USD:ETH", "ETHUSDM", size="1"),
        read.market("XRP/USDT:USDT", "XRPUSDTM", size="10"),
        read.market("PEOPLE/USDT:USDT", "PEOPLEUSDTM", size="10"),
        options={"products": "spot,futures"},
    )


def orders(path: str, kinds: tuple[str, ...]) -> Callable[[Any], Any]:
    return lambda found: read.orders(desk(), rows(read.at(found, path)), kinds)


def positions(path: str) -> Callable[[Any], Any]:
    return lambda found: read.positions(desk(), rows(read.at(found, path)), CONTRACT)


def ledger(number: int, path: str) -> Callable[[Any], Any]:
    return lambda found: read.activities(desk(), desk().venue.ledgers[number], rows(found, path))


def facts(found: Any) -> Any:
    known = desk()
    known.call = lambda method, query=None: found  # type: ignore[method-assign]
    one = known.venue.facts(known)
    return one.number, one.permissions, one.ip_allow_list


def acknowledged(*names: str) -> Callable[[Any], Any]:
    return lambda found: (*(found["data"].get(name) for name in names), read.told(desk(), found))


def wallet(method: str) -> Callable[[Any], Any]:
    other: dict[str, Any] = {
        "privateGetAccounts": {"data": []},
        "futuresPrivateGetAccountOverview": {"data": {"currency": "USDT", "marginBalance": "0"}},
    }
    return lambda found: sorted(
        set(read.wallets(desk(), {**other, method: found}))
    )  # one overview a coin, all the same


def spot_market(found: Any) -> Any:
    fresh = read.desk_of("kucoin")
    exchange = fresh.exchange
    exchange.options["fetchMarkets"] = {"types": ["spot"]}
    exchange.publicGetSymbols = lambda params: {"data": [found["data"]]}
    exchange.set_markets(exchange.fetch_markets({"fetchTickersFees": False, "marginables": False}))
    return [read.contract(fresh, symbol) for symbol in sorted(exchange.markets)]


def contract_market(found: Any) -> Any:
    fresh = read.desk_of("kucoin", options={"products": "futures"})
    exchange = fresh.exchange
    exchange.futuresPublicGetContractsActive = lambda params: {"data": [found["data"]]}
    exchange.set_markets(exchange.fetch_contract_markets())
    return [read.contract(fresh, symbol) for symbol in sorted(exchange.markets)]


def fees(found: Any) -> Any:
    listed = found["data"] if isinstance(found["data"], list) else [found["data"]]
    return [(one.get("symbol"), one["makerFeeRate"], one["takerFeeRate"]) for one in listed]


def moved(sign: int) -> Callable[[Any], Any]:
    """Deposits and withdrawals as the venue lists them; the ledger, which the adapter reads, has them as well."""
    return lambda found: [
        (one["currency"], read.signed(one["amount"], sign), one["fee"], one["status"])
        for one in (found["data"].get("items") or [found["data"]])
    ]


def keys(found: Any) -> Any:
    listed = found["data"] if isinstance(found["data"], list) else [found["data"]]
    return [(one.get("subName"), one.get("remark"), one.get("permission"), one.get("ipWhitelist")) for one in listed]


CASES: dict[str, Callable[[Any], Any]] = {
    "account_add_sub_account_api.json": keys,
    "account_get_account_info.json": lambda found: (found["data"]["level"], read.told(desk(), found)),
    "account_get_apikey_info.json": facts,
    "account_get_basic_fee.json": fees,
    "account_get_deposit_history.json": moved(1),
    "account_get_futures_account.json": wallet("futuresPrivateGetAccountOverview"),
    "account_get_futures_actual_fee.json": fees,
    "account_get_spot_account_list.json": wallet("privateGetAccounts"),
    "account_get_spot_actual_fee.json": fees,
    "account_get_spot_ledger.json": ledger(0, "data.items"),
    "account_get_sub_account_api_list.json": keys,
    "account_get_withdrawal_history.json": moved(-1),
    "account_get_withdrawal_history_by_id.json": moved(-1),
    "futures_add_order.json": acknowledged("orderId", "clientOid"),
    "futures_get_mark_price.json": lambda found: (found["data"]["symbol"], found["data"]["value"]),
    "futures_get_order_by_client_oid.json": orders("data", CONTRACT),
    "futures_get_order_list.json": orders("data.items", CONTRACT),
    "futures_get_position_details.json": positions("data"),
    "futures_get_position_list.json": positions("data"),
    "futures_get_symbol.json": contract_market,
    "spot_add_order.json": acknowledged("orderId", "clientOid"),
    "spot_cancel_order_by_client_oid.json": acknowledged("clientOid"),
    "spot_get_closed_orders.json": orders("data.items", ("spot",)),
    "spot_get_open_orders.json": orders("data", ("spot",)),
    "spot_get_order_by_client_oid.json": orders("data", ("spot",)),
    "spot_get_order_by_order_id.json": orders("data", ("spot",)),
    "spot_get_part_order_book.json": lambda found: (found["data"]["bids"][0], found["data"]["asks"][0]),
    "spot_get_server_time.json": lambda found: read.clock(found["data"]),
    "spot_get_symbol.json": spot_market,
    "spot_get_trade_history.json": lambda found: read.trades(desk(), rows(found, "data.items"), ("spot",)),
}
