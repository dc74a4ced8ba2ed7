"""Runs of schedules that nobody took up in time: of each kind one is kept, and those go one after the other.

After hours without a worker a schedule of every five minutes has dozens of runs waiting. Each would do the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.clock import now
from tasks.planning.server import PLANNED_TAG, open_schedule
from tasks.settings import load_settings
from tieout.planning.thin import LateRun, thin

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import FlowRun

TAG = "tieout"  # every deployment of prefect.yaml has it
_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Thinned:
    """What became of late runs of schedules, one line each."""

    kept: tuple[str, ...] = ()
    cancelled: tuple[str, ...] = ()


@task(task_run_name="late runs", cache_policy=NO_CACHE)
def thin_late_runs() -> Thinned:
    """Cancel what is late and needless, and give the rest times apart from each other."""
    from prefect.states import Cancelled, Scheduled

    plan, moment = load_settings().plan, now()
    with open_schedule() as schedule:
        late = {str(one.id): one for one in _late(schedule.client, moment - timedelta(seconds=plan.grace_s))}
        flows = {one: schedule.client.read_flow(one).name for one in {run.flow_id for run in late.values()}}
        kept, needless = thin([_run(one, flows[one.flow_id]) for one in late.values()], plan)
        for one in needless:
            schedule.client.set_flow_run_state(
                late[one.flow_run_id].id, Cancelled(name="Missed", message=one.why), force=True
            )
        for number, run in enumerate(kept):
            at = moment + number * timedelta(seconds=plan.spread_s)
            message = "late; after an outage runs begin one after the other"
            schedule.client.set_flow_run_state(
                late[run.flow_run_id].id, Scheduled(scheduled_time=at, message=message), force=True
            )
    return Thinned(tuple(one.flow for one in kept), tuple(f"{one.flow}: {one.why}" for one in needless))


def _late(client: SyncPrefectClient, before: datetime) -> Iterable[FlowRun]:
    """Runs of schedules whose time is over and that have not begun."""
    from prefect.client.schemas.filters import (
        FlowRunFilter,
        FlowRunFilterNextScheduledStartTime,
        FlowRunFilterState,
        FlowRunFilterStateType,
        FlowRunFilterTags,
    )
    from prefect.client.schemas.objects import StateType
    from prefect.client.schemas.sorting import FlowRunSort

    wanted = FlowRunFilter(
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED])),
        tags=FlowRunFilterTags(all_=[TAG]),
        next_scheduled_start_time=FlowRunFilterNextScheduledStartTime(before_=before),
    )
    found = client.read_flow_runs(flow_run_filter=wanted, sort=FlowRunSort.NEXT_SCHEDULED_START_TIME_ASC, limit=_LIMIT)
    return [one for one in found if one.run_count == 0 and PLANNED_TAG not in one.tags and one.auto_scheduled]


def _run(one: FlowRun, flow: str) -> LateRun:
    given = ",".join(f"{key}={value}" for key, value in sorted((one.parameters or {}).items()))
    at = one.next_scheduled_start_time
    if at is None:
        raise ValueError(f"run {one.id} was asked for by its time and has none")
    return LateRun(str(one.id), str(one.deployment_id), flow, given, at)
