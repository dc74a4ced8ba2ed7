"""OKX's face, driven with the venue's real client."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import ccxt
import pytest
from ccxt.okx import okx

from simulator.forced import deleverage
from simulator.funding import Funding
from simulator.protocols.okx.face import OkxFace
from tests.unit.simulator.protocols.coins.clients import connected, exact
from tests.unit.simulator.protocols.coins.world import SWAP, CoinWorld

SPOT, LINEAR, COIN = "BTC/USDT", "BTC/USDT:USDT", "BTC/USD:BTC"
ID = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def world() -> CoinWorld:
    return CoinWorld("60000", "59000", "58000", "61000", depth="0.5", fees="okx")


@pytest.fixture
def face(world: CoinWorld) -> Iterator[OkxFace]:
    with OkxFace(world.venue) as face:
        yield face


@pytest.fixture
def venue(face: OkxFace) -> Any:
    return client(face)


def client(face: OkxFace, **settings: Any) -> Any:
    return connected(okx, face, **{"password": "test-passphrase", **settings})


def place(venue: Any, symbol: str = SPOT, side: str = "buy", amount: str = "0.5", **more: Any) -> Any:
    price, key = more.pop("price", None), more.pop("key", ID)
    kind = "market" if price is None else "limit"
    return venue.create_order(symbol, kind, side, amount, price, {"clientOrderId": key, **more})


def the_order(venue: Any, symbol: str = SPOT, key: str = ID) -> Any:
    return venue.fetch_order(None, symbol, {"clientOrderId": key})


def test_swaps_are_counted_in_contracts(venue: Any) -> None:
    markets = venue.load_markets()

    assert exact(markets[LINEAR]["contractSize"], markets[COIN]["contractSize"]) == exact("0.01", "100")
    assert exact(markets[LINEAR]["precision"]["amount"], markets[SPOT]["precision"]["amount"]) == exact("0.01", "1e-5")


def test_an_order_fills_in_parts_and_is_found_by_the_id_we_gave_it(venue: Any, world: CoinWorld) -> None:
    place(venue, amount="0.8", price="59500")
    world.tick()

    order = the_order(venue)

    assert (order["status"], *exact(order["filled"])) == ("open", Decimal("0.5"))
    assert [one["clientOrderId"] for one in venue.fetch_open_orders()] == [ID]
    world.tick()
    assert the_order(venue)["status"] == "closed"
    assert [one["clientOrderId"] for one in venue.fetch_closed_orders()] == [ID]


def test_a_fee_below_zero_was_charged(venue: Any) -> None:
    place(venue, amount="0.5")

    (trade,) = venue.fetch_my_trades(SPOT)

    assert (trade["info"]["fee"], trade["info"]["feeCcy"], trade["info"]["execType"]) == ("-0.0005", "BTC", "T")
    assert exact(trade["fee"]["cost"]) == exact("0.0005")


def test_a_position_is_signed_in_net_mode_and_counted_in_a_leg(venue: Any, world: CoinWorld) -> None:
    place(venue, LINEAR, "sell", "30")
    (net,) = venue.fetch_positions([LINEAR])
    place(venue, LINEAR, "buy", "30", key="b" * 32, reduceOnly=True)
    venue.set_position_mode(True)
    place(venue, LINEAR, "sell", "20", key="c" * 32, posSide="short")
    (leg,) = venue.fetch_positions([LINEAR])

    assert (net["info"]["pos"], net["side"], *exact(net["contracts"])) == ("-30", "short", Decimal(30))
    assert (leg["info"]["pos"], leg["info"]["posSide"], leg["side"]) == ("20", "short", "short")
    assert world.account.books.units(SWAP) == 0
    with pytest.raises(ccxt.ExchangeError, match="59000"):
        venue.set_position_mode(False)
    with pytest.raises(ccxt.ExchangeError, match="posSide"):
        place(venue, LINEAR, key="d" * 32, amount="1")


def test_a_coin_margined_position_pays_its_fee_in_coin(venue: Any) -> None:
    place(venue, COIN, amount="60")

    (trade,) = venue.fetch_my_trades(COIN)

    assert (trade["fee"]["currency"], *exact(trade["fee"]["cost"])) == ("BTC", Decimal("0.00005"))


def test_an_amended_order_keeps_its_ids(venue: Any, world: CoinWorld) -> None:
    first = place(venue, amount="0.8", price="59500")
    world.tick()
    venue.edit_order(first["id"], SPOT, "limit", "buy", "0.7", "50000")
    order = the_order(venue)

    assert (order["id"], *exact(order["amount"], order["price"])) == (first["id"], *exact("0.7", "50000"))
    venue.cancel_order(first["id"], SPOT)
    assert the_order(venue)["status"] == "canceled"
    with pytest.raises(ccxt.OrderNotFound, match="51400"):
        venue.cancel_order(first["id"], SPOT)


def test_an_id_is_taken_while_its_order_is_open(venue: Any) -> None:
    first = place(venue, price="50000")
    with pytest.raises(ccxt.ExchangeError, match="51016"):
        place(venue, price="50000")
    venue.cancel_order(first["id"], SPOT)

    assert place(venue, price="50000")["id"] != first["id"]


def test_bills_tell_of_trades_funding_forced_closings_and_money_in(world: CoinWorld) -> None:
    due = datetime(2026, 3, 2, 16, tzinfo=UTC)
    world = CoinWorld(fees="okx", funding=Funding(base=Decimal("0.0001")))
    with OkxFace(world.venue) as face:
        venue = client(face)
        place(venue, LINEAR, amount="50")
        world.venue.advance(due + timedelta(seconds=1))
        deleverage(world.account, SWAP, Decimal("0.5"), Decimal(61_000))
        world.account.deposit(Decimal(500), "USDT")
        rows = {row["type"]: row for row in venue.private_get_account_bills({"ccy": "USDT"})["data"]}
        (wallet,) = venue.private_get_account_balance({"ccy": "USDT"})["data"][0]["details"]

    assert (rows["8"]["subType"], rows["8"]["balChg"], rows["8"]["sz"]) == ("173", "-3", "50")
    assert (rows["9"]["subType"], rows["9"]["pnl"], rows["9"]["sz"]) == ("125", "249.875", "25")
    assert (rows["2"]["fee"], rows["1"]["subType"], rows["1"]["balChg"]) == ("-15.000125", "11", "500")
    assert rows["1"]["bal"] == wallet["cashBal"]


def test_a_conditional_order_lives_among_the_algo_orders(venue: Any, world: CoinWorld) -> None:
    place(venue, LINEAR, amount="20")
    venue.create_order(LINEAR, "market", "sell", "20", None, {"triggerPrice": "58500", "reduceOnly": True})
    (row,) = venue.private_get_trade_orders_algo_pending({"ordType": "trigger"})["data"]
    world.tick()
    world.tick()

    assert (row["triggerPx"], row["sz"], row["state"]) == ("58500", "20", "live")
    assert world.account.books.units(SWAP) == 0


def test_money_in_and_out_and_a_frozen_part_are_shown(venue: Any, world: CoinWorld) -> None:
    world.account.deposit(Decimal(500), "USDT")
    world.account.deposit(Decimal("-0.25"), "BTC")
    place(venue, price="50000")

    held = venue.fetch_balance()

    assert exact(held["USDT"]["free"], held["USDT"]["used"], held["BTC"]["total"]) == exact("75500", "25000", "0.75")
    assert [one["amount"] for one in venue.fetch_deposits()] == ["500"]
    assert [one["amount"] for one in venue.fetch_withdrawals()] == ["0.25"]


def test_lists_go_on_behind_an_id(venue: Any) -> None:
    for number in range(5):
        place(venue, amount="0.01", key=f"{number}" * 32)
    seen: list[str] = []
    while True:
        asked = {"instType": "SPOT", "limit": "2", **({"after": seen[-1]} if seen else {})}
        found = venue.private_get_trade_fills(asked)["data"]
        seen += [row["billId"] for row in found]
        if not found:
            break

    assert len(set(seen)) == len(seen) == 5


@pytest.mark.parametrize(
    ("order", "code"),
    [
        ({"sz": "0.000001"}, "51020"),
        ({"sz": "0.000015"}, "51121"),
        ({"px": "59000.001"}, "51000"),
        ({"sz": "90"}, "51008"),
        ({"instId": "ABC-USDT"}, "51001"),
        ({"clOrdId": "with-dashes"}, "51000"),
        ({"instId": "BTC-USDT-SWAP", "tdMode": "cross", "side": "sell", "reduceOnly": True, "sz": "1"}, "51169"),
        ({"tdMode": "cross"}, "51000"),
    ],
)
def test_an_order_against_the_rules_is_refused_inside_its_own_row(
    venue: Any, world: CoinWorld, order: dict[str, Any], code: str
) -> None:
    asked = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "0.1", "px": "59000"}

    with pytest.raises(ccxt.ExchangeError, match=code):
        venue.private_post_trade_order({**asked, "clOrdId": ID, **order})
    assert world.account.orders() == ()


def test_of_several_orders_each_has_its_own_answer(venue: Any) -> None:
    one = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "px": "50000"}

    answer = venue.private_post_trade_batch_orders([{**one, "sz": "0.1"}, {**one, "sz": "900"}])

    assert answer["code"] == "2"
    assert [row["sCode"] for row in answer["data"]] == ["0", "51008"]


def test_a_post_only_order_that_would_trade_is_taken_and_ended_at_once(venue: Any) -> None:
    place(venue, amount="0.1", price="61000", postOnly=True)

    assert (the_order(venue)["status"], the_order(venue)["info"]["cancelSource"]) == ("canceled", "31")


def test_a_wrong_signature_key_passphrase_or_stamp_is_refused(face: OkxFace, venue: Any) -> None:
    for settings, code in (
        ({"secret": "another"}, "50113"),
        ({"apiKey": "PKX"}, "50111"),
        ({"password": "x"}, "50105"),
    ):
        with pytest.raises(ccxt.AuthenticationError, match=code):
            client(face, **settings).fetch_balance()
    face.skew = timedelta(seconds=40)
    with pytest.raises(ccxt.InvalidNonce, match="50102"):
        venue.fetch_balance()


def test_who_asks_too_often_is_refused(face: OkxFace, venue: Any) -> None:
    face.limit.per_minute = 0

    with pytest.raises(ccxt.RateLimitExceeded, match="50011"):
        venue.fetch_time()


def test_the_account_tells_its_mode_and_the_rights_of_the_key(venue: Any) -> None:
    (row,) = venue.private_get_account_config()["data"]

    assert (row["posMode"], row["perm"]) == ("net_mode", "read_only,trade")
