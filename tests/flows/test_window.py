"""An execution window on a real Prefect server and the real SDK: each signal once, whatever comes."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from simulator.protocols.alpaca import AlpacaFace
from simulator.protocols.faults import Delay, Reset, Status
from sql.placements import append_intent
from tests.contract.world import MONDAY, World
from tests.flows import in_session
from tests.flows.conftest import FlowDesk
from tests.flows.windows import trade, wish
from tieout.ids import AccountId
from tieout.instruments import equity
from tieout.intents import Intent, intent_id, order_id_of
from tieout.orders import Order, OrderState, OrderType, Side, TimeInForce
from tieout.placement import Event, Placement

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect")]
desk, face, world = in_session.desk, in_session.face, in_session.world  # fixtures


def intents(desk: FlowDesk) -> list[dict[str, Any]]:
    return desk.journal_rows("SELECT state, quantity, filled, sends, client_order_id FROM intent ORDER BY created_at")


def leave_planned(desk: FlowDesk) -> None:
    """What a run leaves that dies before its first send."""
    name, key = AccountId("alpaca-main"), intent_id(AccountId("alpaca-main"), "left")
    order = Order(order_id_of(key), equity("KO"), Side.BUY, Decimal(2), OrderType.MARKET, TimeInForce.DAY)
    intent = Intent(key, name, order, MONDAY.date(), MONDAY, window="session")
    stores = desk.stores()
    with stores.journal.write() as journal:
        append_intent(journal, Placement(intent, OrderState.PLANNED), (Event("planned", ""),), now=MONDAY)
    stores.close()


def test_a_signal_becomes_one_order_that_is_filled_and_booked(desk: FlowDesk, world: World) -> None:
    wish(desk, "one")

    state = trade(desk)

    assert (state.name, state.is_completed()) == ("Done", True), state.message
    (order,) = world.account.orders()
    (row,) = intents(desk)
    assert (row["state"], Decimal(row["filled"]), row["sends"]) == ("filled", 3, 1)
    assert row["client_order_id"] == order.client_order_id
    booked = desk.journal_rows("SELECT quantity, source FROM execution")
    assert [(Decimal(one["quantity"]), one["source"]) for one in booked] == [(3, "order")]
    assert [one["state"] for one in desk.journal_rows("SELECT state FROM signal")] == ["done"]


def test_running_the_window_again_sends_nothing_twice(desk: FlowDesk, world: World) -> None:
    wish(desk, "one")
    trade(desk)

    assert trade(desk).name == "Done"
    assert len(world.account.orders()) == 1


@pytest.mark.parametrize(
    "effect",
    [Status(504, booked=True), Reset(booked=True), Delay(4)],
    ids=["504 after acceptance", "reset after acceptance", "answer after our timeout"],
)
def test_an_order_whose_answer_was_lost_is_found_and_not_sent_again(
    desk: FlowDesk, world: World, face: AlpacaFace, effect: Any
) -> None:
    wish(desk, "one")
    face.faults.add(effect, "/v2/orders", "POST", times=1)

    assert trade(desk).name == "Done"
    assert len(world.account.orders()) == 1
    (row,) = intents(desk)
    assert (row["state"], row["sends"]) == ("filled", 1)


def test_risk_denies_with_its_numbers_and_nothing_is_sent(desk: FlowDesk, world: World) -> None:
    wish(desk, "far too large", "100000")

    state = trade(desk)

    assert state.name == "Denied"
    assert world.account.orders() == ()
    (row,) = desk.journal_rows("SELECT state, detail FROM intent")
    assert row["state"] == "denied"
    assert "max_position" in str(row["detail"]) or "position" in str(row["detail"])


def test_a_refusal_of_the_venue_is_final(desk: FlowDesk, world: World, face: AlpacaFace) -> None:
    wish(desk, "one")
    face.faults.add(
        Status(403, b'{"code":40310000,"message":"insufficient buying power"}'), "/v2/orders", "POST", times=1
    )

    assert trade(desk).name == "Denied"
    assert [row["state"] for row in intents(desk)] == ["rejected"]
    assert world.account.orders() == ()


def test_a_dry_run_says_what_would_be_done_and_touches_nothing(desk: FlowDesk, world: World) -> None:
    wish(desk, "one")
    wish(desk, "far too large", "100000")

    state = trade(desk, dry_run=True)

    assert state.name == "Idle", state.message
    message = str(state.message)
    assert "one of momentum would become buy 3 KO market, day: would be sent" in message
    assert "far too large of momentum would become buy 100000 KO market, day: denied" in message
    assert world.account.orders() == ()
    assert intents(desk) == []
    assert [one["state"] for one in desk.journal_rows("SELECT state FROM signal")] == ["pending", "pending"]


def test_a_dry_run_leaves_alone_what_an_earlier_run_left(desk: FlowDesk, world: World) -> None:
    leave_planned(desk)

    assert trade(desk, dry_run=True).name == "Idle"

    assert [row["state"] for row in intents(desk)] == ["planned"]
    assert world.account.orders() == ()
    assert trade(desk).name == "Done"
    assert len(world.account.orders()) == 1


def test_signals_of_an_account_that_cannot_be_read_wait_and_the_run_says_so(
    desk: FlowDesk, world: World, face: AlpacaFace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.trading.work.TRIES", timedelta(0))
    wish(desk, "one")
    face.faults.add(Status(503, b""), "/v2/positions", "GET", times=1000)

    state = trade(desk)

    assert (state.name, state.is_failed()) == ("Failed", True)
    assert "could not be read whole" in str(state.message)
    assert [one["state"] for one in desk.journal_rows("SELECT state FROM signal")] == ["pending"]
    assert world.account.orders() == ()


def test_signals_wait_no_longer_than_the_account_is_unreadable(
    desk: FlowDesk, world: World, face: AlpacaFace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.trading.work.ASK_AGAIN", timedelta(seconds=0.1))
    wish(desk, "one")
    face.faults.add(Status(503, b""), "/v2/positions", "GET", times=1)

    assert trade(desk).name == "Done"
    assert len(world.account.orders()) == 1
