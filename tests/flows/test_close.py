"""The close on a real Prefect server: what it stores, what it says, and whom it stops."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from simulator.protocols.alpaca import AlpacaFace
from simulator.protocols.faults import ALWAYS, Status, Truncate
from tests.contract.world import World, an_order
from tests.flows.channel import Channel
from tests.flows.conftest import SECRET, FlowDesk

if TYPE_CHECKING:
    from prefect.client.schemas.objects import Artifact, State

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect")]  # one server for all of them
DAY = date(2026, 3, 2)
RUN = "alpaca-main-20260302-01"
Artifacts = Callable[["State[Any]"], "dict[str, Artifact]"]


def test_a_book_that_agrees_ties_out_and_the_run_page_says_so(opened: FlowDesk, artifacts: Artifacts) -> None:
    state = opened.close(date=DAY)

    assert (state.name, state.is_completed()) == ("Tied out", True)
    assert state.message == "1 account: 1 tied out; 0 open breaks (0 critical); coverage 100%"
    (recon,) = opened.rows("SELECT state, coverage, breaks_opened FROM recon_run")
    assert (recon["state"], recon["coverage"], recon["breaks_opened"]) == ("tied_out", 1, 0)
    shown = artifacts(state)
    assert {"close-summary", "close-accounts", "close-breaks", "close-coverage", "close-quality"} <= shown.keys()
    assert "100%" in str(shown["close-coverage"].data)


def test_runs_and_steps_have_names_that_a_person_can_read(opened: FlowDesk) -> None:
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId

    state = opened.close(date=DAY, accounts=["alpaca-main"])

    run_id = state.state_details.flow_run_id
    assert run_id is not None
    with get_client(sync_client=True) as client:
        run = client.read_flow_run(run_id)
        steps = client.read_task_runs(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[run_id])))
    assert run.name == "eod-reconciliation alpaca-main 2026-03-02"
    assert {step.name for step in steps} >= {
        "plan",
        "begin alpaca-main 2026-03-02",
        "snapshot alpaca-main 2026-03-02",
        "quality alpaca-main 2026-03-02",
        "reconcile alpaca-main 2026-03-02",
        "report",
        "alert",
    }


def test_a_truncated_list_of_positions_opens_no_break_and_raises_one_alert(
    opened: FlowDesk, face: AlpacaFace, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHANNEL", channel.url)
    opened.configure(opened.more + '[alerts]\ncritical = ["env:CHANNEL"]\nwarning = ["env:CHANNEL"]\n')
    face.faults.add(Truncate(200), "/v2/positions", times=ALWAYS)

    state = opened.close(date=DAY)

    assert (state.name, state.is_failed()) == ("Quarantined", True)
    assert opened.journal_rows("SELECT break_id FROM break_case") == []
    (snapshot,) = opened.rows("SELECT completeness, status FROM snapshot")
    assert snapshot == {"completeness": "partial", "status": "quarantined"}
    (recon,) = opened.rows("SELECT state, coverage, rows_compared FROM recon_run")
    assert recon == {"state": "quarantined", "coverage": 0, "rows_compared": 0}
    (message,) = channel.messages
    assert message["title"] == "tieout 2026-03-02: quarantined"
    assert "positions" in message["message"]


def test_a_quarantined_day_is_run_again_and_ties_out(opened: FlowDesk, face: AlpacaFace) -> None:
    face.faults.add(Truncate(200), "/v2/positions", times=ALWAYS)
    opened.close(date=DAY)
    face.faults.clear()

    assert opened.close(date=DAY).name == "Tied out"
    states = opened.rows("SELECT run_id, state FROM recon_run ORDER BY run_id")
    assert [(row["run_id"][-2:], row["state"]) for row in states] == [("01", "quarantined"), ("02", "tied_out")]


def test_one_accounts_trouble_is_its_own(opened: FlowDesk, face: AlpacaFace, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        unreachable = f"http://127.0.0.1:{nobody.getsockname()[1]}"
    monkeypatch.setenv("REFUSED_API_KEY", "PKOTHER")
    monkeypatch.setenv("REFUSED_API_SECRET", "test-secret-that-is-wrong")
    opened.account("refused", face.base_url, credential="env:REFUSED")
    opened.account("unreachable", unreachable)
    opened.account("no-key", face.base_url, credential="env:NOBODY")
    opened.account("claims-live", face.base_url, mode="live", live_enabled=True)
    monkeypatch.delenv("TIEOUT_NOW")  # refused beside a live account

    state = opened.close(date=DAY)

    assert (state.name, state.is_failed()) == ("Failed", True)
    runs = {row["account_id"]: row for row in opened.journal_rows("SELECT account_id, state, outcome FROM run")}
    assert runs["alpaca-main"]["state"] != "failed"
    words = {name: str(row["outcome"]) for name, row in runs.items() if row["state"] == "failed"}
    assert words.keys() == {"refused", "unreachable", "no-key", "claims-live"}
    assert "Unauthorised" in words["refused"]
    assert "Unavailable" in words["unreachable"]
    assert "ConfigError" in words["no-key"]
    assert "NOBODY" in words["no-key"]
    assert "ConfigError" in words["claims-live"]


def test_a_read_that_failed_with_nothing_done_is_tried_again(opened: FlowDesk, face: AlpacaFace) -> None:
    face.faults.add(Status(503), "/v2/account", times=1)

    assert opened.close(date=DAY).name == "Tied out"


def test_a_refused_key_is_not_tried_again(opened: FlowDesk, face: AlpacaFace) -> None:
    face.faults.add(Status(401, b'{"message":"access key verification failed"}'), "/v2/account", times=1)

    assert opened.close(date=DAY).name == "Failed"


@pytest.mark.parametrize("tags", [(), ("auto-scheduled",)], ids=["by hand", "by the schedule"])
def test_a_holiday_is_skipped_with_the_reason(
    opened: FlowDesk, face: AlpacaFace, monkeypatch: pytest.MonkeyPatch, tags: tuple[str, ...]
) -> None:
    import prefect

    monkeypatch.setenv("TIEOUT_NOW", "2026-01-19T21:45:00+00:00")  # Martin Luther King Jr. Day
    asked_before = len(face.log)

    with prefect.tags(*tags):
        state = opened.close(**({} if tags else {"date": date(2026, 1, 19)}))

    assert (state.name, state.is_completed()) == ("Skipped", True)
    assert "2026-01-19 is no session" in str(state.message)
    assert "2026-01-16" in str(state.message)
    assert len(face.log) == asked_before


def test_a_dry_run_changes_no_book_and_no_case(
    opened: FlowDesk, world: World, monkeypatch: pytest.MonkeyPatch, channel: Channel
) -> None:
    monkeypatch.setenv("CHANNEL", channel.url)
    opened.configure(opened.more + '[alerts]\ncritical = ["env:CHANNEL"]\n')
    world.account.submit(an_order(quantity="7"))  # rests until the next session: an order that the book does not know
    monkeypatch.setenv("DRY_RUN", "true")

    state = opened.close(date=DAY)

    assert state.is_completed()
    assert opened.journal_rows("SELECT break_id FROM break_case") == []
    assert opened.rows("SELECT run_id FROM recon_run") == []
    assert channel.messages == []
    assert opened.close(date=DAY, dry_run=False).is_completed()
    assert opened.rows("SELECT run_id FROM recon_run") != []


def test_a_second_run_of_one_close_is_refused_while_the_first_lives(
    opened: FlowDesk, face: AlpacaFace, artifacts: Artifacts
) -> None:
    _hold_lease(opened, f"{socket.gethostname()}:{os.getpid()}:another flow run")
    asked_before = len(face.log)

    state = opened.close(date=DAY)

    assert state.name == "Failed"
    assert "is being worked on by" in str(artifacts(state)["close-summary"].data)
    assert len(face.log) == asked_before


def test_the_lease_of_a_run_that_died_is_taken_over(opened: FlowDesk) -> None:
    _hold_lease(opened, f"{socket.gethostname()}:{_dead_process()}:a flow run that was killed")

    assert opened.close(date=DAY).name == "Tied out"


def test_a_zombie_writes_nothing(opened: FlowDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between its snapshot and its reconciliation, this run is overtaken."""
    from tasks import judge

    whole = judge.sessions_of

    def overtaken(account: Any) -> Any:
        _hold_lease(opened, "another:1:run", is_dead=lambda _: True)
        return whole(account)

    monkeypatch.setattr(judge, "sessions_of", overtaken)

    assert opened.close(date=DAY).name == "Failed"
    assert opened.journal_rows("SELECT break_id FROM break_case") == []
    assert opened.rows("SELECT run_id FROM recon_run") == []


