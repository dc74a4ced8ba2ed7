"""Halting on a real Prefect server and the real SDK: nothing new goes, and what was open ends as asked."""

from __future__ import annotations

import contextvars
import threading
from contextlib import ExitStack
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.world import BAC, BTC, KO, KO_PUT, World, an_order
from tests.flows import in_session
from tests.flows.conftest import FlowDesk
from tests.flows.windows import trade, wish

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect")]
desk, face, world = in_session.desk, in_session.face, in_session.world  # fixtures
NAMED = {"reason": "a rehearsal", "by": "desk"}


def halt(**parameters: Any) -> State[Any]:
    from flows.halt import halt as flow

    return flow(**(NAMED | parameters), return_state=True)


def resume(**parameters: Any) -> State[Any]:
    from flows.resume import resume as flow

    return flow(**(NAMED | parameters), return_state=True)


def intents(desk: FlowDesk) -> list[dict[str, Any]]:
    return desk.journal_rows("SELECT state, detail, client_order_id FROM intent ORDER BY created_at")


def rest_an_order(desk: FlowDesk) -> None:
    """An order that a run sent before it died: it works at the venue, and nobody looks after it."""
    from tasks.clock import now
    from tasks.orders.desk import OrderDesk
    from tasks.stores import open_stores
    from tasks.trading.venues import open_venues
    from tieout.ids import AccountId
    from tieout.intents import Intent, intent_id, order_id_of
    from tieout.orders import Order, OrderState, OrderType, Side, TimeInForce
    from tieout.placement import Approved, Event, Placement

    with ExitStack() as open_:
        stores = open_.enter_context(open_stores())
        venues = open_.enter_context(open_venues(stores.settings))
        name, moment = intent_id(AccountId("alpaca-main"), "resting"), now()
        limit = (OrderType.LIMIT, TimeInForce.DAY, Decimal(40))
        order = Order(order_id_of(name), KO, Side.BUY, Decimal(1), *limit)
        intent = Intent(name, AccountId("alpaca-main"), order, moment.date(), moment, window="session")
        from sql.placements import append_intent

        with stores.journal.write() as journal:
            append_intent(journal, row := Placement(intent, OrderState.PLANNED), (Event("planned", ""),), now=moment)
        OrderDesk(stores.journal, venues, lambda _: Approved("test"), lambda *_: None, now).begin(row)


def open_orders(world: World) -> list[str]:
    return [str(one.client_order_id) for one in world.account.orders() if one.state.is_live]


def held(world: World) -> dict[str, Decimal]:
    return {one.symbol: lots for one, lots in _positions(world).items() if lots}


def _positions(world: World) -> dict[Any, Decimal]:
    return {one.instrument: one.quantity for one in world.account.positions()}


def test_a_halt_denies_what_is_new_and_resuming_lets_it_trade_again(desk: FlowDesk, world: World) -> None:
    assert halt().name == "Halted"
    wish(desk, "one")
    assert trade(desk).name == "Denied"
    assert world.account.orders() == ()
    assert "halted" in str(intents(desk)[0]["detail"])

    assert resume().name == "Resumed"
    wish(desk, "two")
    assert trade(desk).name in {"Done", "Denied"}  # the first one stays denied
    assert [row["state"] for row in intents(desk)] == ["denied", "filled"]


def test_a_halt_of_one_account_is_not_lifted_by_resuming_all(desk: FlowDesk) -> None:
    halt(account="alpaca-main")

    assert resume(account=None).is_failed()
    assert [row["state"] for row in desk.journal_rows("SELECT state FROM breaker")] == ["halted"]
    assert resume(account="alpaca-main").name == "Resumed"


def test_reduce_only_denies_an_opening_order_and_lets_a_closing_one_go(desk: FlowDesk, world: World) -> None:
    from tieout.orders import Side

    assert halt(reduce_only=True).name == "Reduce only"
    wish(desk, "opens", "3")
    wish(desk, "closes", "3", side=Side.SELL)
    trade(desk)

    assert sorted(row["state"] for row in intents(desk)) == ["denied", "filled"]
    (order,) = world.account.orders()
    assert order.side is Side.SELL


def test_a_halt_without_cancel_leaves_the_orders_at_the_venue(desk: FlowDesk, world: World) -> None:
    rest_an_order(desk)

    assert halt().name == "Halted"
    assert len(open_orders(world)) == 1


def test_where_no_run_lives_the_halt_takes_the_lease_and_cancels(desk: FlowDesk, world: World) -> None:
    rest_an_order(desk)
    assert len(open_orders(world)) == 1

    state = halt(cancel=True)

    assert (state.name, state.is_completed()) == ("Halted", True), state.message
    assert open_orders(world) == []
    assert [row["state"] for row in intents(desk)] == ["cancelled"]
    told = desk.journal_rows("SELECT event, detail FROM order_event")
    assert any("halted by desk: a rehearsal" in str(row["detail"]) for row in told if row["event"] == "cancel_wanted")
    assert all(row["released"] for row in desk.journal_rows("SELECT released FROM lease"))


def test_a_run_that_lives_cancels_its_own_order(desk: FlowDesk, world: World) -> None:
    wish(desk, "rests", "1", limit="55")
    ran: list[State[Any]] = []
    context = contextvars.copy_context()
    run = threading.Thread(target=context.run, args=(lambda: ran.append(trade(desk)),))
    run.start()
    waiting = threading.Event()
    while run.is_alive() and not open_orders(world):
        waiting.wait(0.05)
    assert len(open_orders(world)) == 1

    state = halt(cancel=True)

    run.join(60)
    assert (state.name, state.is_completed()) == ("Halted", True), state.message
    assert open_orders(world) == []
    assert [one.name for one in ran] == ["Done"]
    assert [row["token"] for row in desk.journal_rows("SELECT token FROM lease")] == [1]


def test_flatten_closes_long_and_short_positions_and_nothing_else(desk: FlowDesk, world: World) -> None:
    before = {row.symbol: quantity for row, quantity in _positions(world).items()}
    assert {KO.symbol, BAC.symbol, BTC.symbol, KO_PUT.symbol} == set(before)

    state = halt(flatten=True)

    assert held(world) == {}, state.message
    assert state.is_completed(), state.message
    sent = {
        one.instrument.symbol: one.side.sign * one.filled_quantity
        for one in world.account.orders()
        if one.instrument and one.side
    }
    assert sent == {symbol: -quantity for symbol, quantity in before.items()}
    assert all('"proposer": "desk"' in str(row["detail"]).replace('":"', '": "') for row in intents(desk))


def test_a_position_that_a_strangers_order_could_close_as_well_is_left_alone(desk: FlowDesk, world: World) -> None:
    from tieout.orders import Side

    world.account.submit(an_order("by hand", side=Side.SELL, quantity="3", limit="80"))

    state = halt(flatten=True)

    assert state.is_failed()
    assert "KO: an order that is not ours is open" in str(state.message)
    assert set(held(world)) == {KO.symbol}


def test_flattening_again_finds_nothing_to_close(desk: FlowDesk, world: World) -> None:
    halt(flatten=True)
    sent = len(world.account.orders())

    assert halt(flatten=True).is_completed()
    assert len(world.account.orders()) == sent


def test_a_halt_without_a_name_or_a_reason_stops_nothing(desk: FlowDesk) -> None:
    assert halt(by=" ").is_failed()
    assert halt(reason="").is_failed()
    assert desk.journal_rows("SELECT state FROM breaker") == []
