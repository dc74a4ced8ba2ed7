"""Coinbase's face, driven with the venue's real client: tokens signed with a key made for each run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import ccxt
import pytest
from ccxt.coinbase import coinbase
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from simulator.costs import ChargedIn
from simulator.protocols.coinbase.face import CoinbaseFace
from tests.unit.simulator.protocols.coins.clients import connected, exact
from tests.unit.simulator.protocols.coins.world import COSTS, CoinWorld

PAIR = "BTC/USDT"
ID = "0123456789abcdef0123456789abcdef"
NAME = "organizations/test/apiKeys/test"


def pem() -> str:
    """An elliptic curve's private key, as the venue gives it to its owner."""
    made = ec.generate_private_key(ec.SECP256R1())
    return made.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


@pytest.fixture
def world() -> CoinWorld:
    costs = replace(COSTS, venue="coinbase", charged_in=ChargedIn.QUOTE)
    world = CoinWorld("60000", "59000", "58000", "61000", depth="0.5", costs=costs)
    world.venue.keys.add(world.account, "cloud", key_id=NAME, secret=pem())
    return world


@pytest.fixture
def face(world: CoinWorld) -> Iterator[CoinbaseFace]:
    with CoinbaseFace(world.venue) as face:
        yield face


@pytest.fixture
def venue(face: CoinbaseFace) -> Any:
    return client(face)


def client(face: CoinbaseFace, **settings: Any) -> Any:
    found = face.venue.keys.by_id(NAME)
    assert found is not None
    return connected(coinbase, face, **{"apiKey": NAME, "secret": found.secret, **settings})


def place(venue: Any, side: str = "buy", amount: str = "0.5", price: str = "61000", **more: Any) -> Any:
    asked = {"client_order_id": more.pop("key", ID), **more}
    return venue.create_order(PAIR, "limit", side, amount, price, asked)


def the_order(venue: Any, key: str = ID) -> Any:
    (found,) = [one for one in venue.fetch_orders(PAIR) if one["clientOrderId"] == key]
    return found


def test_products_come_with_their_increments(venue: Any) -> None:
    market = venue.load_markets()[PAIR]

    assert exact(market["precision"]["amount"], market["precision"]["price"]) == exact("0.00001", "0.01")


def test_an_order_fills_in_parts_and_is_found_in_the_list_by_the_id_we_gave_it(venue: Any, world: CoinWorld) -> None:
    place(venue, amount="0.8", price="59500")
    world.tick()

    order = the_order(venue)

    assert (order["status"], *exact(order["filled"])) == ("open", Decimal("0.5"))
    world.tick()
    assert venue.fetch_order(order["id"])["status"] == "closed"


def test_the_same_id_brings_the_first_order_back(venue: Any, world: CoinWorld) -> None:
    first = place(venue, amount="0.1")
    again = place(venue, amount="0.2")

    assert again["id"] == first["id"]
    assert len(world.account.orders()) == 1


def test_a_fill_has_its_commission_in_the_quote_currency(venue: Any) -> None:
    place(venue, amount="0.1")

    (trade,) = venue.fetch_my_trades(PAIR)

    assert (trade["fee"]["currency"], *exact(trade["fee"]["cost"])) == ("USDT", Decimal("72.0006"))
    assert trade["takerOrMaker"] == "taker"


def test_wallets_split_into_what_is_available_and_on_hold(venue: Any) -> None:
    place(venue, price="50000")

    held = venue.fetch_balance({"v3": True})

    assert exact(held["USDT"]["free"], held["USDT"]["used"]) == exact("75000", "25000")


def test_an_edited_order_keeps_its_id_and_a_cancelled_one_is_over(venue: Any) -> None:
    first = place(venue, price="50000")
    venue.edit_order(first["id"], PAIR, "limit", "buy", "0.4", "51000")
    order = the_order(venue)

    assert (order["id"], *exact(order["amount"], order["price"])) == (first["id"], *exact("0.4", "51000"))
    venue.cancel_order(first["id"])
    assert the_order(venue)["status"] == "canceled"
    with pytest.raises(ccxt.BaseError, match="cancelOrders"):
        venue.cancel_order(first["id"])


