"""The automations of `tieout setup` on a real Prefect server: each is seen to fire, and what it does to happen.

The server says itself what fired, and for which run. Prefect takes no patience below ten seconds, so everything is let
happen at once, under ten seconds' patience, and waited for together.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from tasks.setup.automations import ALARMS, Patience, set_up_automations
from tests.flows.channel import Channel

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect")]
ROOT = Path(__file__).resolve().parent.parent.parent
BOUND_S = 60.0  # for anything that is waited for
SHORT = timedelta(seconds=10)
ALL = Patience(lost=SHORT, late=SHORT, long=SHORT, window=timedelta(seconds=11))
LOST, CRASHED, LATE = "tieout: a run is lost", "tieout: a run crashed", "tieout: a run is late"
LONG, LONG_WINDOW = "tieout: a run takes long", "tieout: a window takes long"
BEATING = """
import sys, time
from prefect import flow, tags

@flow(name="beating", flow_run_name=sys.argv[1])
def beating():
    time.sleep(600)

with tags("tieout"):
    beating()
"""


@pytest.fixture
def client(prefect_api: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SyncPrefectClient]:
    """The server with what the automations start. All of it goes again, for other tests look at what is there."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter
    from prefect.client.schemas.objects import StateType

    from flows.cli.server import pointing_to
    from flows.serving import BESIDE, declared, load_flow

    monkeypatch.chdir(tmp_path)
    with pointing_to(prefect_api), get_client(sync_client=True) as found:
        _forget_automations(found)
        before = {one.id for one in found.read_deployments(limit=200)}
        for one in declared(BESIDE):
            if one.name in ("sweep", "plan-day", "eod-reconciliation"):
                load_flow(one.entrypoint).to_deployment(name=one.name, tags=list(one.tags)).apply()  # type: ignore[union-attr]
        yield found
        _forget_automations(found)
        for run in found.read_flow_runs(flow_run_filter=FlowRunFilter(state={"type": {"any_": [StateType.SCHEDULED]}})):
            found.delete_flow_run(run.id)
        for deployment in found.read_deployments(limit=200):
            if deployment.id not in before:
                found.delete_deployment(deployment.id)
        for block in found.read_block_documents():
            if block.name == ALARMS:
                found.delete_block_document(block.id)


def _forget_automations(client: SyncPrefectClient) -> None:
    for name in (LOST, CRASHED, LATE, LONG, LONG_WINDOW):
        for one in client.read_automations_by_name(name):
            client.delete_automation(one.id)


@pytest.fixture
def alarms(client: SyncPrefectClient, channel: Channel) -> Channel:
    """Where the notification block that a person makes in the UI leads."""
    from prefect.blocks.notifications import CustomWebhookNotificationBlock

    block = CustomWebhookNotificationBlock(
        name=ALARMS,
        url=f"http://127.0.0.1:{channel.port}/alarms",
        json_data={"subject": "{{subject}}", "body": "{{body}}"},
    )
    block.save(ALARMS, overwrite=True)
    return channel


class Server:
    """What the server tells of its automations since a moment."""

    def __init__(self, client: SyncPrefectClient, api: str) -> None:
        self._client, self._api, self._since = client, api, datetime.now(UTC)

    def events(self, *names: str) -> list[dict[str, Any]]:
        import httpx

        wanted = {"event": {"name": list(names)}, "occurred": {"since": self._since.isoformat()}}
        asked = {"filter": wanted, "limit": 50}
        found: list[dict[str, Any]] = httpx.post(f"{self._api}/events/filter", json=asked).json()["events"]
        return found

    def fired(self) -> Counter[tuple[str, UUID]]:
        """The automation, and the run for which it did; how often."""
        found: Counter[tuple[str, UUID]] = Counter()
        for one in self.events("prefect.automation.triggered"):
            run = one["payload"]["triggering_labels"]["prefect.resource.id"]
            found[one["resource"]["prefect.resource.name"], UUID(run.removeprefix("prefect.flow-run."))] += 1
        return found

    def heard_of(self, run: UUID, event: str = "heartbeat") -> bool:
        return any(
            one["resource"]["prefect.resource.id"] == f"prefect.flow-run.{run}"
            for one in self.events(f"prefect.flow-run.{event}")
        )

    def failed_actions(self) -> list[str]:
        return [str(one["payload"]) for one in self.events("prefect.automation.action.failed")]

    def started(self) -> Counter[str]:
        """Runs that automations have made, by deployment."""
        from prefect.client.schemas.filters import FlowRunFilter

        wanted = FlowRunFilter(expected_start_time={"after_": self._since})
        runs = self._client.read_flow_runs(flow_run_filter=wanted)
        made = [one for one in runs if one.created_by and one.created_by.type == "AUTOMATION"]
        names = [self._client.read_deployment(one.deployment_id).name for one in made if one.deployment_id]
        return Counter(names)


def until(condition: Callable[[], bool], told: Callable[[], object]) -> None:
    deadline = time.monotonic() + BOUND_S
    while not condition():
        assert time.monotonic() < deadline, told()
        time.sleep(0.3)


