"""Bybit's unified account, driven with the venue's real client: spot, linear and coin-margined contracts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import ccxt
import pytest
import requests
from ccxt.bybit import bybit

from simulator.forced import deleverage, liquidate
from simulator.funding import Funding
from simulator.protocols.bybit.face import BybitFace
from tests.unit.simulator.protocols.coins.clients import connected, exact
from tests.unit.simulator.protocols.coins.world import INVERSE, SWAP, CoinWorld

SPOT, LINEAR, COIN = "BTC/USDT", "BTC/USDT:USDT", "BTC/USD:BTC"
ID = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def world() -> CoinWorld:
    return CoinWorld("60000", "59000", "58000", "61000", depth="0.5", fees="bybit")


@pytest.fixture
def face(world: CoinWorld) -> Iterator[BybitFace]:
    with BybitFace(world.venue) as face:
        yield face


@pytest.fixture
def venue(face: BybitFace) -> Any:
    return client(face)


def client(face: BybitFace, **settings: Any) -> Any:
    options = {"fetchMarkets": {"types": ["spot", "linear", "inverse"]}, "defaultSettle": "USDT"}
    return connected(bybit, face, options=options, **settings)


def place(venue: Any, symbol: str = LINEAR, side: str = "buy", amount: str = "0.5", **more: Any) -> Any:
    price, key = more.pop("price", None), more.pop("key", ID)
    kind = "market" if price is None else "limit"
    return venue.create_order(symbol, kind, side, amount, price, {"clientOrderId": key, **more})


def the_order(venue: Any, key: str = ID, category: str = "linear") -> Any:
    answer = venue.private_get_v5_order_realtime({"category": category, "orderLinkId": key})
    (row,) = answer["result"]["list"]
    return row


def test_markets_come_with_their_steps(venue: Any) -> None:
    markets = venue.load_markets()

    assert (markets[LINEAR]["linear"], markets[COIN]["inverse"], markets[SPOT]["spot"]) == (True, True, True)
    assert exact(markets[LINEAR]["precision"]["amount"], markets[COIN]["precision"]["amount"]) == exact("0.00001", "1")
    assert markets[LINEAR]["limits"]["cost"]["min"] == "5"


def test_a_linear_position_is_opened_shown_and_closed_with_its_profit(venue: Any, world: CoinWorld) -> None:
    place(venue)
    (held,) = venue.fetch_positions([LINEAR])
    world.tick()
    place(venue, side="sell", key="b" * 32, reduceOnly=True)

    assert (held["side"], Decimal(held["contracts"]), Decimal(held["entryPrice"])) == (
        "long",
        Decimal("0.5"),
        Decimal("60000.5"),
    )
    assert [row for row in venue.fetch_positions([LINEAR]) if Decimal(row["contracts"] or 0)] == []
    settled = [one for one in venue.fetch_ledger("USDT") if one["info"]["type"] == "TRADE"]
    assert [Decimal(one["info"]["cashFlow"]) for one in settled] == [0, Decimal("-500.5")]
    assert Decimal(settled[-1]["after"]) == Decimal(venue.fetch_balance()["USDT"]["total"])


def test_a_coin_margined_position_pays_in_coin(venue: Any, world: CoinWorld) -> None:
    place(venue, COIN, amount="6000")
    for _ in range(3):
        world.tick()
    place(venue, COIN, "sell", "6000", key="b" * 32, reduceOnly=True)

    rows = venue.fetch_ledger("BTC")

    first, last = rows[0]["info"], rows[-1]["info"]
    assert (first["currency"], Decimal(first["fee"])) == ("BTC", Decimal("0.00005500"))
    gained = Decimal(6000) / Decimal("60000.5") - Decimal(6000) / Decimal("60999.5")
    assert abs(Decimal(last["cashFlow"]) - gained) < Decimal("0.00000001")


def test_both_legs_of_a_hedge_stand_side_by_side(venue: Any, world: CoinWorld) -> None:
    venue.set_position_mode(True, LINEAR)
    place(venue, amount="0.3", positionIdx=1)
    place(venue, side="sell", amount="0.2", key="b" * 32, positionIdx=2)

    rows = {str(row["info"]["positionIdx"]): row for row in venue.fetch_positions([LINEAR])}

    assert (rows["1"]["side"], Decimal(rows["1"]["contracts"])) == ("long", Decimal("0.3"))
    assert (rows["2"]["side"], Decimal(rows["2"]["contracts"])) == ("short", Decimal("0.2"))
    with pytest.raises(ccxt.ExchangeError, match="110024"):
        venue.set_position_mode(False, LINEAR)
    with pytest.raises(ccxt.BadRequest, match="position idx not match"):
        place(venue, key="c" * 32)


def test_an_order_fills_in_parts_and_is_found_by_the_id_we_gave_it(venue: Any, world: CoinWorld) -> None:
    place(venue, amount="0.8", price="59500")
    assert the_order(venue)["orderStatus"] == "New"
    world.tick()

    row = the_order(venue)

    assert (row["orderStatus"], row["cumExecQty"], row["leavesQty"]) == ("PartiallyFilled", "0.5", "0.3")
    world.tick()
    assert the_order(venue)["orderStatus"] == "Filled"
    assert venue.fetch_open_orders(LINEAR) == []


def test_an_amended_order_keeps_its_ids_and_what_was_filled(venue: Any, world: CoinWorld) -> None:
    first = place(venue, amount="0.8", price="59500")
    world.tick()
    venue.edit_order(first["id"], LINEAR, "limit", "buy", "0.7", "58500")
    row = the_order(venue)

    assert (row["orderId"], row["qty"], row["price"], row["cumExecQty"]) == (first["id"], "0.7", "58500", "0.5")


def test_a_cancelled_order_is_in_the_history(venue: Any) -> None:
    first = place(venue, price="50000")
    venue.cancel_order(first["id"], LINEAR)

    (row,) = venue.fetch_canceled_orders(LINEAR)

    assert (row["clientOrderId"], row["info"]["cancelType"]) == (ID, "CancelByUser")
    with pytest.raises(ccxt.OrderNotFound, match="110001"):
        venue.cancel_order(first["id"], LINEAR)


def test_a_client_order_id_is_taken_for_ever(venue: Any) -> None:
    place(venue, amount="0.1")
    with pytest.raises(ccxt.InvalidOrder, match="110072"):
        place(venue, amount="0.1")
    with pytest.raises(ccxt.ExchangeError, match="170141"):
        place(venue, SPOT, amount="0.1")


def test_trades_have_their_fee_and_whether_they_made_the_market(venue: Any, world: CoinWorld) -> None:
    place(venue, amount="0.1")
    place(venue, amount="0.1", price="59000.5", key="b" * 32)
    world.tick()

    first, second = venue.fetch_my_trades(LINEAR)

    assert (first["takerOrMaker"], second["takerOrMaker"]) == ("taker", "maker")
    assert exact(first["fee"]["cost"], second["fee"]["cost"]) == exact("3.3000275", "1.18001")
    assert (first["fee"]["currency"], first["info"]["orderLinkId"]) == ("USDT", ID)


def test_a_spot_purchase_pays_its_fee_in_the_coin_bought(venue: Any) -> None:
    place(venue, SPOT, amount="0.1")

    (trade,) = venue.fetch_my_trades(SPOT)

    assert (Decimal(trade["fee"]["cost"]), trade["fee"]["currency"]) == (Decimal("0.0001"), "BTC")


def test_funding_is_in_the_log_and_among_the_trades_with_the_other_sign() -> None:
    due = datetime(2026, 3, 2, 16, tzinfo=UTC)
    world = CoinWorld(fees="bybit", funding=Funding(base=Decimal("0.0001")))
    with BybitFace(world.venue) as face:
        venue = client(face)
        place(venue, amount="0.5")
        world.venue.advance(due + timedelta(seconds=1))
        (logged,) = [one["info"] for one in venue.fetch_ledger("USDT") if one["info"]["type"] == "SETTLEMENT"]
        (paid,) = venue.fetch_funding_history(LINEAR)

    assert (logged["funding"], logged["change"], logged["size"]) == ("-3", "-3", "0.5")
    assert (paid["info"]["execFee"], paid["info"]["execType"]) == ("3", "Funding")


def test_what_the_venue_closed_by_itself_is_a_trade_of_its_own_kind(venue: Any, world: CoinWorld) -> None:
    place(venue, amount="0.4")
    deleverage(world.account, SWAP, Decimal("0.5"), Decimal(59_000))
    liquidate(world.account, world.market)

    assert [row["info"]["execType"] for row in venue.fetch_my_trades(LINEAR)] == ["Trade"]
    kinds = {}
    for kind in ("AdlTrade", "BustTrade"):
        (row,) = venue.fetch_my_trades(LINEAR, None, None, {"execType": kind})
        kinds[kind] = (row["side"], row["amount"])
    assert kinds == {"AdlTrade": ("sell", "0.2"), "BustTrade": ("sell", "0.2")}
    assert world.account.books.units(SWAP) == 0


def test_a_leverage_is_set_and_shown_and_binds_the_margin(venue: Any) -> None:
    venue.set_leverage(5, LINEAR)
    place(venue, amount="0.5")

    (held,) = venue.fetch_positions([LINEAR])

    assert exact(held["leverage"], held["initialMargin"]) == exact("5", "6000")
    with pytest.raises(ccxt.ExchangeError, match="110043"):
        venue.private_post_v5_position_set_leverage(
            {"category": "linear", "symbol": "BTCUSDT", "buyLeverage": "5", "sellLeverage": "5"}
        )
    with pytest.raises(ccxt.InsufficientFunds, match="110007"):
        place(venue, amount="9", price="60000", key="b" * 32)


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ({"qty": "0.000001"}, "exceeds minimum limit"),
        ({"price": "59000.001"}, "Price invalid"),
        ({"qty": "0.00005"}, "110094"),
        ({"side": "Sell", "reduceOnly": True}, "110017"),
        ({"symbol": "ABCUSDT"}, "symbol invalid"),
        ({"orderLinkId": "no spaces please"}, "orderLinkId"),
        ({"takeProfit": "70000"}, "not simulated"),
    ],
)
def test_an_order_against_the_rules_is_refused_inside_an_answer_of_200(
    venue: Any, world: CoinWorld, order: dict[str, Any], words: str
) -> None:
    asked = {"category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.1"}

    with pytest.raises(ccxt.ExchangeError, match=words):
        venue.private_post_v5_order_create({**asked, "price": "59000", **order})
    assert world.account.orders() == ()


def test_a_post_only_order_that_would_trade_is_taken_and_ended_at_once(venue: Any) -> None:
    place(venue, amount="0.1", price="61000", postOnly=True)

    row = the_order(venue)

    assert (row["orderStatus"], row["rejectReason"]) == ("Cancelled", "EC_PostOnlyWillTakeLiquidity")


def test_a_stop_waits_untriggered(venue: Any, world: CoinWorld) -> None:
    place(venue, amount="0.2")
    place(venue, side="sell", amount="0.2", key="b" * 32, stopLossPrice="58500")
    assert the_order(venue, "b" * 32)["orderStatus"] == "Untriggered"
    world.tick()
    world.tick()

    assert the_order(venue, "b" * 32)["orderStatus"] == "Filled"


def test_lists_go_on_behind_their_cursor_and_end_with_an_empty_one(venue: Any) -> None:
    for number in range(5):
        place(venue, amount="0.01", key=f"{number}" * 32)
    seen, cursor = [], ""
    for _ in range(4):
        asked = {"category": "linear", "limit": 2, **({"cursor": cursor} if cursor else {})}
        found = venue.private_get_v5_execution_list(asked)["result"]
        seen += [row["execId"] for row in found["list"]]
        cursor = found["nextPageCursor"]
        if not cursor:
            break

    assert len(set(seen)) == len(seen) == 5


def test_a_window_of_more_than_seven_days_is_refused(venue: Any) -> None:
    with pytest.raises(ccxt.BadRequest, match="7 days"):
        venue.private_get_v5_execution_list({"category": "linear", "startTime": "1", "endTime": "700000000"})


def test_linear_positions_are_asked_for_by_coin_or_symbol(venue: Any) -> None:
    with pytest.raises(ccxt.BadRequest, match="settleCoin"):
        venue.private_get_v5_position_list({"category": "linear"})


def test_wallets_know_margin_and_money_in_and_out(venue: Any, world: CoinWorld) -> None:
    world.account.deposit(Decimal(500), "USDT")
    world.account.deposit(Decimal("-0.25"), "BTC")
    place(venue, amount="0.1")

    rows = {row["coin"]: row for row in venue.fetch_balance()["info"]["result"]["list"][0]["coin"]}

    assert (rows["USDT"]["totalPositionIM"], rows["BTC"]["walletBalance"]) == ("600", "0.75")
    assert [one["amount"] for one in venue.fetch_deposits()] == ["500"]
    assert [one["amount"] for one in venue.fetch_withdrawals()] == ["0.25"]
    kinds = sorted(one["info"]["type"] for one in venue.fetch_ledger())
    assert kinds == ["TRADE", "TRANSFER_IN", "TRANSFER_OUT"]


def test_a_wrong_signature_key_or_stamp_is_refused(face: BybitFace, venue: Any) -> None:
    with pytest.raises(ccxt.AuthenticationError, match="10004"):
        client(face, secret="another").fetch_positions([LINEAR])
    with pytest.raises(ccxt.AuthenticationError, match="10003"):
        client(face, apiKey="PKTEST9").fetch_positions([LINEAR])
    face.skew = timedelta(seconds=6)
    with pytest.raises(ccxt.InvalidNonce, match="10002"):
        venue.fetch_positions([LINEAR])


def test_a_key_that_only_reads_does_not_trade(face: BybitFace, world: CoinWorld) -> None:
    world.venue.keys.add(world.account, "reader", key_id="PKREAD", secret="test-secret", rights=("read",))

    with pytest.raises(ccxt.PermissionDenied, match="10005"):
        place(client(face, apiKey="PKREAD"))


def test_who_asks_too_often_is_told_and_at_last_not_answered(world: CoinWorld) -> None:
    with BybitFace(world.venue, clock=lambda: world.clock.now) as face:
        face.reads.per_minute, face.address.per_minute = 2, 12
        venue = client(face)
        venue.milliseconds = lambda: int(world.clock.now.timestamp() * 1_000)
        venue.load_markets()
        for _ in range(2):
            venue.private_get_v5_account_info()
        with pytest.raises(ccxt.RateLimitExceeded, match="10006"):
            venue.private_get_v5_account_info()
        assert venue.last_response_headers["X-Bapi-Limit-Status"] == "0"
        answers = [requests.get(f"{face.base_url}/v5/market/time", timeout=5) for _ in range(12)]
        assert (answers[-1].status_code, answers[-1].json()["retMsg"]) == (403, "access too frequent")


def test_a_position_that_pays_in_coin_is_listed_under_its_own_category(venue: Any) -> None:
    place(venue, COIN, "sell", "3000")

    (row,) = venue.private_get_v5_position_list({"category": "inverse"})["result"]["list"]

    assert (row["symbol"], row["side"], row["size"]) == ("BTCUSD", "Sell", "3000")
    assert INVERSE.is_inverse
