"""Exits that trade at the venue under ids of its own are booked once, and told with the entry that brought them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from sql.chain import order_chain
from sql.order_list import list_intents
from sql.records import append_executions
from tests.databases import Stores
from tests.store.orders.exit_world import ADAPTERS, MINUTE, NYSE, ExitDesk, exit_desk
from tieout.errors import Unavailable
from tieout.orders import OrderState, OrderType, Side, TimeInForce


@pytest.fixture(params=ADAPTERS)
def desk(request: pytest.FixtureRequest, stores: Stores) -> Iterator[ExitDesk]:
    with exit_desk(ADAPTERS[request.param], stores) as made:
        yield made


def exits(desk: ExitDesk) -> list[tuple[str, str, int]]:
    found = desk.rows("SELECT kind, state, booked FROM venue_exit ORDER BY kind DESC")
    return [(row["kind"], row["state"], int(Decimal(row["booked"]))) for row in found]


def plan(desk: ExitDesk) -> dict[str, Any]:
    (row,) = desk.rows("SELECT held_by, over_at, said FROM exit_plan")
    return row


def listed(desk: ExitDesk) -> str:
    with desk.stores.journal.read() as journal:
        return str(list_intents(journal)[0]["exits"])


def test_an_exit_that_fills_is_booked_and_ends_the_plan(desk: ExitDesk) -> None:
    row = desk.enter()
    assert row.state is OrderState.FILLED
    desk.follow()
    assert exits(desk) == [("take_profit", "working", 0), ("stop_loss", "working", 0)]
    assert listed(desk) == "at the venue: take profit 65: working; stop loss 55: working"

    desk.later(minutes=1)
    desk.follow()

    assert exits(desk) == [("take_profit", "filled", 10), ("stop_loss", "cancelled", 0)]
    assert desk.booked() == [("buy", 10, "order"), ("sell", 10, "order")]
    assert plan(desk)["over_at"] is None  # a late report may still come
    desk.later(seconds=11)
    desk.follow()
    assert plan(desk)["over_at"] is not None
    assert desk.calls == []
    desk.follow()
    assert desk.booked() == [("buy", 10, "order"), ("sell", 10, "order")]


def test_a_stop_that_fills_is_booked_as_the_exit_it_is(desk: ExitDesk) -> None:
    desk.enter(take_profit=Decimal(70))
    desk.later(minutes=2)

    desk.follow()

    assert exits(desk) == [("take_profit", "cancelled", 0), ("stop_loss", "filled", 10)]
    assert desk.booked()[-1] == ("sell", 10, "order")


def test_what_the_close_booked_first_is_not_booked_again(desk: ExitDesk) -> None:
    desk.enter()
    desk.later(minutes=1)
    now = desk.world.clock()
    fetched = desk.broker.fetch_executions(now - timedelta(hours=1), now + MINUTE).records
    mine = [one for one in fetched if one.side is Side.SELL]
    with desk.stores.journal.write() as journal:
        append_executions(journal, _account(desk), mine, sessions=NYSE, source="resolution", now=now)

    desk.follow()

    assert exits(desk)[0] == ("take_profit", "filled", 10)
    assert desk.booked() == [("buy", 10, "order"), ("sell", 10, "resolution")]


def test_the_close_does_not_book_again_what_was_followed(desk: ExitDesk) -> None:
    desk.enter()
    desk.later(minutes=1)
    desk.follow()
    now = desk.world.clock()
    fetched = desk.broker.fetch_executions(now - timedelta(hours=1), now + MINUTE).records

    with desk.stores.journal.write() as journal:
        done = append_executions(journal, _account(desk), fetched, sessions=NYSE, source="statement", now=now)

    assert (done.new, done.repeated) == (0, len(fetched))


def test_who_stopped_before_the_booking_is_gone_on_from(desk: ExitDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.enter()
    desk.later(minutes=1)
    with monkeypatch.context() as broken:
        broken.setattr(type(desk.broker), "fetch_executions", _refuse)
        (trouble,) = desk.follow()
    assert "exits were not looked at" in trouble
    assert desk.booked() == [("buy", 10, "order")]

    assert desk.follow() == ()
    assert desk.booked() == [("buy", 10, "order"), ("sell", 10, "order")]


def test_an_entry_that_never_traded_has_nothing_to_leave(desk: ExitDesk) -> None:
    row = desk.enter(order_type=OrderType.LIMIT, limit_price=Decimal(50))
    desk.broker.cancel(row.intent.order.client_order_id)
    desk.desk.tick(row)
    desk.later(seconds=30)
    desk.desk.tick(desk.stored(row))

    for _ in range(2):
        desk.follow()
        desk.later(seconds=30)
    desk.follow()

    assert plan(desk)["over_at"] is not None
    assert desk.calls == []


def test_exits_that_a_person_cancels_leave_a_position_that_is_told(desk: ExitDesk) -> None:
    desk.enter(time_in_force=TimeInForce.GTC)
    desk.follow()
    (exit_row,) = desk.rows("SELECT client_order_id FROM venue_exit WHERE kind = 'take_profit'")
    desk.world.account.cancel(exit_row["client_order_id"])

    desk.follow()
    desk.later(seconds=11)
    desk.follow()

    assert len(desk.calls) == 1
    assert "10 units have no exit at the venue any more" in desk.calls[0]


def test_the_story_of_the_entry_holds_its_exits_whichever_id_is_asked_for(desk: ExitDesk) -> None:
    row = desk.enter()
    desk.later(minutes=1)
    desk.follow()
    (exit_row,) = desk.rows("SELECT broker_order_id FROM venue_exit WHERE kind = 'take_profit'")

    for asked in (row.intent.intent_id, exit_row["broker_order_id"]):
        with desk.stores.journal.read() as journal, desk.stores.warehouse.read() as warehouse:
            chain = order_chain(journal, warehouse, asked)
        assert [one["intent_id"] for one in chain["intents"]] == [row.intent.intent_id]
        assert [one["kind"] for one in chain["exits"]] == ["take_profit", "stop_loss"]
        assert [one["side"] for one in chain["executions"]] == ["buy", "sell"]
        assert any(one["event"] == "exit" for one in chain["events"])


def test_a_pair_of_exits_sent_by_itself_is_one_order_and_booked_whichever_trades(desk: ExitDesk) -> None:
    row = desk.enter("pair", side=Side.SELL, quantity=Decimal(8), is_exit=True)
    assert row.state is OrderState.WORKING

    desk.later(minutes=1)
    desk.desk.tick(row)

    assert desk.stored(row).state is OrderState.FILLED
    assert desk.booked() == [("sell", 8, "order")]


def _account(desk: ExitDesk) -> Any:
    from tests.store.orders.exit_world import MAIN

    return MAIN


def _refuse(*_: object) -> None:
    raise Unavailable("test", "no list now")
