"""The day's plan on a real Prefect server: what stands in "upcoming", what moves, what yields, and what is missed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from typer.testing import CliRunner

from tests.flows.channel import Channel
from tests.flows.conftest import FlowDesk

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import FlowRun, State

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect")]
ALERTS = '[alerts]\ncritical = ["env:CHANNEL"]\nwarning = ["env:CHANNEL"]\n'
MORNING = "2026-03-03T11:00:00Z"  # a Tuesday, 06:00 in New York
FLOWS = ("eod-reconciliation", "execution-window", "options-expiration", "assignment-check", "broker-health")


@pytest.fixture
def client(flow_desk: FlowDesk) -> Any:
    """The server, with every deployment that plans are made of, and no schedule of its own."""
    from prefect.client.orchestration import get_client

    from flows.serving import declared, load_flow

    for one in declared():
        if one.flow in FLOWS and one.name == one.flow:
            load_flow(one.entrypoint).to_deployment(name=one.name, tags=list(one.tags)).apply()  # type: ignore[union-attr]
    with get_client(sync_client=True) as found:
        _forget(found)
        yield found


def _forget(client: SyncPrefectClient) -> None:
    """What other tests planned on this server: the keys name account and session, and both are the same in each."""
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterTags

    wanted = FlowRunFilter(tags=FlowRunFilterTags(all_=["planned"]))
    for run in client.read_flow_runs(flow_run_filter=wanted):
        client.delete_flow_run(run.id)


@pytest.fixture
def desk(
    opened: FlowDesk,
    channel: Channel,
    monkeypatch: pytest.MonkeyPatch,
    client: SyncPrefectClient,
) -> FlowDesk:
    monkeypatch.setenv("CHANNEL", channel.url)
    monkeypatch.setenv("TIEOUT_NOW", MORNING)
    return opened.configure(opened.more + ALERTS)


def plan(desk: FlowDesk, **given: Any) -> State[Any]:
    from flows.plan_day import plan_day

    return plan_day(**given, return_state=True)


def upcoming(client: SyncPrefectClient, desk: FlowDesk) -> dict[str, FlowRun]:
    """What waits in Prefect of this desk's plan, by the run's key."""
    rows = desk.journal_rows("SELECT plan_key, flow_run_id FROM planned_run WHERE state = 'planned'")
    found = {row["plan_key"]: client.read_flow_run(UUID(row["flow_run_id"])) for row in rows}
    return {key: run for key, run in found.items() if run.state and run.state.is_scheduled()}


def minutes(runs: dict[str, FlowRun]) -> dict[str, str]:
    """`16:45:00` UTC by run, without account and session."""
    return {key.partition(":")[0]: f"{run.expected_start_time:%d %H:%M:%S}" for key, run in runs.items()}


FULL_DAY = {
    "broker-health/open-2h": "03 12:30:00",
    "assignment-check": "03 12:30:00",
    "execution-window/open-auction": "03 13:58:00",
    "execution-window/session": "03 14:28:00",
    "options-expiration/forecast": "03 15:00:00",
    "options-expiration/decide": "03 18:15:00",
    "broker-health/close-1h30m": "03 19:30:00",
    "execution-window/close-auction": "03 20:43:00",
    "options-expiration/expect": "03 21:30:00",
    "eod-reconciliation": "03 21:45:00",
}


def test_the_day_stands_in_the_schedule_once_and_moves_with_the_close(
    desk: FlowDesk, client: SyncPrefectClient, monkeypatch: pytest.MonkeyPatch, artifacts: Any, channel: Channel
) -> None:
    state = plan(desk)

    assert state.name == "Planned", state.message
    first = upcoming(client, desk)
    assert minutes(first) == FULL_DAY
    close = first["eod-reconciliation:alpaca-main:2026-03-03"]
    assert close.parameters == {"accounts": ["alpaca-main"], "date": "2026-03-03"}
    assert (close.idempotency_key, close.name) == (
        "eod-reconciliation:alpaca-main:2026-03-03",
        "eod-reconciliation alpaca-main 2026-03-03",
    )
    assert {"planned", "tieout"} <= set(close.tags)
    page = str(artifacts(state)["day-plan"].data)
    assert "| 2026-03-03 16:45 EST |" in page
    assert f"/runs/flow-run/{close.id})" in page

    assert plan(desk).name == "Unchanged"
    assert {key: run.id for key, run in upcoming(client, desk).items()} == {key: one.id for key, one in first.items()}

    shows_the_plan_without_a_server()

    # one has begun; then the exchange says that it will close at 13:00
    from prefect.states import Running

    begun = first["broker-health/open-2h:alpaca-main:2026-03-03"]
    client.set_flow_run_state(begun.id, Running(), force=True)
    desk.configure(desk.more.replace("[run]", '[calendars]\nXNYS = ["2026-03-03 13:00"]\n\n[run]'))
    monkeypatch.setenv("TIEOUT_NOW", "2026-03-03T13:00:00Z")
    state = plan(desk)

    moved = upcoming(client, desk)
    assert minutes(moved)["eod-reconciliation"] == "03 18:45:00"
    assert minutes(moved)["execution-window/close-auction"] == "03 17:43:00"
    assert minutes(moved)["execution-window/session"] == FULL_DAY["execution-window/session"]
    assert moved["execution-window/session:alpaca-main:2026-03-03"].id == (
        first["execution-window/session:alpaca-main:2026-03-03"].id
    )
    assert begun.id not in {run.id for run in moved.values()}
    assert "calendar differs" in str(channel.messages), "the venue still says 16:00"
    told = len(channel.messages)
    assert plan(desk).name == "Unchanged"
    assert len(channel.messages) == told, "a difference is told once"

    # and the whole day is called off
    desk.configure(desk.more.replace('["2026-03-03 13:00"]', "[2026-03-03]"))
    state = plan(desk)
    assert upcoming(client, desk) == {}
    assert "2026-03-03 is no session: an ad-hoc closure from the settings" in str(state.message)


def shows_the_plan_without_a_server() -> None:
    from flows.cli.main import app

    shown = CliRunner().invoke(app, ["plan"])
    assert "2026-03-03 16:45 EST" in shown.output
    assert "planned" in shown.output
    (told,) = json.loads(CliRunner().invoke(app, ["plan", "--json", "--date", "2026-03-03"]).output)
    assert (told["account"], told["session"], len(told["runs"])) == ("alpaca-main", "2026-03-03", 10)
    assert told["runs"][-1]["flow"] == "eod-reconciliation"
    closed = CliRunner().invoke(app, ["plan", "--date", "2026-04-03"])
    assert "2026-04-03 is no session: Good Friday" in closed.output


def test_a_holiday_plans_nothing_and_says_why(
    desk: FlowDesk, client: SyncPrefectClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIEOUT_NOW", "2026-04-03T11:00:00Z")
    state = plan(desk)

    assert (state.name, upcoming(client, desk)) == ("Nothing to plan", {})
    assert state.message == "no runs; 2026-04-03 is no session: Good Friday"


def _as(client: SyncPrefectClient, tags: list[str], flow_run_id: UUID | None = None, **given: Any) -> State[Any]:
    """The close, run here as a schedule or the plan would start it."""
    from prefect.flow_engine import run_flow

    from flows.eod_reconciliation import eod_reconciliation as flow

    run = (
        client.read_flow_run(flow_run_id) if flow_run_id else client.create_flow_run(flow, parameters=given, tags=tags)
    )
    done: State[Any] = run_flow(flow, flow_run=run, parameters=given, return_type="state")  # type: ignore[assignment]
    return done


def test_what_a_schedule_starts_yields_to_the_plan_and_holds_where_the_plan_does_not(
    desk: FlowDesk, client: SyncPrefectClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIEOUT_NOW", "2026-03-02T21:30:00Z")
    plan(desk)
    run = upcoming(client, desk)["eod-reconciliation:alpaca-main:2026-03-02"]

    by_cron = _as(client, ["auto-scheduled"])
    assert by_cron.name == "Skipped", by_cron.message
    assert "it is planned for 2026-03-02 21:45 UTC" in str(by_cron.message)

    # the planned run is overdue: the net holds
    monkeypatch.setenv("TIEOUT_NOW", "2026-03-02T22:30:00Z")
    by_cron = _as(client, ["auto-scheduled"])
    assert by_cron.name != "Skipped", by_cron.message
    assert by_cron.is_completed(), by_cron.message

    # and the planned run, taken up at last, has nothing left to do
    late = _as(client, ["planned"], run.id, accounts=["alpaca-main"], date="2026-03-02")
    assert late.name == "Skipped"
    assert "it is done: alpaca-main-20260302-" in str(late.message)
    states = desk.journal_rows(f"SELECT state FROM planned_run WHERE flow_run_id = '{run.id}'")
    assert states == [{"state": "begun"}]
    assert plan(desk).is_completed()
    states = desk.journal_rows(f"SELECT state, words FROM planned_run WHERE flow_run_id = '{run.id}'")
    assert states == [{"state": "ended", "words": "Skipped"}]

    # a person may close again whenever they like
    assert desk.close().name != "Skipped"


def test_after_an_outage_late_runs_are_made_up_for_one_after_the_other(
    desk: FlowDesk, client: SyncPrefectClient, monkeypatch: pytest.MonkeyPatch, channel: Channel
) -> None:
    assert plan(desk).name == "Planned"
    from prefect.states import Scheduled

    pool = client.read_deployment_by_name("options-expiration/options-expiration")
    behind = datetime(2026, 3, 3, 15, tzinfo=UTC)
    waiting = [
        client.create_flow_run_from_deployment(
            pool.id, state=Scheduled(scheduled_time=behind + timedelta(minutes=5 * n))
        )
        for n in range(4)
    ]
    for run in waiting:  # as the server marks what a schedule made
        client.request(
            "PATCH", "/flow_runs/{id}", path_params={"id": run.id}, json={"tags": ["tieout", "auto-scheduled"]}
        )

    monkeypatch.setenv("TIEOUT_NOW", "2026-03-05T03:00:00Z")  # two days later, at night; the 4th was never planned
    state = plan(desk)

    assert state.name == "Planned", state.message
    found = upcoming(client, desk)
    late = {key: run for key, run in found.items() if run.state and run.state.state_details.scheduled_time}
    times = sorted(run.state.state_details.scheduled_time for run in late.values() if run.state)
    assert len(set(times)) == len(times), "no two at once"
    assert min(times) >= datetime(2026, 3, 5, 3, tzinfo=UTC)
    assert {key for key in found if key.startswith("eod-")} == {
        "eod-reconciliation:alpaca-main:2026-03-03",
        "eod-reconciliation:alpaca-main:2026-03-04",
    }
    windows = {key: run for key, run in found.items() if key.startswith("execution-window")}
    assert len(windows) == 6
    assert all(run.parameters["dry_run"] for run in windows.values())
    told = str(channel.messages)
    assert "runs were missed" in told
    assert "too late to act, it only reports" in told
    about = desk.journal_rows("SELECT subject, account_id FROM alert WHERE source = 'plan-day'")
    assert {one["account_id"] for one in about} == {"alpaca-main"}
    assert len(about) >= len(windows), "each run is a subject of its own"
