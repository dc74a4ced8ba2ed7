"""What is sent for each kind of order: accepted by the SDK's own request models, and exact where those are not."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from alpaca.trading import requests as sdk

from brokers.alpaca.parse.orders import order_request, replace_request
from brokers.alpaca.rules import against
from tieout.ids import ClientOrderId
from tieout.instruments import crypto, equity, option
from tieout.orders import Order, OrderLeg, OrderType, Side, TimeInForce

KO, PUT, CALL = equity("KO"), option("KO260320P00050000"), option("KO260320C00060000")
PLAIN = Order(ClientOrderId("0" * 32), KO, Side.BUY, Decimal(10), OrderType.MARKET, TimeInForce.DAY)
EXITS = {"take_profit": Decimal("65.1"), "stop_loss": Decimal("55.05")}
TRAILING = replace(PLAIN, order_type=OrderType.TRAILING_STOP)
COMBINATION = replace(PLAIN, legs=(OrderLeg(CALL, Side.BUY, 2, opens=True), OrderLeg(PUT, Side.SELL, 1, opens=False)))
KINDS = {
    "market": (PLAIN, sdk.MarketOrderRequest),
    "limit": (replace(PLAIN, order_type=OrderType.LIMIT, limit_price=Decimal("59.5")), sdk.LimitOrderRequest),
    "stop": (replace(PLAIN, order_type=OrderType.STOP, stop_price=Decimal(61)), sdk.StopOrderRequest),
    "trail": (replace(TRAILING, trail_amount=Decimal("1.25")), sdk.TrailingStopOrderRequest),
    "trail share": (replace(TRAILING, trail_percent=Decimal("0.025")), sdk.TrailingStopOrderRequest),
    "bracket": (replace(PLAIN, **EXITS), sdk.MarketOrderRequest),  # type: ignore[arg-type]
    "oto": (replace(PLAIN, stop_loss=Decimal(55)), sdk.MarketOrderRequest),
    "oco": (replace(PLAIN, side=Side.SELL, is_exit=True, **EXITS), sdk.LimitOrderRequest),  # type: ignore[arg-type]
    "combination": (COMBINATION, sdk.MarketOrderRequest),
    "net price": (
        replace(COMBINATION, order_type=OrderType.LIMIT, limit_price=Decimal("-1.05")),
        sdk.LimitOrderRequest,
    ),
    "close": (replace(PLAIN, time_in_force=TimeInForce.CLOSE), sdk.MarketOrderRequest),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_sdks_own_model_accepts_every_body(kind: str) -> None:
    order, model = KINDS[kind]
    body = order_request(order)
    legs = body.get("legs")
    if isinstance(legs, list):
        body["legs"] = [sdk.OptionLegRequest(**leg) for leg in legs]

    made = model(**body).to_request_fields()

    assert made["client_order_id"] == order.client_order_id
    assert set(made) == set(body)


def test_a_share_to_trail_is_sent_in_percent() -> None:
    assert order_request(KINDS["trail share"][0])["trail_percent"] == "2.5"
    assert replace_request(KINDS["trail share"][0])["trail"] == "2.5"


def test_digits_that_a_float_would_lose_are_sent() -> None:
    body = order_request(replace(PLAIN, quantity=Decimal("0.300000000000000001")))

    assert body["qty"] == "0.300000000000000001"


def test_a_combination_names_no_symbol_and_no_side() -> None:
    body = order_request(COMBINATION)

    assert {"symbol", "side"} & set(body) == set()
    assert body["legs"] == [
        {"symbol": "KO260320C00060000", "ratio_qty": "2", "side": "buy", "position_intent": "buy_to_open"},
        {"symbol": "KO260320P00050000", "ratio_qty": "1", "side": "sell", "position_intent": "sell_to_close"},
    ]


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (replace(PLAIN, quantity=Decimal("1.5"), time_in_force=TimeInForce.GTC), "fractions of shares"),
        (replace(PLAIN, quantity=Decimal("1.5"), **EXITS), "with exits"),  # type: ignore[arg-type]
        (replace(PLAIN, instrument=PUT, time_in_force=TimeInForce.GTC), "options with time in force"),
        (replace(COMBINATION, time_in_force=TimeInForce.GTC), "options with time in force"),
        (replace(PLAIN, instrument=crypto("BTC"), time_in_force=TimeInForce.OPEN), "in an auction"),
        (replace(TRAILING, time_in_force=TimeInForce.CLOSE), "in an auction"),
        (replace(PLAIN, instrument=crypto("BTC"), **EXITS), "exits with crypto"),  # type: ignore[arg-type]
        (replace(PLAIN, extended_hours=True), "day limit orders"),
        (replace(PLAIN, client_order_id=ClientOrderId("x" * 49)), "49 characters"),
    ],
)
def test_what_alpaca_refuses_is_known_before(order: Order, words: str) -> None:
    assert any(words in said for said in against(order))


def test_what_alpaca_takes_is_not_in_the_way() -> None:
    assert [said for order, _ in KINDS.values() for said in against(order)] == []