def test_money_is_spent_by_amount(venue: Any) -> None:
    order = venue.create_market_buy_order_with_cost(PAIR, "6000", {"client_order_id": ID})

    assert exact(venue.fetch_order(order["id"])["filled"]) == exact("0.09999")


def test_lists_go_on_behind_their_cursor(venue: Any) -> None:
    for number in range(5):
        place(venue, amount="0.01", key=f"{number}" * 32)
    seen: list[str] = []
    cursor = ""
    while True:
        found = venue.v3_private_get_brokerage_orders_historical_fills({"limit": 2, "cursor": cursor})
        seen += [row["entry_id"] for row in found["fills"]]
        cursor = found["cursor"]
        if not cursor:
            break

    assert len(set(seen)) == len(seen) == 5


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ({"base_size": "3", "limit_price": "50000"}, "INSUFFICIENT_FUND"),
        ({"base_size": "0.000001", "limit_price": "50000"}, "TOO_SMALL"),
        ({"base_size": "0.5", "limit_price": "50000.001"}, "INVALID_PRICE_PRECISION"),
        ({"base_size": "0.5", "limit_price": "61000", "post_only": True}, "POST_ONLY"),
        ({"base_size": "0.00005", "limit_price": "50000"}, "QUOTE_SIZE_TOO_SMALL"),
    ],
)
def test_a_refusal_stands_inside_an_answer_of_200(
    venue: Any, world: CoinWorld, order: dict[str, Any], reason: str
) -> None:
    asked = {"product_id": "BTC-USDT", "side": "BUY", "client_order_id": ID}

    with pytest.raises(ccxt.ExchangeError, match=reason):
        venue.v3_private_post_brokerage_orders({**asked, "order_configuration": {"limit_limit_gtc": order}})
    assert world.account.orders() == ()


def test_a_market_purchase_by_quantity_is_not_taken(venue: Any, world: CoinWorld) -> None:
    asked = {"product_id": "BTC-USDT", "side": "BUY", "client_order_id": ID}
    order = {"market_market_ioc": {"base_size": "0.1"}}

    with pytest.raises(ccxt.ExchangeError, match="UNSUPPORTED_ORDER_CONFIGURATION"):
        venue.v3_private_post_brokerage_orders({**asked, "order_configuration": order})


def test_a_token_of_another_key_or_another_time_is_refused(face: CoinbaseFace, venue: Any) -> None:
    with pytest.raises(ccxt.AuthenticationError):
        client(face, secret=pem()).fetch_balance()
    for skew in (-5, 130):
        face.skew = timedelta(seconds=skew)
        with pytest.raises(ccxt.AuthenticationError):
            venue.fetch_balance()


def test_the_older_headers_are_understood_too(face: CoinbaseFace) -> None:
    old = client(face, apiKey="PKTEST1", secret="test-secret")
    assert "USDT" in old.fetch_balance()
    with pytest.raises(ccxt.AuthenticationError):
        client(face, apiKey="PKTEST1", secret="another").fetch_balance()


def test_a_key_tells_what_it_may_do_and_what_it_pays(venue: Any) -> None:
    rights = venue.v3_private_get_brokerage_key_permissions()
    tier = venue.v3_private_get_brokerage_transaction_summary()["fee_tier"]

    assert (rights["can_trade"], rights["can_transfer"]) == (True, False)
    assert (tier["maker_fee_rate"], tier["taker_fee_rate"]) == ("0.006", "0.012")


def test_money_in_and_out_is_in_the_older_lists(venue: Any, world: CoinWorld) -> None:
    world.account.deposit(Decimal(500), "USDT")
    wallets = venue.v2_private_get_accounts()["data"]
    (dollars,) = [one for one in wallets if one["currency"]["code"] == "USDT"]

    (row,) = venue.v2_private_get_accounts_account_id_transactions({"account_id": dollars["id"]})["data"]

    assert row["amount"] == {"amount": "500", "currency": "USDT"}


def test_who_asks_too_often_is_refused(face: CoinbaseFace, venue: Any) -> None:
    face.limit.per_minute = 0

    with pytest.raises(ccxt.RateLimitExceeded):
        venue.fetch_time()
