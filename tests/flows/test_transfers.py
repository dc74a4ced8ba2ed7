"""The transfers watch on a real Prefect server: what moves and what changes is told, once."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from simulator.protocols.alpaca import AlpacaFace
from simulator.protocols.faults import ALWAYS, SetField, Status
from tests.contract.world import World
from tests.flows.channel import Channel
from tests.flows.conftest import FlowDesk

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect")]
ALERTS = '[alerts]\ncritical = ["env:CHANNEL"]\nwarning = ["env:CHANNEL"]\n'


@pytest.fixture
def desk(opened: FlowDesk, channel: Channel, monkeypatch: pytest.MonkeyPatch) -> FlowDesk:
    monkeypatch.setenv("CHANNEL", channel.url)
    return opened.configure(opened.more + ALERTS)


def watch() -> State[Any]:
    from flows.transfers_watch import transfers_watch

    return transfers_watch(return_state=True)


def test_what_leaves_is_told_once_and_audited(desk: FlowDesk, world: World, channel: Channel) -> None:
    assert watch().name == "Quiet"
    world.account.deposit(Decimal(-5_000))

    state = watch()

    assert (state.name, state.is_completed()) == ("Moved", True), state.message
    (message,) = channel.messages
    assert "out: -5000 USD" in message["message"]
    assert message["type"] == "failure"
    assert watch().name == "Quiet"
    assert len(channel.messages) == 1
    found = desk.journal_rows("SELECT action FROM audit_event WHERE action LIKE 'transfer.%'")
    assert [row["action"] for row in found] == ["transfer.out"]


def test_what_comes_in_is_a_warning(desk: FlowDesk, world: World, channel: Channel) -> None:
    world.account.deposit(Decimal(5_000))

    watch()

    assert [one["type"] for one in channel.messages] == ["warning"]


def test_a_changed_flag_is_critical(desk: FlowDesk, face: AlpacaFace, channel: Channel) -> None:
    watch()
    face.faults.add(SetField("crypto_status", "INACTIVE"), "/v2/account", times=ALWAYS)

    watch()

    (message,) = channel.messages
    assert "crypto_status was ACTIVE, is INACTIVE" in message["message"]


def test_an_account_that_cannot_be_watched_fails_the_run(desk: FlowDesk, face: AlpacaFace) -> None:
    face.faults.add(Status(401), times=ALWAYS)

    state = watch()

    assert (state.name, state.is_failed()) == ("Failed", True)
