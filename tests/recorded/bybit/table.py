"""Which recorded answer of Bybit is read how. What each says is in `expected.py`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from brokers.ccxt.desk import Desk
from tests.recorded.coins import desk as read
from tests.recorded.coins.desk import rows

LIST = "result.list"
CONTRACT = ("swap", "future")


@cache
def desk(mode: str = "one-way") -> Desk:
    pairs = [("BTC", "USDT"), ("ETH", "USDT"), ("XRP", "USDT"), ("SOL", "USDT"), ("ATOM", "USDT")]
    swaps = [read.market(f"{base}/{quote}:{quote}", f"{base}{quote}") for base, quote in pairs]
    spots = [read.market(f"{base}/{quote}", f"{base}{quote}") for base, quote in pairs]
    others = [
        read.market("ETH/USDC:USDC", "ETHPERP"),
        read.market("BTC/USD:BTC", "BTCUSD"),
        read.market("ETH/USDC:USDC-221230-1400-C", "ETH-30DEC22-1400-C"),
    ]
    return read.desk_of("bybit", *spots, *swaps, *others, options={"position_mode": mode})


@cache
def pro() -> Any:
    return read.pro(desk())


def orders(path: str, kinds: tuple[str, ...] = read.ANY[1:]) -> Callable[[Any], Any]:
    return lambda found: read.orders(desk(), rows(found, path), kinds)


def trades(path: str, kinds: tuple[str, ...] = CONTRACT) -> Callable[[Any], Any]:
    return lambda found: read.trades(desk(), rows(found, path), kinds)


def positions(path: str) -> Callable[[Any], Any]:
    return lambda found: read.positions(desk(), rows(found, path), read.ANY[1:])


def markets(kind: str) -> Callable[[Any], Any]:
    def parsed(found: Any) -> Any:
        fresh = read.desk_of("bybit")
        exchange = fresh.exchange
        exchange.publicGetV5MarketInstrumentsInfo = lambda params: found
        fetch: dict[str, Callable[[], Any]] = {
            "spot": lambda: exchange.fetch_spot_markets({}),
            "linear": lambda: exchange.fetch_future_markets({"category": "linear"}),
            "inverse": lambda: exchange.fetch_future_markets({"category": "inverse"}),
            "option": lambda: exchange.fetch_option_markets({"baseCoin": "ETH"}),
        }
        exchange.set_markets(fetch[kind]())
        return [read.contract(fresh, symbol) for symbol in sorted(exchange.markets)]

    return parsed


def facts(found: Any) -> Any:
    known = desk()
    known.call = lambda method, query=None: {  # type: ignore[method-assign]
        "privateGetV5UserQueryApi": found,
        "privateGetV5AccountInfo": {"result": {"unifiedMarginStatus": 4}},
        "privateGetV5PositionList": {"result": {"list": []}},
    }[method]
    one = known.venue.facts(known)
    return one.number, one.permissions, one.ip_allow_list, read.when(one.expires_at), one.blocked


def acknowledged(path: str = "result") -> Callable[[Any], Any]:
    def said(found: Any) -> Any:
        row = read.at(found, path)
        return row["orderId"], row["orderLinkId"], read.told(desk(), found)

    return said


def ledger(number: int, path: str) -> Callable[[Any], Any]:
    return lambda found: read.activities(desk(), desk().venue.ledgers[number], rows(found, path))


def key_rows(path: str) -> Callable[[Any], Any]:
    """Keys and members as a rotation would list them; the adapter asks for none."""
    return lambda found: [
        tuple(one.get(name) for name in ("id", "uid", "note", "readOnly", "status", "ips", "expiredAt") if name in one)
        for one in (read.at(found, path) if isinstance(read.at(found, path), list) else [read.at(found, path)])
    ]


def wallet(path: str) -> Callable[[Any], Any]:
    return lambda found: read.wallets(
        desk(), {"privateGetV5AccountWalletBalance": {"result": {"list": read.at(found, path)}}}
    )


def streamed(found: Any) -> Any:
    said = []
    for one in found["data"]:
        kind = "spot" if one["category"] == "spot" else "contract"
        market = pro().safe_market(one["symbol"], None, None, kind)
        said.append(read.streamed(desk(), pro().parse_order(one, market), market["symbol"]))
    return said


def book(found: Any) -> Any:
    return found["data"]["b"], found["data"]["a"]


def codes(found: Any) -> Any:
    return {one: read.told(desk(), {"retCode": int(one), "retMsg": str(words)})[0] for one, words in found.items()}


def rates(found: Any) -> Any:
    return [read.fees(desk().exchange.parse_trading_fee(one)) for one in found["result"]["list"]]


def batch(found: Any) -> Any:
    return [(one["orderId"], one["orderLinkId"]) for one in found["result"]["list"]], read.told(desk(), found)


def closed_profit(found: Any) -> Any:
    return [(one["symbol"], one["closedPnl"], one["closedSize"]) for one in found["result"]["list"]]


CASES: dict[str, Callable[[Any], Any]] = {
    "ccxt_create_order.json": acknowledged(),
    "doc_amend.json": acknowledged(),
    "doc_batch_place.json": batch,
    "doc_closed_pnl.json": closed_profit,
    "doc_create_sub_api.json": key_rows("result"),
    "doc_deposit_records.json": ledger(1, "result.rows"),
    "doc_withdraw_records.json": ledger(2, "result.rows"),
    "doc_error_codes.json": codes,
    "doc_execution_list.json": trades(LIST),
    "doc_position_list.json": positions(LIST),
    "doc_query_api.json": facts,
    "doc_transaction_log.json": ledger(0, LIST),
    "doc_ws_execution.json": lambda found: (found["op"], found["args"]),
    "http_get_account_info.json": lambda found: (found["result"]["marginMode"], found["result"]["unifiedMarginStatus"]),
    "http_get_executions.json": trades(LIST),
    "http_get_fee_rate.json": rates,
    "http_get_instruments_inverse.json": markets("inverse"),
    "http_get_instruments_linear.json": markets("linear"),
    "http_get_instruments_option.json": markets("option"),
    "http_get_instruments_spot.json": markets("spot"),
    "http_get_orders_history.json": orders(LIST),
    "http_get_orders_realtime.json": orders(LIST),
    "http_get_positions.json": positions(LIST),
    "http_get_user_query_api.json": facts,
    "http_get_user_sub_apikeys.json": key_rows("result.result"),
    "http_get_user_sub_members.json": key_rows("result.subMembers"),
    "http_get_wallet_balance.json": wallet("result.list"),
    "http_post_user_update_sub_api.json": key_rows("result"),
    "ws_account_execution.json": trades("data"),
    "ws_account_order.json": streamed,
    "ws_account_order_filled.json": streamed,
    "ws_account_position.json": lambda found: read.sizes(rows(found, "data"), "symbol", "side", "size"),
    "ws_account_wallet.json": wallet("data"),
    "ws_auth_failure.json": lambda found: read.told(desk(), found),
    "ws_auth_success.json": lambda found: read.told(desk(), found),
    "ws_order_response.json": acknowledged("data"),
    "ws_orderbook_delta.json": book,
    "ws_orderbook_snapshot.json": book,
}
