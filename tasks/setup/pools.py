"""Work pools and their queues, as `prefect.yaml` names them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tasks.setup.step import Did, Step

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

PROCESS = "process"  # each run a process beside its worker: no image, no cluster, one machine or many


@dataclass(frozen=True, slots=True)
class Queue:
    """A work queue as it should be.

    priority    1 goes first
    limit       runs at once; None for as many as there are
    """

    name: str
    priority: int
    limit: int | None = None


QUEUES = (
    Queue("urgent", 1),  # halt, resume, plan-day: never behind anything
    Queue("windows", 2),  # hours long each; bounded by accounts and windows, not here
    Queue("default", 3, 8),  # after an outage no more than a machine of two cores bears
)


def set_up_pools(client: SyncPrefectClient, pools: Iterable[str]) -> Iterator[Step]:
    """Each pool with its queues. What somebody else made of a pool's template is left alone."""
    for name in pools:
        yield _pool(client, name)
        for queue in QUEUES:
            yield _queue(client, name, queue)


def _pool(client: SyncPrefectClient, name: str) -> Step:
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.exceptions import ObjectNotFound
    from prefect.workers.process import ProcessWorker

    try:
        found = client.read_work_pool(name)
    except ObjectNotFound:
        template = ProcessWorker.get_default_base_job_template()
        words = "Where the runs of tieout are made. By `tieout setup`."
        client.create_work_pool(WorkPoolCreate(name=name, type=PROCESS, base_job_template=template, description=words))
        return Step("work pool", name, Did.MADE, PROCESS)
    return Step("work pool", name, Did.UNCHANGED, found.type)


def _queue(client: SyncPrefectClient, pool: str, wanted: Queue) -> Step:
    from prefect.exceptions import ObjectNotFound

    name, fields = f"{pool}/{wanted.name}", {"priority": wanted.priority, "concurrency_limit": wanted.limit}
    try:
        found = client.read_work_queue_by_name(wanted.name, work_pool_name=pool)
    except ObjectNotFound:
        client.create_work_queue(
            name=wanted.name, work_pool_name=pool, priority=wanted.priority, concurrency_limit=wanted.limit
        )
        return Step("work queue", name, Did.MADE, _words(fields))
    now = {"priority": found.priority, "concurrency_limit": found.concurrency_limit}
    if now == fields:
        return Step("work queue", name, Did.UNCHANGED, _words(fields))
    client.update_work_queue(found.id, **fields)
    return Step("work queue", name, Did.CHANGED, f"from {_words(now)} to {_words(fields)}")


def _words(fields: dict[str, Any]) -> str:
    limit = fields["concurrency_limit"]
    return f"priority {fields['priority']}, {'any number of' if limit is None else limit} runs at once"
