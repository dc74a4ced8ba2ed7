"""A bad day at a coin venue, as its real client sees it: what it raises, and what the venue really did."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ccxt
import pytest
from ccxt.binance import binance
from ccxt.bybit import bybit

from simulator.protocols.binance.face import BinanceFace
from simulator.protocols.bybit.face import BybitFace
from simulator.protocols.faults import Delay, DropRows, Effect, Reset, RowAgain, SameAgain, Status, Truncate, html
from tests.unit.simulator.protocols.coins.clients import connected
from tests.unit.simulator.protocols.coins.world import CoinWorld

ID = "0123456789abcdef0123456789abcdef"
SAID = {"Content-Type": "application/json"}
UNKNOWN = b'{"code":-1007,"msg":"Timeout waiting for response from backend server. Send status unknown."}'
MAINTENANCE = b'{"code":-1016,"msg":"This service is no longer available."}'
BUSY = b'{"retCode":10016,"retMsg":"Server error.","result":{},"retExtInfo":{},"time":1}'


@pytest.fixture
def world() -> CoinWorld:
    return CoinWorld()


@pytest.fixture(params=["binance", "bybit"])
def pair(request: pytest.FixtureRequest, world: CoinWorld) -> Iterator[tuple[Any, Any, str]]:
    """A face, the client that talks to it, and where it takes orders."""
    if request.param == "binance":
        options = {"fetchMarkets": {"types": ["spot"]}}
        with BinanceFace(world.venue) as face:
            yield face, connected(binance, face, options=options, timeout=400), "/api/v3/order"
        return
    unified: dict[str, Any] = {"enableUnifiedAccount": True, "enableUnifiedMargin": False, "unifiedMarginStatus": 6}
    with BybitFace(world.venue) as other:
        options = {"fetchMarkets": {"types": ["spot"]}, **unified}
        yield other, connected(bybit, other, options=options, timeout=400), "/v5/order/create"


def place(client: Any) -> Any:
    return client.create_order("BTC/USDT", "limit", "buy", "0.1", "50000", {"clientOrderId": ID})


@pytest.mark.parametrize(
    ("effect", "raised", "booked"),
    [
        (Reset(), ccxt.NetworkError, 0),
        (Reset(booked=True), ccxt.NetworkError, 1),
        (Delay(0.6), ccxt.RequestTimeout, 1),
        (Delay(0.6, booked=False), ccxt.RequestTimeout, 0),
        (html(502), ccxt.ExchangeNotAvailable, 0),
        (html(503, booked=True), ccxt.ExchangeNotAvailable, 1),
        (Truncate(20, honest=False), ccxt.NetworkError, 1),
    ],
)
def test_a_broken_answer_to_an_order_says_nothing_of_the_order(
    pair: tuple[Any, Any, str], world: CoinWorld, effect: Effect, raised: type[Exception], booked: int
) -> None:
    face, client, path = pair
    client.load_markets()
    face.faults.add(effect, path, "POST")

    with pytest.raises(raised):
        place(client)
    assert len(world.account.orders()) == booked


def test_html_under_a_good_status_looks_like_an_order_without_an_id(
    pair: tuple[Any, Any, str], world: CoinWorld
) -> None:
    face, client, path = pair
    client.load_markets()
    face.faults.add(html(200, booked=True), path, "POST")

    assert place(client)["id"] is None
    assert len(world.account.orders()) == 1


def test_the_words_of_a_venue_that_does_not_know_come_through(world: CoinWorld) -> None:
    with BinanceFace(world.venue) as face:
        client = connected(binance, face, options={"fetchMarkets": {"types": ["spot"]}})
        client.load_markets()
        for body, status in ((UNKNOWN, 408), (MAINTENANCE, 503)):
            face.faults.add(Status(status, body, SAID, booked=body is UNKNOWN), "/api/v3/order", "POST")
            with pytest.raises(ccxt.BaseError, match="msg"):
                place(client)

    assert len(world.account.orders()) == 1


def test_a_server_error_inside_an_answer_of_200_is_a_bare_error(world: CoinWorld) -> None:
    unified: dict[str, Any] = {"enableUnifiedAccount": True, "enableUnifiedMargin": False, "unifiedMarginStatus": 6}
    with BybitFace(world.venue) as face:
        client = connected(bybit, face, options={"fetchMarkets": {"types": ["spot"]}, **unified})
        client.load_markets()
        face.faults.add(Status(200, BUSY, SAID, booked=True), "/v5/order/create", "POST")
        with pytest.raises(ccxt.BaseError, match="10016"):
            place(client)

    assert len(world.account.orders()) == 1


def test_lists_can_be_empty_doubled_or_stale(pair: tuple[Any, Any, str]) -> None:
    face, client, path = pair
    client.options["fetchOpenOrders"] = {"warnWithoutSymbol": False}
    client.load_markets()
    place(client)
    where = "/api/v3/openOrders" if path.startswith("/api") else "/v5/order/realtime"
    face.faults.add(DropRows(1), where)
    face.faults.add(RowAgain(), where)
    stale = SameAgain()
    seen = [len(client.fetch_open_orders("BTC/USDT")) for _ in range(3)]
    face.faults.add(stale, where, times=2)
    before = client.fetch_open_orders("BTC/USDT")
    client.cancel_order(before[0]["id"], "BTC/USDT")

    assert seen == [0, 2, 1]
    assert len(client.fetch_open_orders("BTC/USDT")) == 1
    assert client.fetch_open_orders("BTC/USDT") == []


def test_an_address_can_be_banned(world: CoinWorld) -> None:
    with BinanceFace(world.venue) as face:
        face.bans.ban("127.0.0.1")
        client = connected(binance, face)
        with pytest.raises(ccxt.DDoSProtection, match="banned until"):
            client.fetch_time()
        assert int(client.last_response_headers["Retry-After"]) > 100
