"""Places that dead runs keep: a deployment's limit on a real Prefect server, and what the sweep gives back."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from simulator.protocols.alpaca import AlpacaFace
from simulator.protocols.wire import FaceAnswer, FaceRequest
from simulator.venue import SimulatedVenue
from tests.contract.world import MONDAY_CLOSE, World
from tests.flows.conftest import FlowDesk
from tests.flows.forking import Warm, environment_of, warm_process
from tests.flows.window_process import run_planned

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import FlowRun

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect-kills")]
CLOSE = "flows.eod_reconciliation:eod_reconciliation"
NAME = "with-places"
AT_ONCE = 4
PATIENCE_S = 60


class PausingFace(AlpacaFace):
    """Alpaca that can keep whoever asks it waiting."""

    def __init__(self, venue: SimulatedVenue) -> None:
        super().__init__(venue)
        self.asked, self.goes_on = threading.Event(), threading.Event()
        self.goes_on.set()

    def answer(self, request: FaceRequest) -> FaceAnswer:
        self.asked.set()
        assert self.goes_on.wait(PATIENCE_S)
        return super().answer(request)


@pytest.fixture
def face(world: World) -> Iterator[PausingFace]:
    with PausingFace(world.venue) as running:
        yield running


@pytest.fixture
def client(flow_desk: FlowDesk) -> Iterator[SyncPrefectClient]:
    """The server with the close's deployment, limited as `prefect.yaml` limits it."""
    from prefect.client.orchestration import get_client

    from flows.serving import load_flow

    load_flow(CLOSE).to_deployment(name=NAME, concurrency_limit=AT_ONCE).apply()  # type: ignore[union-attr]
    with get_client(sync_client=True) as found:
        yield found
        found.delete_deployment(found.read_deployment_by_name(f"eod-reconciliation/{NAME}").id)


def taken(client: SyncPrefectClient) -> int:
    """Places of the deployment that the server counts as taken."""
    limit = client.read_deployment_by_name(f"eod-reconciliation/{NAME}").global_concurrency_limit
    assert limit is not None
    return client.read_global_concurrency_limit_by_name(limit.name).active_slots


def run_with_a_place(client: SyncPrefectClient) -> FlowRun:
    """A run of the deployment that a worker has taken, and so a place."""
    from prefect.states import Pending

    run = client.create_flow_run_from_deployment(client.read_deployment_by_name(f"eod-reconciliation/{NAME}").id)
    assert client.set_flow_run_state(run.id, Pending()).status == "ACCEPT"
    return run


@pytest.fixture
def warm(opened: FlowDesk) -> Iterator[Warm]:
    with warm_process(opened, environment_of(opened, MONDAY_CLOSE.isoformat())) as running:
        yield running


def sweep() -> list[tuple[str, str]]:
    """What was found, by the run or the deployment, and then put right."""
    from flows.sweep import sweep as flow
    from tasks.sweep import look_around

    found = [(one.trouble.value, one.flow_run_id or one.subject) for one in look_around.fn()]
    assert flow(return_state=True).is_completed()
    return found


def test_the_places_of_dead_runs_are_given_back_and_that_of_a_living_one_is_not(
    warm: Warm, opened: FlowDesk, face: PausingFace, client: SyncPrefectClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = run_with_a_place(client)
    assert warm.run(flow=CLOSE, flow_run=str(dead.id), commit=2, before=False), "killed in the middle"
    assert (client.read_flow_run(dead.id).state_name, taken(client)) == ("Running", 1)
    living = run_with_a_place(client)
    ended: list[Any] = []
    thread = threading.Thread(
        target=contextvars.copy_context().run,
        args=(lambda: ended.append(run_planned(CLOSE, str(living.id))),),
        daemon=True,
    )
    face.asked.clear()
    face.goes_on.clear()
    thread.start()
    assert face.asked.wait(PATIENCE_S), "it is in the middle of its session"
    assert taken(client) == 2

    assert ("zombie run", str(dead.id)) in sweep()
    assert client.read_flow_run(dead.id).state_name == "Crashed"
    assert taken(client) == 1, "the dead one's is free, the living one has its own"
    assert client.read_flow_run(living.id).state_name == "Running"

    # What is left where the server lost its leases in a restart: a place that is counted, and no run to have it.
    limit = client.read_deployment_by_name(f"eod-reconciliation/{NAME}").global_concurrency_limit
    assert limit is not None
    assert client.increment_concurrency_slots(names=[limit.name], slots=1, mode="concurrency").is_success
    assert taken(client) == 2
    assert ("leaked slots", f"eod-reconciliation/{NAME}") not in sweep(), "Prefect may still give it back itself"
    monkeypatch.setattr("tasks.sweep.wall_clock", lambda: datetime.now(UTC) + timedelta(minutes=11))
    assert ("leaked slots", f"eod-reconciliation/{NAME}") in sweep()
    assert taken(client) == 1
    assert ("leaked slots", f"eod-reconciliation/{NAME}") not in sweep()

    face.goes_on.set()
    thread.join(PATIENCE_S)
    assert ended[0].name == "Tied out"
    assert taken(client) == 0
    freed = opened.journal_rows("SELECT subject FROM audit_event WHERE action = 'slots.freed'")
    assert [one["subject"] for one in freed] == [f"eod-reconciliation/{NAME}"]
