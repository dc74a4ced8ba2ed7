"""The risk watch on a real Prefect server: what it finds stops trading, and is told once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from simulator.protocols.alpaca import AlpacaFace
from simulator.protocols.faults import ALWAYS, Status
from tests.flows.channel import Channel
from tests.flows.conftest import FlowDesk

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect")]
ALERTS = '[alerts]\ncritical = ["env:CHANNEL"]\nwarning = ["env:CHANNEL"]\ninfo = ["env:CHANNEL"]\n'


@pytest.fixture
def desk(opened: FlowDesk, channel: Channel, monkeypatch: pytest.MonkeyPatch) -> FlowDesk:
    """A desk that tells a channel."""
    monkeypatch.setenv("CHANNEL", channel.url)
    return opened.configure(opened.more + ALERTS)


def watch(**parameters: Any) -> State[Any]:
    from flows.risk_watch import risk_watch

    return risk_watch(**parameters, return_state=True)


def breakers(desk: FlowDesk) -> dict[tuple[str, str], tuple[str, Any]]:
    rows = desk.journal_rows("SELECT account_id, name, state, lifted_by FROM breaker")
    return {(row["account_id"], row["name"]): (row["state"], row["lifted_by"]) for row in rows}


def value_at_last_close(desk: FlowDesk, equity: str) -> None:
    """A net asset value as the close of the session before would have written it."""
    from sqlalchemy import text

    stores = desk.stores()
    with stores.warehouse.write() as warehouse:
        warehouse.execute(
            text("UPDATE nav SET business_date = DATE '2026-02-27', equity = :equity"), {"equity": equity}
        )
    stores.warehouse.publish()
    stores.close()


def test_a_calm_account_trips_nothing_and_tells_nobody(desk: FlowDesk, channel: Channel) -> None:
    state = watch()

    assert (state.name, state.is_completed()) == ("Watched", True), state.message
    assert breakers(desk) == {}
    assert channel.messages == []


def test_a_daily_loss_halts_and_is_told_once(desk: FlowDesk, channel: Channel) -> None:
    desk.close()
    channel.messages.clear()
    value_at_last_close(desk, "130000")

    assert watch().name == "Changed"
    assert breakers(desk)[("alpaca-main", "daily_loss")] == ("halted", None)
    (message,) = channel.messages
    assert "daily_loss" in message["message"]

    assert watch().name == "Watched"
    assert len(channel.messages) == 1


def test_a_silent_venue_halts_its_account_and_the_others_are_watched(
    desk: FlowDesk, face: AlpacaFace, channel: Channel
) -> None:
    desk.configure(desk.more + "[accounts.silent.risk]\nmax_silence_s = 1\n")
    desk.account("silent", "http://127.0.0.1:9")

    assert watch().name == "Changed"
    assert breakers(desk) == {("silent", "connectivity"): ("halted", None)}

    desk.account("silent", face.base_url)
    assert watch().name == "Changed"
    assert breakers(desk) == {("silent", "connectivity"): ("lifted", "connection")}
    assert len(channel.messages) == 2


def test_a_refused_key_fails_the_run_and_stops_no_other_account(
    desk: FlowDesk, face: AlpacaFace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REFUSED_API_KEY", "PKOTHER")
    monkeypatch.setenv("REFUSED_API_SECRET", "test-secret-that-is-wrong")
    desk.account("refused", face.base_url, credential="env:REFUSED")

    state = watch()

    assert state.is_failed()
    assert "refused: Unauthorised" in str(state.message)
    assert "1 accounts watched" in str(state.message)


def test_quotes_that_cannot_be_had_count_as_errors(desk: FlowDesk, face: AlpacaFace) -> None:
    desk.configure(desk.more + '[risk]\nmin_calls = 3\nmax_error_rate = "0.3"\n')
    face.faults.add(Status(503), "/v2/stocks/quotes/latest", times=ALWAYS)

    watch()

    assert ("alpaca-main", "error_rate") in breakers(desk)
