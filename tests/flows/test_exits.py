"""Exits on a real Prefect server: those at the venue are followed after the window, the others are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from simulator.prices import Tick, TickReplay
from simulator.protocols.alpaca import AlpacaFace
from tests.contract.world import MONDAY, World, a_world
from tests.flows.conftest import FlowDesk
from tests.flows.test_risk_watch import watch
from tests.flows.windows import trade, wish
from tests.store.orders.test_kept_exits import OWN
from tieout.instruments import equity

if TYPE_CHECKING:
    from prefect.client.schemas.objects import Artifact, State

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect")]


@pytest.fixture
def world() -> World:
    """KO stands at 60.25, and at 54 two minutes later."""
    moves = [(MONDAY - timedelta(days=90), "60.25"), (MONDAY + timedelta(minutes=2), "54")]
    return a_world(TickReplay(Tick(moment, Decimal(price)) for moment, price in moves))


@pytest.fixture
def face(world: World) -> Iterator[AlpacaFace]:
    with AlpacaFace(world.venue) as running:
        yield running


@pytest.fixture
def desk(flow_desk: FlowDesk, face: AlpacaFace, monkeypatch: pytest.MonkeyPatch) -> FlowDesk:
    monkeypatch.setenv("TIEOUT_NOW", f"{MONDAY.isoformat()}@{datetime.now(UTC).isoformat()}")
    return flow_desk.account("alpaca-main", face.base_url, timeout_s=2)


@pytest.fixture
def two_minutes_later(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    def pass_on() -> None:
        later = MONDAY + timedelta(minutes=2, seconds=5)
        monkeypatch.setenv("TIEOUT_NOW", later.isoformat())
        world.venue.advance(later)

    return pass_on


def held(world: World) -> Decimal:
    return next(one.quantity for one in world.account.positions() if one.instrument == equity("KO"))


def booked(desk: FlowDesk) -> list[tuple[str, Decimal, str]]:
    rows = desk.journal_rows("SELECT side, quantity, source FROM execution ORDER BY seq")
    return [(row["side"], Decimal(row["quantity"]), row["source"]) for row in rows]


def test_exits_of_a_bracket_that_fill_after_the_window_are_booked_by_the_watch(
    desk: FlowDesk, two_minutes_later: Callable[[], None]
) -> None:
    wish(desk, "one", "10", take_profit="65", stop_loss="55")
    assert trade(desk).name == "Done"
    assert booked(desk) == [("buy", Decimal(10), "order")]

    two_minutes_later()
    assert watch().is_completed()

    assert booked(desk) == [("buy", Decimal(10), "order"), ("sell", Decimal(10), "order")]
    (entry,) = desk.journal_rows("SELECT intent_id FROM intent")
    exits = desk.journal_rows("SELECT intent_id, kind, state FROM venue_exit ORDER BY kind")
    assert [(one["kind"], one["state"]) for one in exits] == [("stop_loss", "filled"), ("take_profit", "cancelled")]
    assert {one["intent_id"] for one in exits} == {entry["intent_id"]}


def test_what_the_venue_does_not_hold_is_kept_by_the_watch_and_the_window_says_so(
    desk: FlowDesk,
    world: World,
    two_minutes_later: Callable[[], None],
    artifacts: Callable[[State[object]], dict[str, Artifact]],
) -> None:
    """The venue takes no exits with parts of a share."""
    wish(desk, "one", "3.5", stop_loss="55")

    state = trade(desk)

    assert "exits of 1 orders are kept by risk-watch, not at the venue" in str(state.message)
    told = str(artifacts(state)["window-summary"].data)
    assert "kept by risk-watch, not at the venue (alpaca takes no exits with parts of a unit): stop loss 55" in told
    assert watch().name == "Watched"
    assert held(world) == OWN + Decimal("3.5")

    two_minutes_later()
    watch()
    watch()

    assert held(world) == OWN
    assert booked(desk) == [("buy", Decimal("3.5"), "order"), ("sell", Decimal("3.5"), "order")]
    (plan,) = desk.journal_rows("SELECT said, over_at FROM exit_plan")
    assert plan["over_at"] is not None
    assert plan["said"] == "all of it is out"


def test_a_halt_by_a_person_holds_a_kept_exit_back_and_every_approval_limit_does_not(
    desk: FlowDesk, world: World, two_minutes_later: Callable[[], None]
) -> None:
    from tasks.stores import open_stores
    from tasks.trading.halt import let_go, plan_halt, stop
    from tieout.breakers import BreakerName
    from tieout.ids import AccountId

    wish(desk, "one", "3.5", stop_loss="55")
    trade(desk)
    desk.configure(desk.more + "[risk]\napprove_all = true\n")
    two_minutes_later()
    with open_stores() as opened:
        stop(opened, plan_halt(None, "drill", "desk"))

    state = watch()

    assert "stop loss 55 is reached, and not sent: a person halted trading: drill" in str(state.message)
    assert held(world) == OWN + Decimal("3.5")
    with open_stores() as opened:
        let_go(opened, AccountId("*"), "drill is over", "desk", BreakerName.MANUAL)
    watch()
    assert held(world) == OWN
    assert desk.journal_rows("SELECT intent_id FROM approval") == []
