"""Crypto.com's operations by hand-written answers: a pair and a perpetual, each request signed and checked."""

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
    CryptoComFace,
    an_order,
    snapshot,
)
from tieout.accounts import Mode
from tieout.errors import ConfigError
from tieout.ids import client_order_id
from tieout.instruments import crypto, perpetual
from tieout.orders import OrderState, Side, TimeInForce
from tieout.records import ActivityKind

PAIR, SWAP = crypto("BTC", "USDT"), perpetual("BTC", "USD", "USD")
_PRIVATE, _PUBLIC = "POST /exchange/v1/private/", "GET /exchange/v1/public/"
ACCOUNT = "ce075bef-b600-4277-bd6e-ff9007251e63"
MARKETS = [
    {
        "symbol": "BTC_USDT",
        "inst_type": "CCY_PAIR",
        "display_name": "BTC/USDT",
        "base_ccy": "BTC",
        "quote_ccy": "USDT",
        "quote_decimals": 1,
        "quantity_decimals": 4,
        "price_tick_size": "0.1",
        "qty_tick_size": "0.0001",
        "max_leverage": "50",
        "tradable": True,
        "expiry_timestamp_ms": 0,
    },
    {
        "symbol": "BTCUSD-PERP",
        "inst_type": "PERPETUAL_SWAP",
        "display_name": "BTCUSD Perpetual",
        "base_ccy": "BTC",
        "quote_ccy": "USD",
        "quote_decimals": 1,
        "quantity_decimals": 4,
        "price_tick_size": "0.1",
        "qty_tick_size": "0.0001",
        "max_leverage": "50",
        "tradable": True,
        "expiry_timestamp_ms": 0,
        "underlying_symbol": "BTCUSD-INDEX",
        "contract_size": "1",
    },
]


def ok(result: Any) -> dict[str, Any]:
    return {"id": 1, "code": 0, "result": result}


def data(*rows: Any) -> dict[str, Any]:
    return ok({"data": list(rows)})


def order(**more: Any) -> dict[str, Any]:
    return {
        "account_id": ACCOUNT,
        "order_id": "6142909895025252686",
        "client_oid": ID,
        "order_type": "LIMIT",
        "time_in_force": "GOOD_TILL_CANCEL",
        "side": "BUY",
        "exec_inst": [],
        "quantity": "0.1234",
        "limit_price": "50000.0",
        "avg_price": "0",
        "cumulative_quantity": "0",
        "cumulative_value": "0",
        "cumulative_fee": "0",
        "status": "ACTIVE",
        "instrument_name": "BTC_USDT",
        "fee_instrument_name": "BTC",
        "create_time": NOW_MS - 1_000,
        "create_time_ns": str((NOW_MS - 1_000) * 1_000_000),
        "update_time": NOW_MS - 1_000,
        **more,
    }


def quiet(bench: CannedBench) -> None:
    """An account with nothing in it."""
    bench.say(f"{_PRIVATE}user-balance", data({"instrument_name": "USD", "position_balances": []}))
    bench.say(f"{_PRIVATE}get-positions", data())
    bench.say(f"{_PRIVATE}get-open-orders", data())


def identity(bench: CannedBench) -> None:
    """Of a key's rights the venue tells nothing: whose it is, and whether that account may trade."""
    master = {"uuid": ACCOUNT, "enabled": True, "tradable": True, "suspended": False, "terminated": False}
    bench.say(f"{_PRIVATE}get-accounts", ok({"master_account": master, "sub_account_list": []}))

    who = bench.broker().fetch_identity()

    assert (who.mode, who.venue_account[-4:], who.trading_blocked) == (Mode.PAPER, "1e63", False)


TICKER = {"i": "BTC_USDT", "h": "61000", "l": "59000", "a": "60000", "b": "59999.5", "k": "60000.5", "t": NOW_MS}


def balances(bench: CannedBench) -> None:
    quiet(bench)
    held = [
        {"instrument_name": "USDT", "quantity": "27.25", "reserved_qty": "6.25"},
        {"instrument_name": "BTC", "quantity": "0.5", "reserved_qty": "0"},
    ]
    bench.say(f"{_PRIVATE}user-balance", data({"instrument_name": "USD", "position_balances": held}))
    bench.say(f"{_PUBLIC}get-tickers", data(TICKER))

    found = snapshot(bench)

    (money,) = found.balances
    assert (money.currency, money.cash, money.buying_power) == ("USDT", Decimal("27.25"), Decimal(21))
    assert money.equity == Decimal("30027.25")
    assert [(one.instrument, one.quantity) for one in found.positions] == [(PAIR, Decimal("0.5"))]


