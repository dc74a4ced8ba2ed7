"""Kraken's spot face, driven with the venue's real client."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import ccxt
import pytest
from ccxt.kraken import kraken

from simulator.costs import ChargedIn
from simulator.protocols.kraken.face import KrakenFace
from tests.unit.simulator.protocols.coins.clients import connected, exact
from tests.unit.simulator.protocols.coins.world import COSTS, CoinWorld

PAIR = "BTC/USDT"
ID = "0123456789abcdef0123456789abcdef"
PLAIN = base64.b64encode(b"test-secret").decode()


@pytest.fixture
def world() -> CoinWorld:
    costs = replace(COSTS, venue="kraken", charged_in=ChargedIn.QUOTE)
    world = CoinWorld("60000", "59000", "58000", "61000", depth="0.5", costs=costs)
    world.venue.keys.add(world.account, "kraken", key_id="PKKRAKEN", secret=PLAIN)
    return world


@pytest.fixture
def face(world: CoinWorld) -> Iterator[KrakenFace]:
    with KrakenFace(world.venue) as face:
        face.counter.most = 1_000
        yield face


@pytest.fixture
def venue(face: KrakenFace) -> Any:
    return client(face)


def client(face: KrakenFace, **settings: Any) -> Any:
    return connected(kraken, face, **{"apiKey": "PKKRAKEN", "secret": PLAIN, **settings})


def place(venue: Any, side: str = "buy", amount: str = "0.5", price: str | None = None, key: str = ID) -> Any:
    kind = "market" if price is None else "limit"
    return venue.create_order(PAIR, kind, side, amount, price, {"clientOrderId": key})


def test_the_old_names_of_coins_are_understood(venue: Any) -> None:
    market = venue.load_markets()[PAIR]

    assert (market["id"], market["info"]["base"]) == ("XBTUSDT", "XXBT")
    assert exact(market["limits"]["cost"]["min"], market["precision"]["price"]) == exact("5", "0.01")


def test_an_order_fills_in_parts_and_is_found_by_the_id_we_gave_it(venue: Any, world: CoinWorld) -> None:
    place(venue, amount="0.8", price="59500")
    world.tick()

    (order,) = venue.fetch_open_orders(PAIR, params={"clientOrderId": ID})

    assert (order["clientOrderId"], *exact(order["filled"])) == (ID, Decimal("0.5"))
    world.tick()
    assert venue.fetch_open_orders() == []
    (order,) = venue.fetch_closed_orders(PAIR, params={"clientOrderId": ID})
    assert (order["status"], order["id"]) == ("closed", venue.fetch_order(order["id"])["id"])


def test_trades_have_their_fee_in_the_quote_currency_and_their_ledger_entries(venue: Any) -> None:
    first = place(venue, amount="0.5")

    (trade,) = venue.fetch_my_trades(PAIR)
    rows = venue.fetch_ledger()

    assert (trade["order"], trade["fee"]["currency"]) == (first["id"], "USDT")
    assert exact(trade["fee"]["cost"]) == exact("120.001")
    assert {row["info"]["id"] for row in rows} == set(trade["info"]["ledgers"])
    by_coin = {row["currency"]: row["info"] for row in rows}
    assert exact(by_coin["BTC"]["amount"], by_coin["USDT"]["amount"]) == exact("0.5", "-30000.25")
    held = venue.fetch_balance()
    assert {coin: Decimal(row["balance"]) for coin, row in by_coin.items()} == {
        coin: Decimal(held[coin]["total"]) for coin in ("BTC", "USDT")
    }


def test_wallets_show_what_orders_hold(venue: Any) -> None:
    place(venue, price="50000")

    assert exact(venue.fetch_balance()["USDT"]["used"]) == exact("25000")


def test_an_amended_order_keeps_its_id_and_a_cancelled_one_is_over(venue: Any) -> None:
    first = place(venue, price="50000")
    venue.edit_order(first["id"], PAIR, "limit", "buy", "0.4", "51000")
    (order,) = venue.fetch_open_orders()

    assert (order["id"], *exact(order["amount"], order["price"])) == (first["id"], *exact("0.4", "51000"))
    venue.cancel_order(first["id"])
    with pytest.raises(ccxt.OrderNotFound, match="Unknown order"):
        venue.cancel_order(first["id"])
    assert venue.fetch_closed_orders(PAIR)[0]["status"] == "canceled"


def test_an_id_is_taken_while_its_order_is_open(venue: Any) -> None:
    first = place(venue, price="50000")
    with pytest.raises(ccxt.ExchangeError, match="cl_ord_id"):
        place(venue, price="50000")
    venue.cancel_order(first["id"])

    assert place(venue, price="50000")["id"] != first["id"]


def test_a_request_past_its_own_deadline_dies_in_the_venue(venue: Any, world: CoinWorld) -> None:
    late = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()

    with pytest.raises(ccxt.ExchangeError, match="Deadline elapsed"):
        venue.create_order(PAIR, "limit", "buy", "0.1", "50000", {"deadline": late})
    assert world.account.orders() == ()


def test_lists_come_fifty_at_a_time(venue: Any) -> None:
    for number in range(52):
        place(venue, amount="0.001", key=f"{number:032d}")

    first = venue.private_post_tradeshistory()["result"]
    rest = venue.private_post_tradeshistory({"ofs": 50})["result"]

    assert (len(first["trades"]), len(rest["trades"]), first["count"]) == (50, 2, 52)
    assert not set(first["trades"]) & set(rest["trades"])


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ({"volume": "3"}, "Insufficient funds"),
        ({"volume": "0.000001"}, "volume minimum"),
        ({"volume": "0.00005"}, "Cost minimum"),
        ({"price": "50000.001"}, "Invalid price"),
        ({"pair": "ABCUSD"}, "Unknown asset pair"),
        ({"ordertype": "iceberg"}, "Invalid arguments:ordertype"),
        ({"oflags": "post", "price": "61000"}, "Post only"),
        ({"cl_ord_id": "x" * 19}, "cl_ord_id"),
    ],
)
def test_an_order_against_the_rules_is_refused_in_words(
    venue: Any, world: CoinWorld, order: dict[str, str], words: str
) -> None:
    asked = {"pair": "XBTUSDT", "type": "buy", "ordertype": "limit", "volume": "0.5", "price": "50000"}

    with pytest.raises(ccxt.ExchangeError, match=words):
        venue.private_post_addorder({**asked, **order})
    assert world.account.orders() == ()


def test_money_in_and_out_is_in_the_ledger(venue: Any, world: CoinWorld) -> None:
    world.account.deposit(Decimal(500), "USDT")
    world.account.deposit(Decimal("-0.25"), "BTC")

    kinds = {row["info"]["type"]: row["info"]["amount"] for row in venue.fetch_ledger()}

    assert {kind: Decimal(amount) for kind, amount in kinds.items()} == {
        "deposit": Decimal(500),
        "withdrawal": Decimal("-0.25"),
    }


def test_a_wrong_signature_key_or_nonce_is_refused(face: KrakenFace, venue: Any) -> None:
    with pytest.raises(ccxt.ExchangeError, match="Invalid signature"):
        client(face, secret=base64.b64encode(b"another").decode()).fetch_balance()
    with pytest.raises(ccxt.AuthenticationError, match="Invalid key"):
        client(face, apiKey="PKX").fetch_balance()
    venue.fetch_balance()
    venue.incrementing_nonce = lambda: 1
    with pytest.raises(ccxt.InvalidNonce, match="Invalid nonce"):
        venue.fetch_balance()


def test_calls_are_counted_and_time_forgives_them(face: KrakenFace, venue: Any, world: CoinWorld) -> None:
    venue.load_markets()
    face.counter.clock, face.counter.most = (lambda: world.clock.now), 2
    venue.fetch_ledger()
    with pytest.raises(ccxt.DDoSProtection, match="Rate limit"):
        venue.fetch_balance()
    world.tick()

    venue.fetch_balance()


def test_a_key_tells_what_it_may_do(venue: Any) -> None:
    assert "orders-create-modify" in venue.private_post_getapikeyinfo()["result"]["permissions"]
