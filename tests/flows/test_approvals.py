"""Questions of a window that are answered elsewhere, or by nobody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from tests.contract.world import World
from tests.flows import in_session
from tests.flows.conftest import FlowDesk
from tests.flows.in_session import Asking
from tests.flows.windows import wish

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect")]
asking, desk, face, world = in_session.asking, in_session.desk, in_session.face, in_session.world  # fixtures


def states(desk: FlowDesk) -> list[str]:
    return [row["state"] for row in desk.journal_rows("SELECT state FROM intent")]


def test_an_answer_from_the_command_line_sends_the_order_and_ends_the_pause(
    asking: Callable[[], Asking],
    desk: FlowDesk,
    world: World,
) -> None:
    from flows.cli.main import app

    wish(desk, "one")
    running = asking()
    running.question()
    (row,) = desk.journal_rows("SELECT intent_id FROM approval")

    done = CliRunner().invoke(app, ["approve", row["intent_id"], "--by", "desk", "--code", running.totp.now()])

    assert "approved by desk" in done.output
    assert running.state().name == "Done"
    assert len(world.account.orders()) == 1


def test_silence_is_a_no_and_the_run_ends(
    asking: Callable[[], Asking],
    desk: FlowDesk,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tasks.trading.admit.PATIENCE", timedelta(seconds=2))
    wish(desk, "one")

    assert asking().state().name == "Denied"
    assert states(desk) == ["lapsed"]
    assert world.account.orders() == ()
