"""prefect.yaml: what it names can be loaded, and Prefect's own command deploys it without a question."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest

from flows.serving import BESIDE, declared, deployment, load_flow
from tasks.audit import note_start

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.parametrize("one", declared(BESIDE), ids=lambda one: one.name)
class TestEachDeployment:
    def test_its_flow_has_its_name_and_takes_its_parameters(self, one) -> None:  # type: ignore[no-untyped-def]
        flow = load_flow(one.entrypoint)

        assert flow.name == one.name
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


@pytest.mark.slow
@pytest.mark.xdist_group("prefect")
def test_prefect_deploys_all_without_questions(prefect_api: str, tmp_path: Path) -> None:
    environment = {**os.environ, "PREFECT_API_URL": prefect_api, "PREFECT_HOME": str(tmp_path)}

    def prefect(*words: str) -> str:
        command = [sys.executable, "-m", "prefect", "--no-prompt", *words]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    prefect("work-pool", "create", "tieout", "--type", "process", "--overwrite")
    prefect("deploy", "--all")

    listed = prefect("deployment", "ls")
    for one in declared(BESIDE):
        assert one.name in listed
