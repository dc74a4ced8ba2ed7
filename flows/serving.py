"""Serving every deployment of `prefect.yaml` from one process, and the reports beside it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from tieout.errors import ConfigError

if TYPE_CHECKING:
    from uuid import UUID

    from prefect import Flow
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.deployments.runner import RunnerDeployment


FILE = "prefect.yaml"
_REGISTERED_WITHIN_S = 120
_HEARTBEATS = ("PREFECT_FLOWS_HEARTBEAT_FREQUENCY", "30")  # as the file gives them to the runs of workers
BESIDE = Path(__file__).parent.parent / FILE
"""Where the file stands in a clone."""


@dataclass(frozen=True, slots=True)
class Declared:
    """One entry of `prefect.yaml`.

    name       of the deployment; the flow's own, or where one flow has several, the place of its workers
    at_once    runs that Prefect lets go side by side; None for as many as there are
    pool       work pool, and in it the queue
    """

    name: str
    entrypoint: str
    description: str
    tags: tuple[str, ...]
    parameters: dict[str, Any]
    at_once: int | None
    schedules: tuple[dict[str, Any], ...]
    pool: str = ""
    queue: str | None = None

    @property
    def flow(self) -> str:
        """The name of its flow: `eod-reconciliation` for `flows.eod_reconciliation:eod_reconciliation`."""
        return self.entrypoint.rpartition(":")[2].replace("_", "-")


def declared(path: Path | None = None) -> tuple[Declared, ...]:
    """What `prefect.yaml` declares, so that serving and deploying can never differ.

    path      None takes the file in the working folder, and where there is none, the one beside the program
    raises    ConfigError where the file is absent
    """
    import yaml

    path = path or next((one for one in (Path(FILE), BESIDE) if one.is_file()), Path(FILE))
    if not path.is_file():
        raise ConfigError(f"{path.resolve()} does not exist: run this in the folder that holds {FILE}")
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    return tuple(
        Declared(
            name=one["name"],
            entrypoint=one["entrypoint"],
            description=one.get("description", ""),
            tags=tuple(one.get("tags", ())),
            parameters=one.get("parameters") or {},
            at_once=(one.get("concurrency_limit") or {}).get("limit"),
            schedules=tuple(one.get("schedules") or ()),
            pool=(one.get("work_pool") or {}).get("name", ""),
            queue=(one.get("work_pool") or {}).get("work_queue_name"),
        )
        for one in content["deployments"]
    )


def load_flow(entrypoint: str) -> Flow[..., Any]:
    """The flow that `module:name` names."""
    module, _, name = entrypoint.partition(":")
    flow: Flow[..., Any] = getattr(import_module(module), name)
    return flow


def deployment(one: Declared) -> RunnerDeployment:
    """A served deployment with the schedules that the file declares."""
    from prefect.client.schemas.actions import DeploymentScheduleCreate
    from prefect.client.schemas.schedules import CronSchedule
    from prefect.types.entrypoint import EntrypointType

    schedules = [
        DeploymentScheduleCreate(
            schedule=CronSchedule(cron=each["cron"], timezone=each["timezone"]),
            active=each.get("active", True),
            slug=each.get("slug"),
            parameters=each.get("parameters") or {},
        )
        for each in one.schedules
    ]
    made = load_flow(one.entrypoint).to_deployment(
        name=one.name,
        description=one.description,
        tags=list(one.tags),
        parameters=one.parameters,
        schedules=schedules,
        concurrency_limit=one.at_once,
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    return cast("RunnerDeployment", made)  # typed for async callers too


def serve_all() -> None:
    """Serve every declared deployment until stopped, plan the day at once, and have the server watch the runs.

    One process makes all runs then, near every gateway, so the deployments for workers elsewhere are left out.
    """
    from prefect import serve

    os.environ.setdefault(*_HEARTBEATS)  # flow runs are processes of their own
    here = [deployment(one) for one in declared() if one.name == one.flow]
    settings = copy_context()  # which server to ask stands there, and a thread begins without it
    planner = threading.Thread(target=settings.run, args=(_begin_at_once,), name="plan-day", daemon=True)
    planner.start()
    serve(*here, print_starting_message=False)


def _begin_at_once() -> None:
    """A run of `plan-day` once its deployment is there, for the schedule's is up to an hour away; and automations."""
    from prefect.client.orchestration import get_client

    from tasks.setup.automations import set_up_automations

    with get_client(sync_client=True) as client:
        if (plan := _registered(client, "plan-day")) is not None:
            client.create_flow_run_from_deployment(plan, name="plan-day at start")
        if _registered(client, "sweep") is not None:  # the other one that they start
            list(set_up_automations(client))


def _registered(client: SyncPrefectClient, name: str) -> UUID | None:
    """A deployment that is just being made; None where nobody makes it."""
    import time

    from prefect.exceptions import ObjectNotFound

    for _ in range(_REGISTERED_WITHIN_S):
        try:
            return client.read_deployment_by_name(f"{name}/{name}").id
        except ObjectNotFound:
            time.sleep(1)
    return None


class _QuietFiles(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing: page views are no news to operations."""


@contextmanager
def published_folder(folder: Path, port: int) -> Iterator[str]:
    """The base URL under which a browser on this machine can read the reports and Data Docs."""
    folder.mkdir(parents=True, exist_ok=True)
    server = ThreadingHTTPServer(("127.0.0.1", port), partial(_QuietFiles, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, name="reports", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
