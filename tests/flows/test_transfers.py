"""The transfers watch on a real Prefect server: what moves and what changes is told, once."""

from __future__ import annotations

import json
from collections.abc import Callable
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


def expect(*words: str) -> None:
    from typer.testing import CliRunner

    from flows.cli.main import app

    usual = ["transfers", "expect", "--account", "alpaca-main", "--because", "rent", "--by", "desk", *words]
    done = CliRunner().invoke(app, usual)
    assert done.exit_code == 0, done.output


def test_what_was_announced_is_expected_once_and_what_never_came_is_told_once(
    desk: FlowDesk,
    world: World,
    channel: Channel,
    artifacts: Callable[[State[Any]], dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk.configure(desk.more + 'info = ["env:CHANNEL"]\n')
    watch()
    expect("--amount", "-5000", "--currency", "USD", "--until", "2026-03-03")
    expect("--amount", "-70", "--currency", "USD", "--until", "2026-03-03")
    world.account.deposit(Decimal(-5_000))

    state = watch()

    assert [one["type"] for one in channel.messages] == ["info"]
    assert "expected by desk" in channel.messages[0]["message"]
    (row,) = json.loads(artifacts(state)["transfers"].data)
    assert (row["what"], row["severity"]) == ("transfer.out", "info")
    assert str(row["announced"]).startswith("EXP-")

    world.account.deposit(Decimal(-5_000))
    watch()
    assert [one["type"] for one in channel.messages] == ["info", "failure"]

    monkeypatch.setenv("TIEOUT_NOW", "2026-03-04T21:05:00Z")
    watch()
    watch()
    assert [one["type"] for one in channel.messages] == ["info", "failure", "warning"]
    assert "never came, out: -70 USD" in channel.messages[-1]["message"]


def test_a_position_that_crosses_a_threshold_is_told_once_with_what_it_covers(
    desk: FlowDesk, channel: Channel, artifacts: Callable[[State[Any]], dict[str, Any]]
) -> None:
    large = '[large_positions]\naccounts = ["alpaca-main"]\nmanaged_value = 100\n'
    desk.configure(desk.more + large + '[large_positions.shares_outstanding]\nKO = "2026-02-17 250"\n')
    desk.close()

    before = len(channel.messages)
    state = watch()
    watch()

    assert state.is_completed(), state.message
    (message,) = channel.messages[before:]
    assert message["type"] == "failure"
    assert "13F value, all: " in message["message"]
    assert "from 100 on), crossed" in message["message"]
    assert "13D/G share, KO: 0.0422 (more than 0.05 on), near" in message["message"]
    assert "alpaca-main: positions of 2026-03-02" in message["message"]
    rows = {row["rule"]: row for row in json.loads(artifacts(state)["large-positions"].data)}
    assert (rows["13F value"]["level"], rows["13D/G share"]["level"]) == ("crossed", "near")
    found = desk.journal_rows("SELECT action FROM audit_event WHERE action LIKE 'position.%' ORDER BY event_id")
    assert [row["action"] for row in found] == ["position.crossed", "position.near"]
