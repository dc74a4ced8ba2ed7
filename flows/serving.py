"""Serving every deployment of `prefect.yaml` from one process, and the reports beside it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from tieout.errors import ConfigError

if TYPE_CHECKING:
    from prefect import Flow
    from prefect.deployments.runner import RunnerDeployment


FILE = "prefect.yaml"
BESIDE = Path(__file__).parent.parent / FILE
"""Where the file stands in a clone."""


@dataclass(frozen=True, slots=True)
class Declared:
    """One entry of `prefect.yaml`.

    at_once    runs that Prefect lets go side by side; None for as many as there are
    """

    name: str
    entrypoint: str
    description: str
    tags: tuple[str, ...]
    parameters: dict[str, Any]
    at_once: int | None
    schedules: tuple[dict[str, Any], ...]


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
    """Serve every declared deployment until stopped."""
    from prefect import serve

    serve(*(deployment(one) for one in declared()), print_starting_message=False)


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