def late_run(client: SyncPrefectClient) -> UUID:
    """A planned run whose minute is over and that no worker takes: the server itself calls it late."""
    from prefect.states import Scheduled

    close = client.read_deployment_by_name("eod-reconciliation/eod-reconciliation")
    at = datetime.now(UTC) - timedelta(minutes=1)
    run = client.create_flow_run_from_deployment(close.id, state=Scheduled(scheduled_time=at), tags=["planned"])
    return run.id


def wait_until_known(server: Server) -> UUID:
    """The present run, once the server has heard that it runs: an end milliseconds later may overtake that."""
    from prefect.runtime import flow_run

    me = UUID(str(flow_run.id))
    until(lambda: server.heard_of(me, "Running"), lambda: me)
    return me


def crashed_run(server: Server) -> UUID:
    """A run of which Prefect's engine says that it crashed: its process is told to end."""
    from prefect import flow, tags

    seen: list[UUID] = []

    @flow(name="crashing")
    def crashing() -> None:
        seen.append(wait_until_known(server))
        raise SystemExit("the machine goes down")

    with tags("tieout", "orders"), pytest.raises(SystemExit):
        crashing()
    return seen[0]


def ended_run(server: Server, name: str) -> UUID:
    """A run that ends at once under a name of its own, as the close does."""
    from prefect import flow, tags
    from prefect.states import Completed

    @flow(name="ending")
    def ending() -> Any:
        wait_until_known(server)
        return Completed(name=name, data=0)

    with tags("tieout", "watched", "orders", "planned"):
        state: Any = ending(return_state=True)
    return UUID(str(state.state_details.flow_run_id))


def long_run(server: Server) -> UUID:
    """A run that goes on until the server has told of it twice: as a run and as a window."""
    from prefect import flow, tags
    from prefect.runtime import flow_run
    from prefect.states import Completed

    @flow(name="lasting")
    def lasting() -> Any:
        me = UUID(str(flow_run.id))
        until(lambda: {(LONG, me), (LONG_WINDOW, me)} <= set(server.fired()), server.fired)
        return Completed(name="TiedOut", data=0)

    with tags("watched", "orders"):
        state: Any = lasting(return_state=True)
    assert state.is_completed(), state.message
    return UUID(str(state.state_details.flow_run_id))


@pytest.fixture
def beating(client: SyncPrefectClient, prefect_api: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A process in the middle of a run that sends heartbeats."""
    name = f"beating {uuid4()}"
    environment = os.environ | {"PREFECT_API_URL": prefect_api, "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30"}
    with subprocess.Popen([sys.executable, "-c", BEATING, name], cwd=ROOT, env=environment) as process:
        yield name, process
        process.kill()


def run_named(client: SyncPrefectClient, name: str) -> UUID | None:
    from prefect.client.schemas.filters import FlowRunFilter

    found = client.read_flow_runs(flow_run_filter=FlowRunFilter(name={"any_": [name]}))
    return found[0].id if found else None


def test_each_automation_fires_for_the_run_that_it_is_for_and_does_what_it_says(
    client: SyncPrefectClient, prefect_api: str, alarms: Channel, beating: tuple[str, subprocess.Popen[bytes]]
) -> None:
    list(set_up_automations(client, ALL))
    server, (name, process) = Server(client, prefect_api), beating

    late, ended = late_run(client), ended_run(server, "TiedOut")
    until(lambda: (run := run_named(client, name)) is not None and server.heard_of(run), lambda: "no heartbeat")
    zombie = run_named(client, name)
    assert zombie is not None
    os.kill(process.pid, signal.SIGKILL)  # nobody watches this process: the server believes that it runs
    crashed, lasting = crashed_run(server), long_run(server)
    wanted = {(LATE, late), (LOST, zombie), (CRASHED, crashed), (LONG, lasting), (LONG_WINDOW, lasting)}
    until(lambda: wanted <= set(server.fired()), server.fired)

    until(lambda: client.read_flow_run(zombie).state_name == "Crashed", server.failed_actions)
    # The server may take the same event twice, and then starts a sweep and tells people twice.
    until(lambda: server.started()["sweep"] >= 3 and server.started()["plan-day"] >= 1, server.started)
    until(lambda: len({one["subject"] for one in alarms.messages}) == 4, lambda: alarms.messages)
    # The heartbeat of a short run may come after its end. The server refuses to call crashed what has ended.
    overtaken = {(LOST, ended), (LOST, crashed)}
    assert set(server.fired()) - overtaken == wanted, "an ended run, under whatever name, is no news"
    assert client.read_flow_run(ended).state_name == "TiedOut"
    assert all("already in terminal state" in one for one in server.failed_actions()), server.failed_actions()
    end = client.read_flow_run(zombie).state
    assert end is not None
    assert end.message == "no heartbeat for 10 s"
    subjects = {str(one["subject"]) for one in alarms.messages}
    names = {run: client.read_flow_run(run).name for run in (late, crashed, lasting)}
    assert subjects == {
        f"tieout: {names[late]} has been late for 0:00:10",
        f"tieout: {names[crashed]} has crashed",
        f"tieout: {names[lasting]} has been running for 0:00:10",
        f"tieout: {names[lasting]} has been running for 0:00:11",
    }
    assert all("/runs/flow-run/" in one["body"] for one in alarms.messages), alarms.messages