def positions(bench: CannedBench) -> None:
    quiet(bench)
    row = {
        "account_id": ACCOUNT,
        "quantity": "-0.05",
        "cost": "-3000",
        "open_pos_cost": "-3000",
        "open_position_pnl": "-0.525",
        "session_pnl": "-0.525",
        "update_timestamp_ms": NOW_MS,
        "instrument_name": "BTCUSD-PERP",
        "type": "PERPETUAL_SWAP",
    }
    bench.say(f"{_PRIVATE}get-positions", data(row))

    (held,) = [one for one in snapshot(bench).positions if one.instrument.is_margined]

    assert (held.instrument, held.quantity, held.side) == (SWAP, Decimal("-0.05"), "short")


def open_orders(bench: CannedBench) -> None:
    quiet(bench)
    swap = order(order_id="2", client_oid=client_order_id("two"), instrument_name="BTCUSD-PERP", side="SELL")
    bench.say(f"{_PRIVATE}get-open-orders", data(order(), swap))

    found = snapshot(bench).open_orders

    assert [(one.instrument, one.side, one.quantity, one.limit_price) for one in found] == [
        (PAIR, Side.BUY, Decimal("0.1234"), Decimal(50000)),
        (SWAP, Side.SELL, Decimal("0.1234"), Decimal(50000)),
    ]


def closed_orders(bench: CannedBench) -> None:
    filled = order(status="FILLED", cumulative_quantity="0.1234", cumulative_value="6170", avg_price="50000")
    over = order(order_id="2", client_oid=client_order_id("two"), status="CANCELED")
    bench.say(f"{_PRIVATE}get-order-history", data(filled, over))
    bench.say(f"{_PRIVATE}get-open-orders", data())

    listed = bench.broker().fetch_orders(BEFORE, AFTER)

    assert [(one.client_order_id, one.state) for one in listed] == [
        (client_order_id("two"), OrderState.CANCELLED),
        (ID, OrderState.FILLED),
    ]


def place(bench: CannedBench) -> None:
    path = f"{_PRIVATE}create-order"
    bench.say(path, ok({"order_id": "9", "client_oid": ID}))

    report = bench.broker().submit(an_order(PAIR, time_in_force=TimeInForce.IOC))

    params = bench.face.fields(path)
    assert (params["client_oid"], params["instrument_name"], params["side"]) == (ID, "BTC_USDT", "BUY")
    assert (params["type"], params["quantity"], params["price"]) == ("LIMIT", "0.1234", "50000")
    assert params["time_in_force"] == "IMMEDIATE_OR_CANCEL"
    assert (report.broker_order_id, report.client_order_id) == ("9", ID)


def replacement(bench: CannedBench) -> None:
    bench.broker().replace(ID, an_order(PAIR))


def cancel(bench: CannedBench) -> None:
    bench.say(f"{_PRIVATE}get-order-detail", ok(order()), ok(order(status="CANCELED")))
    bench.say(f"{_PRIVATE}cancel-order", ok({"order_id": "6142909895025252686", "client_oid": ID}))

    assert bench.broker().cancel(ID).state is OrderState.CANCELLED
    assert bench.face.fields(f"{_PRIVATE}cancel-order") == {"order_id": "6142909895025252686"}


def found_by_our_id(bench: CannedBench) -> None:
    path = f"{_PRIVATE}get-order-detail"
    bench.say(path, ok(order()), {"id": 1, "code": 40401, "message": "NOT_FOUND"})
    broker = bench.broker()

    found = broker.fetch_order(ID)

    assert found is not None
    assert (found.broker_order_id, found.instrument, found.state) == (order()["order_id"], PAIR, OrderState.WORKING)
    assert bench.face.fields(path) == {"client_oid": ID}
    assert broker.fetch_order(client_order_id("missing")) is None


def executions(bench: CannedBench) -> None:
    made = {
        "account_id": ACCOUNT,
        "event_date": "2026-03-02",
        "journal_type": "TRADING",
        "side": "BUY",
        "instrument_name": "BTC_USDT",
        "fees": "-0.00025",
        "trade_id": "6142909898247428343",
        "create_time": NOW_MS,
        "create_time_ns": str(NOW_MS * 1_000_000),
        "traded_price": "60000.5",
        "traded_quantity": "0.1",
        "fee_instrument_name": "BTC",
        "client_oid": ID,
        "taker_side": "TAKER",
        "order_id": "6142909895036331486",
    }
    bench.say(f"{_PRIVATE}get-trades", data(made))

    (one,) = bench.broker().fetch_executions(BEFORE, AFTER).records

    assert (one.instrument, one.side, one.quantity, one.price) == (PAIR, Side.BUY, Decimal("0.1"), Decimal("60000.5"))
    assert (one.fee, one.fee_currency, one.client_order_id) == (Decimal("0.00025"), "BTC", ID)


