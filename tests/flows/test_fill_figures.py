"""What a window says of its fills against the market, and that the better price replaces the poorer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from simulator.prices import Tick, TickReplay
from simulator.protocols.alpaca import AlpacaFace
from tests.contract.world import MONDAY, World, a_world
from tests.flows.conftest import FlowDesk
from tests.flows.test_risk_watch import watch
from tests.flows.windows import trade, wish

if TYPE_CHECKING:
    from prefect.client.schemas.objects import Artifact, State

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect")]


@pytest.fixture
def world() -> World:
    """KO opened at 58 and stands at 60 since 15:00."""
    opened = MONDAY - timedelta(days=1)
    return a_world(TickReplay([Tick(opened, Decimal(58)), Tick(MONDAY, Decimal(60))]))


@pytest.fixture
def face(world: World) -> Iterator[AlpacaFace]:
    with AlpacaFace(world.venue) as running:
        yield running


@pytest.fixture
def desk(flow_desk: FlowDesk, face: AlpacaFace, monkeypatch: pytest.MonkeyPatch) -> FlowDesk:
    monkeypatch.setenv("TIEOUT_NOW", f"{MONDAY.isoformat()}@{datetime.now(UTC).isoformat()}")
    return flow_desk.account("alpaca-main", face.base_url, timeout_s=2)


def stored(desk: FlowDesk) -> dict[str, Any]:
    (row,) = desk.journal_rows("SELECT * FROM fill_figures")
    return row


def test_the_report_says_what_it_cost_and_against_which_price(
    desk: FlowDesk, artifacts: Callable[[State[Any]], dict[str, Artifact]]
) -> None:
    wish(desk, "one")

    state = trade(desk)

    assert "bp against arrival" in str(state.message)
    assert "bp against the VWAP of the session" in str(state.message)
    shown = str(artifacts(state)["window-orders"].data)
    assert '"vwap_of": "session"' in shown
    row = stored(desk)
    assert (row["vwap_of"], Decimal(row["vwap"])) == ("session", Decimal(58))  # nothing traded at 60 before us
    assert Decimal(row["vwap_bp"]) == round((Decimal("60.01") - 58) / 58 * 10_000, 2)


def test_once_its_minutes_are_over_the_watch_measures_it_against_them(
    desk: FlowDesk, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    wish(desk, "one")
    trade(desk)
    later = MONDAY + timedelta(minutes=5)
    monkeypatch.setenv("TIEOUT_NOW", later.isoformat())
    world.clock.advance_to(later)

    watch()

    row = stored(desk)
    assert (row["vwap_of"], Decimal(row["vwap"])) == ("interval", Decimal(60))
    assert Decimal(row["vwap_bp"]) == round(Decimal("0.01") / 60 * 10_000, 2)