def test_a_report_that_cannot_be_written_stops_neither_the_alert_nor_the_artifacts(
    opened: FlowDesk, artifacts: Artifacts, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHANNEL", channel.url)
    opened.configure(opened.more + '[alerts]\ncritical = ["env:CHANNEL"]\ninfo = ["env:CHANNEL"]\n')
    (opened.folder / "data" / "out").mkdir(parents=True, exist_ok=True)
    (opened.folder / "data" / "out" / "reports").write_text("a file where the folder should be")

    state = opened.close(date=DAY)

    assert (state.name, state.is_failed()) == ("Tied out", True)
    assert "report: " in str(state.message)
    assert len(channel.messages) == 1
    assert "close-summary" in artifacts(state)


def test_no_secret_appears_in_anything_that_a_run_leaves(
    opened: FlowDesk, artifacts: Artifacts, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import LogFilter, LogFilterFlowRunId

    monkeypatch.setenv("CHANNEL", channel.url)
    opened.configure(opened.more + '[alerts]\ncritical = ["env:CHANNEL"]\ninfo = ["env:CHANNEL"]\n')
    state = opened.close(date=DAY)

    run_id = state.state_details.flow_run_id
    assert run_id is not None
    with get_client(sync_client=True) as client:
        logs = client.read_logs(log_filter=LogFilter(flow_run_id=LogFilterFlowRunId(any_=[run_id])))
        run = client.read_flow_run(run_id)
    told = [str([log.message for log in logs]), str(run.parameters), str(artifacts(state)), str(channel.messages)]
    assert all(secret not in text for text in told for secret in (SECRET, "test-secret-of-the-channel"))
    left = [path for path in opened.folder.rglob("*") if path.is_file() and "prefect" not in path.parts]
    assert len(left) > 10
    assert [path for path in left if SECRET.encode() in path.read_bytes()] == []


def _hold_lease(desk: FlowDesk, holder: str, is_dead: Callable[[str], bool] = lambda _: False) -> None:
    from datetime import timedelta

    from sql.leases import acquire
    from tasks.clock import now

    stores = desk.stores()
    try:
        with stores.journal.write() as journal:
            acquire(journal, f"alpaca-main:eod-reconciliation:{DAY}", holder, now(), timedelta(hours=1), is_dead)
    finally:
        stores.close()


def _dead_process() -> int:
    done = subprocess.Popen([sys.executable, "-c", "pass"])
    done.wait()
    return done.pid
