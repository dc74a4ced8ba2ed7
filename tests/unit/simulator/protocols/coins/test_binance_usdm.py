"""Binance's USDⓈ-M futures face, driven with the venue's real client."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import ccxt
import pytest
from ccxt.binance import binance

from simulator.forced import deleverage, liquidate
from simulator.funding import Funding
from simulator.protocols.binance.face import BinanceFace
from tests.unit.simulator.protocols.coins.clients import connected, exact
from tests.unit.simulator.protocols.coins.world import SWAP, CoinWorld

SYMBOL = "BTC/USDT:USDT"
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


def client(face: BinanceFace) -> Any:
    options = {"fetchMarkets": {"types": ["linear"]}, "defaultType": "swap"}
    return connected(binance, face, options={**options, "fetchOpenOrders": {"warnWithoutSymbol": False}})


def place(venue: Any, side: str = "buy", amount: str = "0.5", **more: Any) -> Any:
    price, key = more.pop("price", None), more.pop("key", ID)
    kind = "market" if price is None else "limit"
    return venue.create_order(SYMBOL, kind, side, amount, price, {"clientOrderId": key, **more})


def the_order(venue: Any, key: str = ID) -> Any:
    return venue.fetch_order(None, SYMBOL, {"clientOrderId": key})


def test_a_position_is_opened_shown_and_closed_with_its_profit(venue: Any, world: CoinWorld) -> None:
    place(venue)
    (held,) = venue.fetch_positions([SYMBOL])
    world.tick()
    place(venue, "sell", key="b" * 32, reduceOnly=True)

    assert (held["side"], *exact(held["contracts"], held["entryPrice"])) == ("long", *exact("0.5", "60000.5"))
    assert venue.fetch_positions([SYMBOL]) == []
    income = venue.fapiprivate_get_income({"incomeType": "REALIZED_PNL"})
    assert [row["income"] for row in income] == ["-500.50000000"]
    fees = [row["income"] for row in venue.fapiprivate_get_income({"incomeType": "COMMISSION"})]
    assert fees == ["-15.00012500", "-14.74987500"]
    spent = sum(Decimal(row["income"]) for row in venue.fapiprivate_get_income())
    assert Decimal(venue.fetch_balance()["USDT"]["total"]) == 100_000 + spent


def test_both_legs_of_a_hedge_stand_side_by_side(venue: Any) -> None:
    venue.set_position_mode(True)
    place(venue, amount="0.3", positionSide="LONG")
    place(venue, "sell", amount="0.2", key="b" * 32, positionSide="SHORT")

    rows = {row["info"]["positionSide"]: row for row in venue.fetch_positions([SYMBOL])}

    assert (rows["LONG"]["side"], rows["SHORT"]["side"]) == ("long", "short")
    assert exact(rows["LONG"]["contracts"], rows["SHORT"]["contracts"]) == exact("0.3", "0.2")
    with pytest.raises(ccxt.ExchangeError, match="-4068"):
        venue.set_position_mode(False)
    with pytest.raises(ccxt.ExchangeError, match="-4061"):
        place(venue, key="c" * 32)


def test_an_order_fills_in_parts_is_amended_and_cancelled_under_its_own_ids(venue: Any, world: CoinWorld) -> None:
    first = place(venue, amount="0.8", price="59500")
    world.tick()
    assert (the_order(venue)["status"], *exact(the_order(venue)["filled"])) == ("open", Decimal("0.5"))
    venue.edit_order(first["id"], SYMBOL, "limit", "buy", "0.7", "50000")
    order = the_order(venue)

    assert (order["id"], *exact(order["amount"], order["price"])) == (first["id"], *exact("0.7", "50000"))
    venue.cancel_order(None, SYMBOL, {"clientOrderId": ID})
    assert the_order(venue)["status"] == "canceled"
    with pytest.raises(ccxt.OrderNotFound, match="-2011"):
        venue.cancel_order(None, SYMBOL, {"clientOrderId": ID})


def test_an_id_is_taken_while_its_order_is_open(venue: Any) -> None:
    place(venue, price="50000")

    with pytest.raises(ccxt.ExchangeError, match="-4116"):
        place(venue, price="50000")


def test_trades_know_their_fee_profit_leg_and_who_made_the_market(venue: Any, world: CoinWorld) -> None:
    place(venue, amount="0.1")
    place(venue, amount="0.1", price="59000.5", key="b" * 32)
    world.tick()

    first, second = venue.fetch_my_trades(SYMBOL)

    assert (first["takerOrMaker"], second["takerOrMaker"]) == ("taker", "maker")
    assert exact(first["fee"]["cost"], second["fee"]["cost"]) == exact("3.000025", "1.18001")
    assert (first["info"]["positionSide"], first["fee"]["currency"]) == ("BOTH", "USDT")


def test_a_conditional_order_lives_among_the_algo_orders_until_it_triggers(venue: Any, world: CoinWorld) -> None:
    place(venue, amount="0.2")
    place(venue, "sell", amount="0.2", key="b" * 32, stopLossPrice="58500", reduceOnly=True)

    (row,) = venue.fapiprivate_get_openalgoorders()

    assert (row["clientAlgoId"], row["algoStatus"], row["type"]) == ("b" * 32, "NEW", "STOP_MARKET")
    assert venue.fetch_open_orders() == []
    world.tick()
    world.tick()
    assert venue.fapiprivate_get_openalgoorders() == []
    assert world.account.books.units(SWAP) == 0


def test_funding_is_income_above_zero_where_it_is_received() -> None:
    due = datetime(2026, 3, 2, 16, tzinfo=UTC)
    world = CoinWorld(funding=Funding(base=Decimal("0.0001")))
    with BinanceFace(world.venue) as face:
        venue = client(face)
        place(venue, "sell")
        rate = venue.fetch_funding_rate(SYMBOL)
        world.venue.advance(due + timedelta(seconds=1))
        (paid,) = venue.fetch_funding_history(SYMBOL)

    assert (rate["fundingRate"], rate["fundingTimestamp"]) == ("0.00010000", int(due.timestamp() * 1_000))
    assert (Decimal(paid["amount"]), paid["code"]) == (Decimal(3), "USDT")


def test_what_the_venue_closed_is_an_order_with_a_name_of_its_own(venue: Any, world: CoinWorld) -> None:
    place(venue, amount="0.4")
    deleverage(world.account, SWAP, Decimal("0.5"), Decimal(59_000))
    world.tick()
    liquidate(world.account, world.market)

    rows = venue.fapiprivate_get_allorders({"symbol": "BTCUSDT", "orderId": "1"})
    trades = venue.fetch_my_trades(SYMBOL, None, None, {"fromId": 1})

    assert [row["clientOrderId"].split("-")[0] for row in rows] == [ID, "adl_autoclose", "autoclose"]
    assert (
        [row["id"] for row in rows]
        if "id" in rows[0]
        else [row["orderId"] for row in rows] == sorted(row["orderId"] for row in rows)
    )
    assert [trade["side"] for trade in trades] == ["buy", "sell", "sell"]
    assert {trade["order"] for trade in trades} == {str(row["orderId"]) for row in rows}
    assert len(venue.fapiprivate_get_forceorders()) == 2


def test_settings_are_kept_and_a_setting_that_stands_already_is_said_so(venue: Any) -> None:
    venue.set_leverage(5, SYMBOL)
    venue.set_margin_mode("isolated", SYMBOL)
    place(venue)

    row = venue.fapiprivatev2_get_positionrisk({"symbol": "BTCUSDT"})[0]

    assert (row["leverage"], row["marginType"]) == ("5", "isolated")
    with pytest.raises(ccxt.MarginModeAlreadySet, match="-4046"):
        venue.fapiprivate_post_margintype({"symbol": "BTCUSDT", "marginType": "ISOLATED"})
    with pytest.raises(ccxt.ExchangeError, match="-4059"):
        venue.set_position_mode(False)


@pytest.mark.parametrize(
    ("order", "code"),
    [
        ({"quantity": "0.000001"}, "-4003"),
        ({"price": "59000.001"}, "-4014"),
        ({"quantity": "0.00005"}, "-4164"),
        ({"quantity": "90"}, "-2019"),
        ({"side": "SELL", "reduceOnly": "true"}, "-2022"),
        ({"symbol": "ABCUSDT"}, "-1121"),
        ({"timeInForce": "GTX", "price": "61000"}, "-5022"),
        ({"positionSide": "LONG"}, "-4061"),
        ({"quantity": ""}, "-1102"),
        ({"type": "TAKE_PROFIT"}, "-1116"),
    ],
)
def test_an_order_against_the_rules_is_refused_by_code(
    venue: Any, world: CoinWorld, order: dict[str, str], code: str
) -> None:
    asked = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "quantity": "0.1", "price": "59000"}

    with pytest.raises(ccxt.BaseError, match=code):
        venue.fapiprivate_post_order({**asked, "timeInForce": "GTC", **order})
    assert world.account.orders() == ()


def test_the_futures_wallet_can_be_another_account_of_the_same_key(world: CoinWorld) -> None:
    other = world.open("PKOTHER", "7002")
    with BinanceFace(world.venue) as face:
        face.futures[world.account.account_number] = other
        place(client(face))

    assert other.books.units(SWAP) == Decimal("0.5")
    assert world.account.orders() == ()
