"""Binance's spot face, driven with the venue's real client."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import ccxt
import pytest
from ccxt.binance import binance

from simulator.costs import ChargedIn
from simulator.protocols.binance.face import BinanceFace
from tests.unit.simulator.protocols.coins.clients import connected, exact
from tests.unit.simulator.protocols.coins.world import COSTS, CoinWorld

PAIR = "BTC/USDT"
ID = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def world() -> CoinWorld:
    return CoinWorld("60000", "59000", "58000", "61000", depth="0.5")


@pytest.fixture
def face(world: CoinWorld) -> Iterator[BinanceFace]:
    with BinanceFace(world.venue) as face:
        yield face


@pytest.fixture
def venue(face: BinanceFace) -> Any:
    return client(face)


def client(face: BinanceFace, **settings: Any) -> Any:
    options = {"fetchMarkets": {"types": ["spot"]}, "fetchOpenOrders": {"warnWithoutSymbol": False}}
    return connected(binance, face, options=options, **settings)


def place(venue: Any, *, side: str = "buy", amount: str = "0.5", price: str | None = None, key: str = ID) -> Any:
    kind = "market" if price is None else "limit"
    return venue.create_order(PAIR, kind, side, amount, price, {"clientOrderId": key})


def test_the_markets_have_the_rules_of_the_simulated_ones(venue: Any) -> None:
    market = venue.load_markets()[PAIR]

    assert market["spot"]
    assert exact(market["precision"]["amount"], market["precision"]["price"]) == exact("0.00001", "0.01")
    assert market["limits"]["cost"]["min"] == "5.00000000"


def test_wallets_show_what_live_orders_lock(venue: Any) -> None:
    place(venue, amount="0.5", price="50000")

    held = venue.fetch_balance()

    assert exact(held["USDT"]["free"], held["USDT"]["used"]) == exact("75000", "25000")
    assert exact(held["BTC"]["total"]) == exact("1")


def test_a_limit_order_fills_in_parts_and_is_found_by_the_id_we_gave_it(venue: Any, world: CoinWorld) -> None:
    place(venue, amount="0.8", price="59500")
    world.tick()

    order = venue.fetch_order(None, PAIR, {"clientOrderId": ID})

    assert (order["status"], Decimal(order["filled"]), order["clientOrderId"]) == ("open", Decimal("0.5"), ID)
    world.tick()
    assert venue.fetch_order(None, PAIR, {"clientOrderId": ID})["status"] == "closed"


def test_a_market_order_tells_of_its_fills_and_the_fee_in_the_coin_bought(venue: Any) -> None:
    order = place(venue, amount="0.5")

    (trade,) = venue.fetch_my_trades(PAIR)

    assert (order["status"], Decimal(order["average"])) == ("closed", Decimal("60000.5"))
    assert exact(trade["fee"]["cost"]) == exact("0.0005")
    assert (trade["fee"]["currency"], trade["takerOrMaker"]) == ("BTC", "taker")
    assert trade["order"] == order["id"]
    assert exact(venue.fetch_balance()["BTC"]["total"]) == exact("1.4995")


def test_a_fee_on_a_sale_is_taken_in_the_quote_currency(venue: Any) -> None:
    place(venue, side="sell", amount="0.5")

    (trade,) = venue.fetch_my_trades(PAIR)

    assert (Decimal(trade["fee"]["cost"]), trade["fee"]["currency"]) == (Decimal("29.99975"), "USDT")


def test_a_fee_can_be_taken_in_the_token_of_the_venue() -> None:
    own = replace(COSTS, charged_in=ChargedIn.OWN_COIN, own_coin="BNB", discount=Decimal("0.25"))
    world = CoinWorld(costs=own)
    world.account.deposit(Decimal(1), "BNB")
    with BinanceFace(world.venue) as face:
        venue = client(face)
        place(venue, amount="0.1")
        (trade,) = venue.fetch_my_trades(PAIR)

    assert (trade["fee"]["cost"], trade["fee"]["currency"]) == ("0.00750006", "BNB")


def test_an_order_is_cancelled_under_its_own_id(venue: Any) -> None:
    place(venue, price="50000")

    venue.cancel_order(None, PAIR, {"clientOrderId": ID})

    assert venue.fetch_open_orders() == []
    assert venue.fetch_order(None, PAIR, {"clientOrderId": ID})["status"] == "canceled"
    with pytest.raises(ccxt.OrderNotFound, match="-2011"):
        venue.cancel_order(None, PAIR, {"clientOrderId": ID})


def test_an_id_is_taken_only_while_its_order_is_open(venue: Any) -> None:
    place(venue, price="50000")
    with pytest.raises(ccxt.ExchangeError, match=r"Duplicate order sent\."):
        place(venue, price="50000")
    venue.cancel_order(None, PAIR, {"clientOrderId": ID})

    again = place(venue, price="50000")

    assert again["clientOrderId"] == ID
    assert venue.fetch_order(None, PAIR, {"clientOrderId": ID})["id"] == again["id"]
    assert len(venue.fetch_orders(PAIR)) == 2


def test_money_is_spent_by_amount_where_that_is_asked_for(venue: Any) -> None:
    order = venue.create_market_buy_order_with_cost(PAIR, "6000")

    assert exact(order["filled"]) == exact("0.09999")


def test_an_edit_cancels_and_places_anew_and_says_which_half_failed(venue: Any) -> None:
    first = place(venue, price="50000")
    edited = venue.edit_order(first["id"], PAIR, "limit", "buy", "0.4", "51000", {"clientOrderId": "b" * 32})

    assert (edited["clientOrderId"], Decimal(edited["price"])) == ("b" * 32, Decimal(51_000))
    with pytest.raises(ccxt.BadResponse, match="-2021"):
        venue.edit_order(edited["id"], PAIR, "limit", "buy", "100", "51000", {"clientOrderId": "c" * 32})
    assert venue.fetch_open_orders() == []


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (("limit", "buy", "3", "50000"), "insufficient balance"),
        (("limit", "buy", "0.000011", "50000"), "LOT_SIZE"),
        (("limit", "buy", "0.5", "50000.005"), "PRICE_FILTER"),
        (("limit", "buy", "0.00001", "50000"), "NOTIONAL"),
        (("limit", "sell", "2", "70000"), "insufficient balance"),
    ],
)
def test_an_order_against_the_rules_is_refused_in_the_words_of_the_venue(
    venue: Any, order: tuple[str, ...], words: str
) -> None:
    kind, side, amount, price = order
    venue.load_markets()
    asked = {"symbol": "BTCUSDT", "side": side, "type": kind, "quantity": amount, "price": price, "timeInForce": "GTC"}

    with pytest.raises(ccxt.ExchangeError, match=words):
        venue.private_post_order({field: value.upper() for field, value in asked.items()})


def test_a_post_only_order_that_would_trade_is_refused(venue: Any) -> None:
    with pytest.raises(ccxt.OrderImmediatelyFillable, match="immediately match"):
        venue.create_order(PAIR, "limit", "buy", "0.1", "61000", {"postOnly": True})


def test_a_stop_waits_for_its_price(venue: Any, world: CoinWorld) -> None:
    venue.create_order(PAIR, "market", "sell", "0.1", None, {"stopLossPrice": "59000.00", "clientOrderId": ID})
    assert venue.fetch_order(None, PAIR, {"clientOrderId": ID})["status"] == "open"

    world.tick()

    assert venue.fetch_order(None, PAIR, {"clientOrderId": ID})["average"] == "58999.5"


def test_trades_are_paged_by_their_ids_without_a_gap(venue: Any, world: CoinWorld) -> None:
    for number in range(5):
        place(venue, amount="0.01", key=f"{number}" * 32)
    first = venue.fetch_my_trades(PAIR, None, 2, {"fromId": 0})
    rest = venue.fetch_my_trades(PAIR, None, 10, {"fromId": int(first[-1]["id"]) + 1})

    assert len({one["id"] for one in first + rest}) == 5


def test_deposits_and_withdrawals_are_listed(venue: Any, world: CoinWorld) -> None:
    world.account.deposit(Decimal(500), "USDT")
    world.account.deposit(Decimal("-0.25"), "BTC")

    (came,), (went,) = venue.fetch_deposits(), venue.fetch_withdrawals()

    assert (came["currency"], came["amount"], came["status"]) == ("USDT", "500", "ok")
    assert (went["currency"], went["amount"], went["status"]) == ("BTC", "0.25", "ok")


def test_a_wrong_signature_and_a_wrong_key_are_refused(face: BinanceFace) -> None:
    with pytest.raises(ccxt.AuthenticationError, match="-1022"):
        client(face, secret="another").fetch_balance()
    with pytest.raises(ccxt.AuthenticationError, match="-2015"):
        client(face, apiKey="PKTEST9").fetch_balance()


def test_a_key_without_the_right_to_trade_reads_and_does_not_trade(face: BinanceFace, world: CoinWorld) -> None:
    world.venue.keys.add(world.account, "reader", key_id="PKREAD", secret="test-secret", rights=("read",))
    reader = client(face, apiKey="PKREAD")
    reader.fetch_balance()

    with pytest.raises(ccxt.NetworkError, match="-2015"):  # what the library makes of it once a call went well
        place(reader, price="50000")
    assert world.account.orders() == ()


@pytest.mark.parametrize("skew", [timedelta(seconds=-2), timedelta(seconds=11)])
def test_a_stamp_that_is_early_or_too_old_is_refused(face: BinanceFace, venue: Any, skew: timedelta) -> None:
    face.skew = skew

    with pytest.raises(ccxt.InvalidNonce, match="-1021"):
        venue.fetch_balance()


def test_who_asks_too_often_is_refused_and_then_banned(world: CoinWorld) -> None:
    with BinanceFace(world.venue) as face:
        face.weight.per_minute = 21
        venue = client(face)
        venue.fetch_time()
        seen = []
        for _ in range(4):
            with pytest.raises(ccxt.DDoSProtection) as refused:
                venue.fetch_balance()
            seen.append((str(refused.value).split()[1], int(venue.last_response_headers["Retry-After"]) > 0))

    assert seen == [("429", True)] * 3 + [("418", True)]


def test_the_weight_used_is_told_in_every_answer(venue: Any) -> None:
    venue.fetch_time()
    venue.fetch_time()

    assert {name.upper(): value for name, value in venue.last_response_headers.items()}["X-MBX-USED-WEIGHT-1M"] == "2"
