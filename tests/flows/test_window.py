"""An execution window on a real Prefect server and the real SDK: each signal once, whatever comes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from simulator.protocols.alpaca import AlpacaFace
from simulator.protocols.faults import Delay, Reset, Status
from tests.contract.world import MONDAY, World, a_world
from tests.flows.conftest import FlowDesk
from tests.flows.windows import trade, wish

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect")]


@pytest.fixture
def world() -> World:
    """Monday, in the session."""
    return a_world()


@pytest.fixture
def face(world: World) -> Iterator[AlpacaFace]:
    with AlpacaFace(world.venue) as running:
        yield running


@pytest.fixture
def desk(flow_desk: FlowDesk, face: AlpacaFace, monkeypatch: pytest.MonkeyPatch) -> FlowDesk:
    """A desk in the session whose clock runs."""
    monkeypatch.setenv("TIEOUT_NOW", f"{MONDAY.isoformat()}@{datetime.now(UTC).isoformat()}")
    return flow_desk.account("alpaca-main", face.base_url, timeout_s=2)


def intents(desk: FlowDesk) -> list[dict[str, Any]]:
    return desk.journal_rows("SELECT state, quantity, filled, sends, client_order_id FROM intent ORDER BY created_at")


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
