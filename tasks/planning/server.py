"""Prefect's schedule: which runs wait, which deployments there are, and making, moving and taking away runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tieout.planning.keep import Group, Standing
from tieout.planning.settings import WINDOW
from tieout.redact import redact_text

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import FlowRun

PLANNED_TAG = "planned"
_IN_LINE = "AwaitingConcurrencySlot"  # its worker has it; the server looks for a place again and again
_MANY = 100  # ids in one question


@dataclass(frozen=True, slots=True)
class Schedule:
    """The server, as planning needs it."""

    client: SyncPrefectClient

    def standing(self, flow_run_ids: Iterable[str]) -> dict[str, Standing]:
        """What the server says of these runs; those it does not know are left out."""
        from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId

        ids = sorted({UUID(one) for one in flow_run_ids})
        found: dict[str, Standing] = {}
        for start in range(0, len(ids), _MANY):
            wanted = FlowRunFilter(id=FlowRunFilterId(any_=ids[start : start + _MANY]))
            found |= {str(one.id): _standing(one) for one in self.client.read_flow_runs(flow_run_filter=wanted)}
        return found

    def deployment(self, flow: str, place: str) -> UUID | None:
        """The deployment whose runs are made at a place, or where it has none of its own, anywhere."""
        from prefect.exceptions import ObjectNotFound

        for name in ([f"near-{place}"] if place else []) + [flow]:
            try:
                return self.client.read_deployment_by_name(f"{flow}/{name}").id
            except ObjectNotFound:
                continue
        return None

    def create(self, deployment: UUID, group: Group) -> FlowRun:
        """The group's run at its time; the one that stands already where this was done before."""
        made = self._create(deployment, group)
        found = _standing(made)
        if found.waits and found.at != group.first.at:  # made before the calendar changed, and not written down
            self.remove([str(made.id)])
            made = self._create(deployment, group)
        return made

    def _create(self, deployment: UUID, group: Group) -> FlowRun:
        from prefect.states import Scheduled

        first = group.first
        return self.client.create_flow_run_from_deployment(
            deployment,
            parameters=parameters_of(group),
            state=Scheduled(scheduled_time=first.at, message=redact_text(first.due.why)),
            name=run_name(group),
            tags=[PLANNED_TAG],
            idempotency_key=group.idempotency_key,
        )

    def remove(self, flow_run_ids: Sequence[str]) -> None:
        """Take away runs that have not begun. One that has begun meanwhile, or is gone, is left alone."""
        from prefect.exceptions import ObjectNotFound

        standing = self.standing(flow_run_ids)
        for one in flow_run_ids:
            if one in standing and standing[one].waits:
                try:
                    self.client.delete_flow_run(UUID(one))
                except ObjectNotFound:
                    continue


@contextmanager
def open_schedule() -> Iterator[Schedule]:
    """The server that this process is pointed to."""
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        yield Schedule(client)


def parameters_of(group: Group) -> dict[str, Any]:
    """What the run is told beside its deployment's own parameters; dates and names, nothing else."""
    first = group.first
    given: dict[str, Any] = {"accounts": [str(one) for one in group.accounts]}
    if first.due.flow != "broker-health":
        given["date"] = first.due.session.isoformat()
    if first.due.flow == WINDOW:
        given["window"] = first.due.part
    if first.report:
        given["dry_run"] = True
    return given


def run_name(group: Group) -> str:
    """`execution-window/session alpaca-main 2026-01-16`."""
    first, more = group.first, len(group.wishes) - 1
    who = f"{first.due.account_id} and {more} more" if more else first.due.account_id
    told = " (report only)" if first.report else ""
    return f"{first.due.name} {who} {first.due.session}{told}"


def _standing(run: FlowRun) -> Standing:
    from prefect.client.schemas.objects import StateType

    state = run.state
    if state is None:
        return Standing(False)
    waits = state.type is StateType.SCHEDULED and state.name != _IN_LINE and run.run_count == 0
    at: datetime | None = state.state_details.scheduled_time if waits else None
    return Standing(waits, at or (run.next_scheduled_start_time if waits else None), state.name or "", state.is_final())