def _entry(kind: str, coin: str, amount: str) -> dict[str, Any]:
    return {
        "account_id": ACCOUNT,
        "event_date": "2026-03-02",
        "journal_type": kind,
        "journal_id": f"6530219460124{kind}{coin}",
        "transaction_qty": amount,
        "transaction_cost": "0",
        "realized_pnl": "0",
        "event_timestamp_ms": NOW_MS,
        "event_timestamp_ns": str(NOW_MS * 1_000_000),
        "instrument_name": coin,
    }


def _told(bench: CannedBench, kind: ActivityKind, *rows: dict[str, Any]) -> list[tuple[str, Decimal]]:
    bench.say(f"{_PRIVATE}get-transactions", data(*rows))
    return sorted((one.currency, one.amount) for one in bench.broker().fetch_ledger(kind, BEFORE, AFTER).records)


def funding(bench: CannedBench) -> None:
    assert _told(bench, ActivityKind.FUNDING, _entry("FUNDING", "USD", "-0.3")) == [("USD", Decimal("-0.3"))]


def interest(bench: CannedBench) -> None:
    row = _entry("INTEREST_ON_MARGIN", "USDT", "-1.25")
    assert _told(bench, ActivityKind.INTEREST, row) == [("USDT", Decimal("-1.25"))]


def conversion(bench: CannedBench) -> None:
    gone, came = _entry("MANUAL_CONVERSION", "USDT", "-600"), _entry("MANUAL_CONVERSION", "BTC", "0.01")
    assert _told(bench, ActivityKind.CONVERSION, gone, came) == [("BTC", Decimal("0.01")), ("USDT", Decimal(-600))]


def money_in_and_out(bench: CannedBench) -> None:
    came, gone = _entry("FIAT_DEPOSIT", "USD", "250.75"), _entry("ONCHAIN_WITHDRAW", "BTC", "-0.125")
    assert _told(bench, ActivityKind.TRANSFER, came, gone) == [("BTC", Decimal("-0.125")), ("USD", Decimal("250.75"))]


def leverage_under_a_cap(bench: CannedBench) -> None:
    broker = bench.broker()
    with pytest.raises(ConfigError, match="the cap of its class"):
        broker.set_leverage(SWAP, 11)
    broker.set_leverage(SWAP, 3)


def margin_mode(bench: CannedBench) -> None:
    bench.broker().set_margin_mode(SWAP, MarginMode.ISOLATED)


def close_position(bench: CannedBench) -> None:
    path = f"{_PRIVATE}create-order"
    bench.say(path, ok({"order_id": "9", "client_oid": ID}))

    bench.broker().submit(an_order(SWAP, "0.05", is_exit=True))

    params = bench.face.fields(path)
    assert (params["side"], params["quantity"], params["instrument_name"]) == ("BUY", "0.05", "BTCUSD-PERP")
    assert "reduceOnly" not in params  # the venue has no such word, and a word that it does not know helps nobody


def ticker(bench: CannedBench) -> None:
    bench.say(f"{_PUBLIC}get-tickers", data(TICKER))

    quote = bench.broker().fetch_quote(PAIR)

    assert (quote.instrument, quote.bid, quote.ask) == (PAIR, Decimal("59999.5"), Decimal("60000.5"))


def order_book(bench: CannedBench) -> None:
    path = f"{_PUBLIC}get-book"
    levels = {"bids": [["59999.5", "0.7", "1"], ["9999.9", "3", "1"]], "asks": [["60000.5", "1", "1"]], "t": NOW_MS}
    bench.say(path, ok({"depth": 5, "data": [levels], "instrument_name": "BTC_USDT"}))

    book = bench.broker().fetch_book(PAIR, 5)

    assert [one.price for one in book.bids] == [Decimal("59999.5"), Decimal("9999.9")]
    assert (book.asks[0].price, book.asks[0].quantity) == (Decimal("60000.5"), Decimal(1))
    assert bench.face.fields(path)["instrument_name"] == "BTC_USDT"


def market_rules(bench: CannedBench) -> None:
    broker = bench.broker()

    pair, swap = broker.fetch_contract(PAIR), broker.fetch_contract(SWAP)

    assert (pair.lot, pair.tick, pair.tradable) == (Decimal("0.0001"), Decimal("0.1"), True)
    assert (swap.lot, swap.tick, swap.tradable) == (Decimal("0.0001"), Decimal("0.1"), True)


def clock(bench: CannedBench) -> None:
    bench.broker().fetch_clock()


def sessions(bench: CannedBench) -> None:
    bench.broker().fetch_sessions(NOW.date(), NOW.date())


ROW = CannedRow(
    "Crypto.com",
    "cryptocom",
    CryptoComFace,
    globals(),
    {f"{_PUBLIC}get-instruments": ok({"data": MARKETS})},
)
