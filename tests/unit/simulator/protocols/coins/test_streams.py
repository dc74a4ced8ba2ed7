"""The private streams of Binance and Bybit, listened to with the venues' real client."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import ccxt
import pytest
from ccxt.pro.binance import binance
from ccxt.pro.bybit import bybit

from simulator.account import SimulatedAccount
from simulator.protocols.binance.face import BinanceFace
from simulator.protocols.bybit.face import BybitFace
from simulator.protocols.coins.face import CoinFace
from simulator.protocols.streaming import StreamFault
from tests.unit.simulator.protocols.coins.clients import pointed_at
from tests.unit.simulator.protocols.coins.world import BTC, KEY, SECRET, SWAP, CoinWorld, coin_order
from tieout.instruments import Instrument

Seen = list[dict[str, Any]]


def heard(
    kind: Any, face: BinanceFace | BybitFace, symbol: str, acts: Sequence[Callable[[], object]], **settings: Any
) -> tuple[Seen, Seen]:
    """What the client hears of orders after each of several things was done, and of trades after the first."""

    async def listen() -> tuple[Seen, Seen]:
        given = {"apiKey": KEY, "secret": SECRET, "enableRateLimit": False, "newUpdates": True, **settings}
        exchange = pointed_at(kind(given), face)
        found: Seen = []
        try:
            await exchange.load_markets()
            trades = asyncio.ensure_future(exchange.watch_my_trades(symbol))
            for act in acts:
                orders = asyncio.ensure_future(exchange.watch_orders(symbol))
                while not face.stream.listening:
                    await asyncio.sleep(0.005)
                await asyncio.sleep(0.05)
                act()
                found += await asyncio.wait_for(orders, 5)
            while not any(one["status"] == "canceled" for one in found):
                found += await asyncio.wait_for(exchange.watch_orders(symbol), 5)
            return found, list(await asyncio.wait_for(trades, 5))
        finally:
            await exchange.close()

    return asyncio.run(listen())


def fetching(types: list[str], **more: Any) -> dict[str, Any]:
    return {"options": {"fetchMarkets": {"types": types}, "fetchCurrencies": False, **more}}


UNIFIED = fetching(["spot", "linear"], enableUnifiedAccount=True, enableUnifiedMargin=False, unifiedMarginStatus=6)


def tells(account: SimulatedAccount, instrument: Instrument) -> list[Callable[[], object]]:
    """An order that fills at once, and one that rests and is cancelled."""
    return [
        lambda: account.submit(coin_order(instrument, "a" * 32, "60000.5")),
        lambda: account.submit(coin_order(instrument, "b" * 32, "50000")),
        lambda: account.cancel("b" * 32),
    ]


def test_binance_tells_of_spot_orders_over_its_websocket_api() -> None:
    world = CoinWorld()
    with BinanceFace(world.venue) as face:
        act = tells(world.account, BTC)
        rows, trades = heard(binance, face, "BTC/USDT", act, **fetching(["spot"]))

    assert {(row["clientOrderId"][:1], row["status"]) for row in rows} >= {("a", "closed"), ("b", "canceled")}
    assert {(one["amount"], one["fee"]["currency"]) for one in trades} == {(0.1, "BTC")}


def test_binance_tells_of_futures_orders_to_whoever_has_a_listen_key() -> None:
    world = CoinWorld()
    with BinanceFace(world.venue) as face:
        settings = fetching(["linear"], defaultType="swap")
        rows, _ = heard(binance, face, "BTC/USDT:USDT", tells(world.account, SWAP), **settings)

    assert {(row["clientOrderId"][:1], row["status"]) for row in rows} >= {("a", "closed"), ("b", "canceled")}


def test_bybit_tells_of_orders_and_executions_of_every_category() -> None:
    world = CoinWorld(fees="bybit")
    with BybitFace(world.venue) as face:
        act = tells(world.account, SWAP)
        rows, trades = heard(bybit, face, "BTC/USDT:USDT", act, **UNIFIED)

    assert {(row["clientOrderId"][:1], row["status"]) for row in rows} >= {("a", "closed"), ("b", "canceled")}
    assert [one["amount"] for one in trades] == [0.1]


def test_a_wrong_secret_hears_nothing() -> None:
    world = CoinWorld()

    async def listen(kind: Any, face: CoinFace, **settings: Any) -> None:
        exchange = pointed_at(kind({"apiKey": KEY, "secret": "another", **settings}), face)
        try:
            await exchange.load_markets()
            await asyncio.wait_for(exchange.watch_orders("BTC/USDT"), 5)
        finally:
            await exchange.close()

    with BinanceFace(world.venue) as face, pytest.raises(ccxt.BaseError):
        asyncio.run(listen(binance, face, **fetching(["spot"])))


def test_a_stream_that_breaks_off_is_an_error_at_the_client() -> None:
    world = CoinWorld(fees="bybit")
    with BybitFace(world.venue) as face:
        face.stream.fail(StreamFault.HANG_UP)
        with pytest.raises(ccxt.NetworkError):
            heard(bybit, face, "BTC/USDT:USDT", tells(world.account, SWAP), **UNIFIED)
