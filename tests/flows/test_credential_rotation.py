"""The rotation flow on a real Prefect server: keys and tokens are replaced, and never by two."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from simulator.protocols.alpaca import AlpacaFace
from simulator.protocols.faults import Delay, Reset
from simulator.protocols.keys import KeysFace
from simulator.protocols.oauth import TRADESTATION, OAuthFace
from tests.contract.world import TERMS, World
from tests.flows.channel import Channel
from tests.flows.conftest import FlowDesk
from tests.flows.credential_desk import pass_time, rotate, with_key, with_token

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect")]
ALERTS = '[alerts]\ncritical = ["env:CHANNEL"]\nwarning = ["env:CHANNEL"]\n'


@pytest.fixture
def keys(world: World) -> Iterator[KeysFace]:
    with KeysFace(world.venue) as running:
        yield running


@pytest.fixture
def oauth(world: World) -> Iterator[OAuthFace]:
    with OAuthFace(world.venue, world.account, lambda: world.clock.now, TRADESTATION) as running:
        yield running


@pytest.fixture
def desk(flow_desk: FlowDesk, channel: Channel, monkeypatch: pytest.MonkeyPatch) -> FlowDesk:
    """A desk that tells a channel, with a clock that goes back to where it was."""
    monkeypatch.setenv("CHANNEL", channel.url)
    return flow_desk.configure(flow_desk.more + ALERTS)


def events(desk: FlowDesk) -> list[str]:
    return [row["event"] for row in desk.journal_rows("SELECT event FROM credential_event ORDER BY event_id")]


def test_a_key_is_replaced_by_a_run_and_verified_by_a_fresh_process(
    desk: FlowDesk, face: AlpacaFace, keys: KeysFace, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = with_key(desk, face, keys, monkeypatch)

    state = rotate(credentials=["main"], force=True)

    assert (state.name, state.is_completed()) == ("Rested", True), state.message
    (key,) = world.venue.keys.of(world.account)
    assert key.key_id != TERMS.key_id
    assert source.read().parts["key_id"] == key.key_id
    told = events(desk)
    assert told.index("verified") < told.index("revoked") < told.index("revoked_proven")
    (verified,) = desk.journal_rows("SELECT words FROM credential_event WHERE event = 'verified'")
    assert verified["words"].startswith("fresh process: paper account")
    assert rotate().name == "Rested"
    assert len(events(desk)) == len(told)


def test_two_runs_at_once_refresh_a_rotating_token_once(
    desk: FlowDesk, face: AlpacaFace, oauth: OAuthFace, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = with_token(desk, face, oauth, monkeypatch, "rotating = true\n")
    before = source.read().parts["refresh_token"]
    oauth.faults.add(Delay(0.5), "/oauth/token", "POST")
    ended: list[Any] = []
    threads = []
    for _ in range(2):
        context = contextvars.copy_context()
        threads.append(threading.Thread(target=lambda context=context: ended.append(context.run(rotate))))
    for one in threads:
        one.start()
    for one in threads:
        one.join(timeout=120)

    assert [state.is_completed() for state in ended] == [True, True], [state.message for state in ended]
    assert oauth.refreshes == 1
    assert oauth.working_refresh_tokens == 1
    assert source.read().parts["refresh_token"] != before


def test_a_token_is_refreshed_at_half_of_its_life_and_not_before(
    desk: FlowDesk, face: AlpacaFace, oauth: OAuthFace, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_token(desk, face, oauth, monkeypatch, "rotating = true\n")
    rotate()
    assert oauth.refreshes == 1

    pass_time(world, timedelta(minutes=9))
    rotate()
    assert oauth.refreshes == 1

    pass_time(world, timedelta(minutes=2))
    assert rotate().name == "Rested"
    assert oauth.refreshes == 2


def test_a_lost_answer_asks_a_person_while_the_access_token_still_works(
    desk: FlowDesk,
    face: AlpacaFace,
    oauth: OAuthFace,
    world: World,
    channel: Channel,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = with_token(desk, face, oauth, monkeypatch, "rotating = true\n")
    rotate()
    pass_time(world, timedelta(minutes=11))
    oauth.faults.add(Reset(booked=True), "/oauth/token", "POST")

    state = rotate()

    assert state.name == "Waiting"
    assert "main" in channel.messages[-1]["message"]
    world.venue.authenticate_token(source.read().parts["access_token"])
    assert oauth.refreshes == 2
    assert rotate().name == "Waiting"
    assert oauth.refreshes == 2
