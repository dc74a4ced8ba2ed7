"""prefect.yaml: what it names can be loaded, and Prefect's own command deploys it without a question."""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from flows.cli.main import app
from flows.cli.server import pointing_to
from flows.serving import BESIDE, declared, deployment, load_flow
from tasks.audit import note_start

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.parametrize("one", declared(BESIDE), ids=lambda one: f"{one.flow}/{one.name}")
class TestEachDeployment:
    def test_its_flow_has_its_name_and_takes_its_parameters(self, one) -> None:  # type: ignore[no-untyped-def]
        flow = load_flow(one.entrypoint)

        assert flow.name == one.flow
        assert one.name == one.flow or f"near:{one.name.removeprefix('near-')}" in one.tags
        assert "tieout" in one.tags
        assert one.description
        inspect.signature(flow.fn).bind_partial(**one.parameters)
        empty = inspect.Parameter.empty
        asked = {name for name, each in inspect.signature(flow.fn).parameters.items() if each.default is empty}
        if asked <= one.parameters.keys():
            flow.validate_parameters(one.parameters)
        else:
            assert not one.schedules, "nobody is there to fill in the form of a scheduled run"

    def test_its_starts_are_audited(self, one) -> None:  # type: ignore[no-untyped-def]
        assert note_start in load_flow(one.entrypoint).on_running_hooks

    def test_it_is_served_with_the_schedules_of_the_file(self, one) -> None:  # type: ignore[no-untyped-def]
        served = deployment(one)

        assert served.entrypoint == one.entrypoint.replace(":", ".")  # as Prefect writes a module path
        assert [each.schedule.cron for each in served.schedules] == [each["cron"] for each in one.schedules]
        assert {each.schedule.timezone for each in served.schedules} <= {"America/New_York"}


def test_a_window_does_not_wait_for_the_slot_of_a_run_that_died() -> None:
    """Prefect keeps it for minutes; the account's lease is what lets nobody in twice."""
    window = next(one for one in declared(BESIDE) if one.name == "execution-window")

    assert deployment(window).concurrency_limit is None


START_A_DEPLOYMENT = {  # so they say more once there is one
    "tieout: a run is late",
    "tieout: a run crashed",
    "tieout: a run takes long",
    "tieout: a window takes long",
}


@pytest.mark.slow
@pytest.mark.xdist_group("prefect")
def test_setting_up_and_deploying_twice_changes_nothing_the_second_time(
    prefect_api: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = {**os.environ, "PREFECT_API_URL": prefect_api, "PREFECT_HOME": str(tmp_path)}
    monkeypatch.setenv("TIEOUT_CONFIG", str(tmp_path / "tieout.toml"))
    (tmp_path / "tieout.toml").write_text('[plan.near]\nibkr = "ibkr"\n[alerts]\ncritical = ["prefect:desk-alerts"]\n')

    def deploy_all() -> None:
        done = subprocess.run(
            [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    with pointing_to(prefect_api):
        first = setup()
        deploy_all()
        with_deployments, there = setup(), everything()
        again = setup()
        deploy_all()
        at_the_end = everything()

    assert {one["name"] for one in first if one["did"] == "made"} >= {"tieout/urgent", "tieout: a run is lost"}
    assert {one["name"] for one in with_deployments if one["did"] == "changed"} <= START_A_DEPLOYMENT
    assert {one["did"] for one in again} == {"as it was", "missing"}
    assert [one["name"] for one in again if one["did"] == "missing"] == ["tieout-alarms", "desk-alerts"]
    assert at_the_end == there
    assert {f"{one.flow}/{one.name}" for one in declared(BESIDE)} <= set(there["deployments"])
    sends = {"PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30"}  # or the automation on lost runs would call living ones crashed
    for one in declared(BESIDE):
        assert there["deployments"][f"{one.flow}/{one.name}"]["job_variables"] == {"env": sends}


def setup() -> list[dict[str, Any]]:
    """What `tieout setup` did."""
    done = CliRunner().invoke(app, ["setup", "--json"])
    assert done.exit_code == 0, done.output
    steps: list[dict[str, Any]] = json.loads(done.stdout)
    return steps


PASSING = {"id", "created", "updated", "last_polled", "status", "version_id", "version_info", "version", "labels"}
PASSING |= {"created_by", "updated_by", "deployment_id", "late_runs_count", "events"}


def everything() -> dict[str, dict[str, Any]]:
    """What stands on the server, without what tells its last change or its present state."""
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        flows = {one.id: one.name for one in client.read_flows()}
        pools = client.read_work_pools()
        found = {
            "deployments": {f"{flows[one.flow_id]}/{one.name}": one for one in client.read_deployments()},
            "pools": {one.name: one for one in pools},
            "queues": {f"{one.work_pool_name}/{one.name}": one for one in client.read_work_queues()},
            "automations": {one.name: one for one in read_automations(client)},
        }
    return {
        kind: {name: lasting(one.model_dump(mode="json")) for name, one in each.items()} for kind, each in found.items()
    }


def read_automations(client: Any) -> list[Any]:
    return [one for name in AUTOMATIONS for one in client.read_automations_by_name(name)]


AUTOMATIONS = (
    "tieout: a run is lost",
    "tieout: a run crashed",
    "tieout: a run is late",
    "tieout: a run takes long",
    "tieout: a window takes long",
)


def lasting(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: lasting(each) for key, each in value.items() if key not in PASSING}
    return [lasting(each) for each in value] if isinstance(value, list) else value
