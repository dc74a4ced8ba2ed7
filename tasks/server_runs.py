"""The Prefect server's side of runs: those it believes to be at work, the slots it counts, a run in another's place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tieout.recovery import Seen, Slots

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas import OrchestrationResult
    from prefect.client.schemas.objects import FlowRun

RESUMED = "resumed-"
"""Beginning of the tag that says how many dead runs a run stands for."""
_OPEN = ("RUNNING", "PENDING", "CANCELLING")
_AT_ONCE = 200


def read_open(others: Sequence[str] = ()) -> dict[str, Seen]:
    """Runs of our flows that are open, and those that are asked for by id, whatever their state."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter
    from prefect.client.schemas.objects import StateType

    with get_client(sync_client=True) as client:
        names = _our_flows(client)
        found = _runs(client, FlowRunFilter(state={"type": {"any_": [StateType(one) for one in _OPEN]}}))
        found += [run for some in _chunks(others) for run in _runs(client, FlowRunFilter(id={"any_": some}))]
    return {str(one.id): _seen(one, names[one.flow_id]) for one in found if one.flow_id in names}


def read_slots() -> tuple[Slots, ...]:
    """What the server counts for each of our deployments that is limited."""
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        names, found = _our_flows(client), []
        for one in client.read_deployments(limit=_AT_ONCE):
            limit = one.global_concurrency_limit
            if one.flow_id in names and limit is not None and limit.updated is not None:
                counted = client.read_global_concurrency_limit_by_name(limit.name)
                runs = _open_runs(client, one.id)
                found.append(
                    Slots(
                        limit.name,
                        f"{names[one.flow_id]}/{one.name}",
                        counted.active_slots,
                        runs,
                        counted.updated or limit.updated,
                    )
                )
    return tuple(found)


def crash(flow_run_id: str, why: str) -> bool:
    """Let the server know that a run died; by its own rules, which give back what the run held there."""
    from prefect.client.orchestration import get_client
    from prefect.states import Crashed

    with get_client(sync_client=True) as client:
        result: OrchestrationResult[Any] = client.set_flow_run_state(
            UUID(flow_run_id), Crashed(message=f"swept: {why}")
        )
    return bool(result.status == "ACCEPT")


def free(deployment: str, slots: int) -> bool:
    """Let the server count the slots that runs really have. False where it counts so already."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import GlobalConcurrencyLimitUpdate

    with get_client(sync_client=True) as client:
        names = _our_flows(client)
        for one in client.read_deployments(limit=_AT_ONCE):
            limit = one.global_concurrency_limit
            if limit is not None and f"{names.get(one.flow_id)}/{one.name}" == deployment:
                now_open = _open_runs(client, one.id)
                if now_open > slots or limit.active_slots <= now_open:
                    return False
                client.update_global_concurrency_limit(limit.name, GlobalConcurrencyLimitUpdate(active_slots=now_open))
                return True
    return False


def start_in_place_of(dead: Seen, parameters: dict[str, Any]) -> str | None:
    """Ask for a run of the dead one's deployment, once however often this is asked; None where it is not deployed."""
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        flows = _our_flows(client)
        ours = [one for one in client.read_deployments(limit=_AT_ONCE) if one.flow_id in flows]
        named = {str(one.id): one for one in ours}
        deployment = named.get(str(client.read_flow_run(UUID(dead.flow_run_id)).deployment_id))
        if deployment is None:
            deployment = next((one for one in ours if flows[one.flow_id] == dead.flow), None)
        if deployment is None:
            return None
        made = client.create_flow_run_from_deployment(
            deployment.id,
            parameters=parameters,
            tags=[*deployment.tags, f"{RESUMED}{dead.resumes + 1}"],
            idempotency_key=f"resume:{dead.flow_run_id}",
        )
    return str(made.id)


def _our_flows(client: SyncPrefectClient) -> dict[UUID, str]:
    """Those of `NAMES`, by the server's id."""
    from prefect.client.schemas.filters import FlowFilter

    wanted = FlowFilter(name={"any_": list(NAMES)})
    return {one.id: one.name for one in client.read_flows(flow_filter=wanted)}


def _open_runs(client: SyncPrefectClient, deployment: UUID) -> int:
    from prefect.client.schemas.filters import DeploymentFilter, FlowRunFilter
    from prefect.client.schemas.objects import StateType

    opened = FlowRunFilter(state={"type": {"any_": [StateType(one) for one in _OPEN]}})
    mine = DeploymentFilter(id={"any_": [deployment]})
    return len(client.read_flow_runs(flow_run_filter=opened, deployment_filter=mine, limit=_AT_ONCE))


def _runs(client: SyncPrefectClient, wanted: Any) -> list[FlowRun]:
    found: list[FlowRun] = []
    while len(page := client.read_flow_runs(flow_run_filter=wanted, limit=_AT_ONCE, offset=len(found))) == _AT_ONCE:
        found += page
    return found + page


def _seen(one: FlowRun, flow: str) -> Seen:
    assert one.state is not None  # noqa: S101 - the server gives every run one
    counts = [tag.removeprefix(RESUMED) for tag in one.tags if tag.startswith(RESUMED)]
    return Seen(
        str(one.id),
        flow,
        one.name,
        one.state.type.value,
        one.state.timestamp,
        one.parameters,
        max((int(count) for count in counts if count.isdigit()), default=0),
    )


def _chunks(ids: Sequence[str]) -> list[list[UUID]]:
    known = [UUID(one) for one in dict.fromkeys(ids)]
    return [known[at : at + _AT_ONCE] for at in range(0, len(known), _AT_ONCE)]


NAMES = (  # what prefect.yaml declares, but for the rehearsal, which has a server and stores of its own
    "eod-reconciliation",
    "execution-window",
    "options-expiration",
    "assignment-check",
    "credential-rotation",
    "broker-health",
    "risk-watch",
    "transfers-watch",
    "audit-anchor",
    "plan-day",
    "import-history",
    "resolve-break",
    "report",
    "halt",
    "resume",
    "sweep",
)
