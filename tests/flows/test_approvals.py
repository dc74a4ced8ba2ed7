"""Questions of a window that are answered elsewhere, or by nobody."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from sql.approvals import Question
from sql.journal import Journal
from tasks.trading.answers import open_questions
from tests.contract.world import World
from tests.flows import in_session
from tests.flows.conftest import FlowDesk
from tests.flows.in_session import Asking
from tests.flows.windows import wish
from tieout.errors import StoreError

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


def test_what_is_left_unanswered_is_asked_again_without_what_was_answered(
    asking: Callable[[], Asking],
    desk: FlowDesk,
    world: World,
) -> None:
    from flows.cli.main import app

    wish(desk, "one")
    wish(desk, "two")
    running = asking()
    running.question()
    first, second = (row["intent_id"] for row in desk.journal_rows("SELECT intent_id FROM approval ORDER BY intent_id"))

    present = datetime.now(UTC)
    code, next_code = running.totp.at(present), running.totp.at(present + timedelta(seconds=running.totp.interval))
    CliRunner().invoke(app, ["approve", first, "--by", "desk", "--code", code])
    running.question()  # put again, for the other
    CliRunner().invoke(app, ["approve", second, "--by", "desk", "--code", next_code, "--decline"])

    running.state()
    assert sorted(states(desk)) == ["declined", "filled"]
    assert len(world.account.orders()) == 1


def test_a_store_that_cannot_be_read_for_a_moment_does_not_keep_the_pause_open(
    asking: Callable[[], Asking],
    desk: FlowDesk,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failed: list[bool] = []

    def busy_once(journal: Journal) -> tuple[Question, ...]:
        if threading.current_thread().name == "pause" and not failed:
            failed.append(True)
            raise StoreError("the journal is busy")
        return open_questions(journal)

    monkeypatch.setattr("tasks.trading.ask.open_questions", busy_once)
    monkeypatch.setattr("tasks.trading.admit.PATIENCE", timedelta(seconds=4))
    wish(desk, "one")

    assert asking().state().name == "Denied"
    assert failed
