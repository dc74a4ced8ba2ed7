"""Alpaca's defaults, sorts, pages and refusals, as its face has them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests

from simulator.protocols.alpaca import AlpacaFace
from simulator.protocols.alpaca_lists import page_of_orders
from simulator.protocols.alpaca_order_rows import order_row
from simulator.protocols.alpaca_rows import activity_rows, fee_rows
from simulator.protocols.limits import RequestLimit
from tests.contract.world import BAC, BTC, KO, MONDAY, TERMS, World, a_world, an_order
from tieout.ids import ActivityId, BrokerOrderId, ExecutionId
from tieout.orders import OrderReport, OrderState, Side
from tieout.records import Activity, ActivityKind, Execution


@pytest.fixture
def world() -> World:
    return a_world()


@pytest.fixture
def face(world: World) -> Iterator[AlpacaFace]:
    with AlpacaFace(world.venue) as face:
        yield face


def ask(face: AlpacaFace, path: str, method: str = "GET", json: object = None) -> requests.Response:
    headers = {"APCA-API-KEY-ID": TERMS.key_id, "APCA-API-SECRET-KEY": TERMS.secret}
    return requests.request(method, face.base_url + path, headers=headers, json=json, timeout=5)


def some_orders(world: World, number: int) -> None:
    for each in range(number):
        world.account.submit(an_order(f"order {each}", quantity="1", limit="1.5"))
        world.clock.advance_to(world.clock.now + timedelta(seconds=1))


def test_orders_are_open_ones_newest_first_and_fifty_of_them(face: AlpacaFace, world: World) -> None:
    some_orders(world, 55)
    world.account.submit(an_order("filled"))

    rows = ask(face, "/v2/orders").json()

    assert len(rows) == 50
    assert rows[0]["submitted_at"] > rows[-1]["submitted_at"]
    assert {row["status"] for row in rows} == {"new"}


def test_closed_orders_and_orders_of_one_symbol_can_be_asked_for(face: AlpacaFace, world: World) -> None:
    some_orders(world, 2)
    world.account.submit(an_order("filled", instrument=BTC, quantity="0.1"))

    assert [row["symbol"] for row in ask(face, "/v2/orders?status=closed").json()] == ["BTC/USD"]
    assert len(ask(face, "/v2/orders?status=all&symbols=KO").json()) == 2


def test_after_and_until_leave_their_own_moment_out(face: AlpacaFace, world: World) -> None:
    some_orders(world, 3)
    first, second, third = (MONDAY + timedelta(seconds=n) for n in range(3))

    rows = ask(face, f"/v2/orders?after={first:%Y-%m-%dT%H:%M:%SZ}&until={third:%Y-%m-%dT%H:%M:%SZ}").json()

    assert [row["submitted_at"] for row in rows] == [f"{second:%Y-%m-%dT%H:%M:%S}.000000000Z"]


@pytest.mark.parametrize(
    "path",
    [
        "/v2/orders?limit=501",
        "/v2/orders?limit=0",
        "/v2/orders?status=some",
        "/v2/orders?direction=up",
        "/v2/orders?after=yesterday",
        "/v2/account/activities?page_size=101",
        "/v2/account/activities?page_token=nobody",
        "/v2/account/activities?activity_types=FILL&category=trade_activity",
        "/v2/calendar?start=2026-03-02",
        "/v2/calendar?start=2000-01-01&end=2026-01-01",
    ],
)
def test_a_query_that_the_venue_would_refuse_is_refused(face: AlpacaFace, path: str) -> None:
    answer = ask(face, path)

    assert (answer.status_code, answer.json()["code"]) == (422, 40010001)


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (None, 400, "format is invalid"),
        ({"symbol": "KO", "side": "buy", "type": "market", "time_in_force": "day"}, 422, "qty"),
        ({"symbol": "KO", "qty": "NaN", "side": "buy", "type": "market", "time_in_force": "day"}, 422, "qty"),
        ({"symbol": "KO", "qty": "two", "side": "buy", "type": "market", "time_in_force": "day"}, 422, "qty"),
        ({"symbol": "KO", "qty": "1", "side": "sideways", "type": "market", "time_in_force": "day"}, 422, "sideways"),
        ({"symbol": "K'O", "qty": "1", "side": "buy", "type": "market", "time_in_force": "day"}, 422, "could not find"),
        ({"symbol": "KO", "notional": "5", "side": "buy", "type": "market", "time_in_force": "day"}, 422, "notional"),
        ({"symbol": "KO", "qty": "1e7", "side": "buy", "type": "market", "time_in_force": "day"}, 403, "insufficient"),
    ],
)
def test_an_order_that_the_venue_would_refuse_is_refused(
    face: AlpacaFace, world: World, body: object, status: int, words: str
) -> None:
    answer = ask(face, "/v2/orders", "POST", body)

    assert answer.status_code == status
    assert words in answer.json()["message"]
    assert world.account.orders() == ()


def test_a_body_that_is_no_json_is_refused(face: AlpacaFace) -> None:
    headers = {"APCA-API-KEY-ID": TERMS.key_id, "APCA-API-SECRET-KEY": TERMS.secret}

    answer = requests.post(face.base_url + "/v2/orders", data=b"{", headers=headers, timeout=5)

    assert answer.status_code == 400


def test_an_order_without_an_id_of_ours_gets_one(face: AlpacaFace) -> None:
    body = {"symbol": "KO", "qty": "1", "side": "buy", "type": "market", "time_in_force": "day"}

    assert ask(face, "/v2/orders", "POST", body).json()["client_order_id"]


def test_a_replacement_changes_what_it_names_and_keeps_the_rest(face: AlpacaFace, world: World) -> None:
    known = world.account.submit(an_order(limit="1.5"))

    row = ask(face, f"/v2/orders/{known.broker_order_id}", "PATCH", {"qty": "7"}).json()

    assert (row["qty"], row["limit_price"], row["replaces"]) == ("7", "1.5", known.broker_order_id)


def test_all_orders_are_cancelled_with_a_line_each(face: AlpacaFace, world: World) -> None:
    some_orders(world, 2)

    answer = ask(face, "/v2/orders", "DELETE")

    assert answer.status_code == 207
    assert [(line["status"], line["body"]["status"]) for line in answer.json()] == [(200, "pending_cancel")] * 2
    assert world.account.live == ()


def test_a_position_is_found_by_symbol_with_or_without_its_slash(face: AlpacaFace) -> None:
    assert ask(face, "/v2/positions/KO").json()["symbol"] == "KO"
    assert ask(face, "/v2/positions/BTC%2FUSD").json()["symbol"] == "BTCUSD"
    assert ask(face, "/v2/positions/NOBODY").status_code == 404


@pytest.mark.parametrize(
    "path", ["/v2/assets/NOSUCH", "/v2/options/contracts/KO", "/v2/options/contracts/NOSUCH260306P00050000", "/v3"]
)
def test_what_is_not_there_is_not_found(face: AlpacaFace, path: str) -> None:
    assert ask(face, path).status_code == 404


def test_quotes_leave_out_what_is_not_listed(face: AlpacaFace) -> None:
    quotes = ask(face, "/v2/stocks/quotes/latest?symbols=KO,NOSUCH").json()["quotes"]

    assert quotes.keys() == {"KO"}
    assert isinstance(quotes["KO"]["ap"], float)


def test_activities_come_newest_first_by_kind_or_by_category(face: AlpacaFace, world: World) -> None:
    world.account.submit(an_order())
    world.account.deposit(Decimal(5))

    kinds = [row["activity_type"] for row in ask(face, "/v2/account/activities").json()]
    trades = ask(face, "/v2/account/activities?category=trade_activity").json()
    others = ask(face, "/v2/account/activities?category=non_trade_activity").json()

    assert sorted(kinds) == ["CSD", "FILL"]
    assert [row["activity_type"] for row in trades] == ["FILL"]
    assert [row["activity_type"] for row in others] == ["CSD"]
    assert ask(face, "/v2/account/activities/CSD").json() == others


def test_pages_follow_the_last_id(face: AlpacaFace, world: World) -> None:
    for _ in range(5):
        world.account.deposit(Decimal(5))

    first: list[dict[str, Any]] = ask(face, "/v2/account/activities?page_size=3&direction=asc").json()
    second = ask(face, f"/v2/account/activities?page_size=3&direction=asc&page_token={first[-1]['id']}").json()

    assert (len(first), len(second)) == (3, 2)
    assert len({row["id"] for row in [*first, *second]}) == 5


def test_legs_are_rolled_up_only_when_asked_for() -> None:
    leg = OrderReport(
        BrokerOrderId("leg"), None, OrderState.WORKING, KO, Side.BUY, Decimal(1), Decimal(0), submitted_at=MONDAY
    )
    parent = OrderReport(
        BrokerOrderId("parent"),
        None,
        OrderState.WORKING,
        None,
        None,
        Decimal(1),
        Decimal(0),
        submitted_at=MONDAY,
        legs=(leg,),
    )

    assert [row["id"] for row in page_of_orders([order_row(parent)], {})] == ["parent", "leg"]
    (nested,) = page_of_orders([order_row(parent)], {"nested": "true"})
    assert nested["order_class"] == "mleg"
    assert isinstance(nested["legs"], list)


def test_a_split_is_two_rows_that_cancel_the_old_units() -> None:
    split = Activity(
        ActivityId("s"), ActivityKind.SPLIT, MONDAY, BAC, quantity=Decimal(-300), ratio=Decimal(4), venue_kind="SPLIT"
    )

    out, into = activity_rows(split, MONDAY)

    assert (out["qty"], into["qty"]) == ("100", "-400")
    assert str(out["description"]).startswith("REMOVE")
    assert out["id"] != into["id"]


@pytest.mark.parametrize(
    ("kind", "amount", "instrument", "word"),
    [
        (ActivityKind.TRANSFER, Decimal(5), None, "CSD"),
        (ActivityKind.TRANSFER, Decimal(-5), None, "CSW"),
        (ActivityKind.TRANSFER, Decimal(0), KO, "ACATS"),
        (ActivityKind.JOURNAL, Decimal(5), None, "JNLC"),
        (ActivityKind.JOURNAL, Decimal(0), KO, "JNLS"),
        (ActivityKind.INTEREST, Decimal(1), None, "INT"),
        (ActivityKind.OTHER, Decimal(1), None, "MISC"),
    ],
)
def test_an_event_without_the_venues_word_gets_it(
    kind: ActivityKind, amount: Decimal, instrument: object, word: str
) -> None:
    done = Activity(ActivityId("a"), kind, MONDAY, instrument, amount=amount)  # type: ignore[arg-type]

    assert activity_rows(done, MONDAY)[0]["activity_type"] == word


def test_what_a_fill_cost_is_a_row_of_its_own() -> None:
    fill = Execution(ExecutionId("e"), KO, Side.BUY, Decimal(1), Decimal(60), MONDAY, fee=Decimal("0.35"))

    (row,) = fee_rows(fill)

    assert (row["activity_type"], row["net_amount"]) == ("FEE", "-0.35")
    assert fee_rows(Execution(ExecutionId("f"), KO, Side.BUY, Decimal(1), Decimal(60), MONDAY)) == []
    assert row["date"] == "2026-03-02"


BRACKET = {
    "symbol": "KO",
    "qty": "10",
    "side": "buy",
    "type": "limit",
    "limit_price": "59",
    "time_in_force": "day",
    "order_class": "bracket",
    "take_profit": {"limit_price": "65"},
    "stop_loss": {"stop_price": "55"},
}
SPREAD = {
    "qty": "1",
    "type": "market",
    "time_in_force": "day",
    "order_class": "mleg",
    "legs": [
        {"symbol": "KO260320C00060000", "ratio_qty": "2", "side": "buy", "position_intent": "buy_to_open"},
        {"symbol": "KO260320P00050000", "ratio_qty": "1", "side": "sell", "position_intent": "sell_to_open"},
    ],
}


def test_a_bracket_comes_back_with_its_exits_held(face: AlpacaFace) -> None:
    row = ask(face, "/v2/orders", "POST", BRACKET).json()

    assert (row["order_class"], row["status"]) == ("bracket", "new")
    assert [(leg["order_class"], leg["type"], leg["side"], leg["status"]) for leg in row["legs"]] == [
        ("bracket", "limit", "sell", "held"),
        ("bracket", "stop", "sell", "held"),
    ]


def test_exits_are_rolled_up_into_their_entry_or_listed_beside_it(face: AlpacaFace) -> None:
    known = ask(face, "/v2/orders", "POST", BRACKET).json()

    flat = ask(face, "/v2/orders").json()
    (nested,) = ask(face, "/v2/orders?nested=true").json()
    by_id = ask(face, f"/v2/orders/{known['id']}").json()

    assert {row["id"] for row in flat} == {known["id"], *(leg["id"] for leg in known["legs"])}
    assert [row["legs"] for row in flat] == [None] * 3
    assert len(nested["legs"]) == 2
    assert by_id["legs"] is None
    assert ask(face, f"/v2/orders/{known['legs'][0]['id']}").json()["type"] == "limit"


def test_exits_whose_entry_has_filled_are_open_orders_of_their_own(face: AlpacaFace) -> None:
    ask(face, "/v2/orders", "POST", BRACKET | {"type": "market", "limit_price": None})

    rows = ask(face, "/v2/orders?nested=true").json()

    assert sorted((row["type"], row["status"]) for row in rows) == [("limit", "new"), ("stop", "held")]


def test_a_combination_has_no_symbol_of_its_own_and_legs_with_their_share(face: AlpacaFace) -> None:
    row = ask(face, "/v2/orders", "POST", SPREAD).json()

    assert [row[name] for name in ("symbol", "side", "asset_class", "order_class")] == ["", "", "", "mleg"]
    assert [(leg["type"], leg["qty"], leg["ratio_qty"], leg["position_intent"]) for leg in row["legs"]] == [
        ("", "2", "2", "buy_to_open"),
        ("", "1", "1", "sell_to_open"),
    ]


def test_a_trailing_stop_shows_its_best_price_and_where_it_stands(face: AlpacaFace) -> None:
    body = {"symbol": "KO", "qty": "1", "side": "sell", "type": "trailing_stop", "time_in_force": "gtc"}

    row = ask(face, "/v2/orders", "POST", body | {"trail_percent": "10"}).json()
    changed = ask(face, f"/v2/orders/{row['id']}", "PATCH", {"trail": "20"}).json()

    assert (row["hwm"], row["stop_price"], row["trail_percent"]) == ("60.24", "54.216", "10")
    assert (changed["trail_percent"], changed["stop_price"], changed["replaces"]) == ("20", "48.192", row["id"])


def test_more_than_is_held_is_refused_with_what_there_is(face: AlpacaFace) -> None:
    ask(face, "/v2/orders", "POST", {**BRACKET, "side": "sell", "order_class": "oco", "limit_price": None})

    answer = ask(face, "/v2/orders", "POST", {**BRACKET, "side": "sell", "order_class": "oco", "limit_price": None})

    assert (answer.status_code, answer.json()["code"]) == (403, 40310000)
    assert [answer.json()[name] for name in ("existing_qty", "available", "held_for_orders")] == [
        "10.557436865",
        "0.557436865",
        "10",
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"order_class": "sideways"},
        {"order_class": "simple"},
        {"stop_loss": None},
        {"stop_loss": {"stop_price": "66"}},
        {"take_profit": {"limit_price": "65", "stop_price": "1"}},
        {"extended_hours": True},
        {"time_in_force": "opg"},
        {"qty": "1.5", "time_in_force": "gtc"},
        {"order_class": "oco", "type": "market"},
        {"order_class": "oto"},
    ],
)
def test_a_bracket_that_the_venue_would_refuse_is_refused(
    face: AlpacaFace, world: World, changes: dict[str, object]
) -> None:
    answer = ask(face, "/v2/orders", "POST", BRACKET | changes)

    assert (answer.status_code, answer.json()["code"]) == (422, 40010001)
    assert world.account.orders() == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"legs": SPREAD["legs"][:1]},  # type: ignore[index]
        {"legs": ["KO", "KO"]},
        {"legs": [*SPREAD["legs"], {"symbol": "KO", "ratio_qty": "1", "side": "buy"}]},  # type: ignore[misc]
        {"legs": [SPREAD["legs"][0], {"symbol": "KO260320P00050000", "ratio_qty": "0.5", "side": "buy"}]},  # type: ignore[index]
        {"time_in_force": "gtc"},
        {"type": "stop", "stop_price": "5"},
    ],
)
def test_a_combination_that_the_venue_would_refuse_is_refused(
    face: AlpacaFace, world: World, changes: dict[str, object]
) -> None:
    assert ask(face, "/v2/orders", "POST", SPREAD | changes).status_code == 422
    assert world.account.orders() == ()


# Limits


@pytest.fixture
def limited(world: World) -> Iterator[AlpacaFace]:
    limit = RequestLimit(3, lambda: world.clock.now + timedelta(seconds=20), retry_after=True)
    with AlpacaFace(world.venue, limit=limit) as face:
        yield face


def test_every_answer_tells_what_is_left_of_the_limit(limited: AlpacaFace, world: World) -> None:
    first, second = ask(limited, "/v2/clock"), ask(limited, "/v2/orders/unknown")

    assert (first.headers["X-RateLimit-Limit"], first.headers["X-RateLimit-Remaining"]) == ("3", "2")
    assert (second.status_code, second.headers["X-RateLimit-Remaining"]) == (404, "1")
    assert int(second.headers["X-RateLimit-Reset"]) == (MONDAY + timedelta(minutes=1)).timestamp()


def test_one_request_too_many_is_refused_until_the_next_minute(limited: AlpacaFace, world: World) -> None:
    for _ in range(3):
        assert ask(limited, "/v2/clock").status_code == 200
    order = {"symbol": "KO", "qty": "1", "side": "buy", "type": "market", "time_in_force": "day"}

    refused = ask(limited, "/v2/orders", "POST", order)

    assert (refused.status_code, refused.json()["code"], refused.headers["Retry-After"]) == (429, 42910000, "40")
    assert world.account.orders() == ()
    world.clock.advance_to(MONDAY + timedelta(seconds=40))
    assert ask(limited, "/v2/clock").headers["X-RateLimit-Remaining"] == "2"


def test_quotes_have_a_limit_of_their_own(limited: AlpacaFace) -> None:
    ask(limited, "/v2/clock")

    assert ask(limited, "/v2/stocks/quotes/latest?symbols=KO").headers["X-RateLimit-Remaining"] == "2"


def test_a_face_without_a_limit_says_nothing_of_one(face: AlpacaFace) -> None:
    assert not [name for name in ask(face, "/v2/clock").headers if "ratelimit" in name.lower()]
