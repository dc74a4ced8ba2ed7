"""Real workers of one process work pool, the runs that they started, and how either dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from flows.serving import BESIDE, declared, deployment
from tests.flows.worker_kills.strikes import Whom

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

ROOT = Path(__file__).resolve().parent.parent.parent.parent
FLOW = "execution-window"
AT_ONCE = 2  # workers that serve the pool: where one dies the other goes on, as on two machines
PATIENCE_S = 600.0  # for anything that is waited for; it is a bound, and not a promise
_LOOK_EVERY_S = 0.02
_ASK_EVERY_S = 0.5
_SPEED = {
    "PREFECT_WORKER_QUERY_SECONDS": "0.4",
    "PREFECT_WORKER_PREFETCH_SECONDS": "0",
    "PREFECT_WORKER_HEARTBEAT_SECONDS": "5",
}


class TooLong(AssertionError):
    """What was waited for did not come."""


def until(condition: Callable[[], bool], what: str, tail: Callable[[], str] = str) -> None:
    """Wait for a condition, within bounds.

    tail      what to show where it never comes
    raises    TooLong
    """
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            raise TooLong(f"waited {PATIENCE_S:.0f} s for this: {what}\n{tail()}")
        time.sleep(_LOOK_EVERY_S)


@dataclass(slots=True)
class Crew:
    """Workers, started as people start them, and the flow run that one of them executes.

    deployment   the declared one, without its schedules
    """

    client: SyncPrefectClient
    folder: Path
    pool: str
    deployment: UUID
    environment: Mapping[str, str]
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    hired: int = 0
    run: UUID | None = None
    runs: list[UUID] = field(default_factory=list)
    states: dict[UUID, tuple[float, str]] = field(default_factory=dict)

    def hire(self) -> None:
        """Start workers where some are missing."""
        self.workers = [one for one in self.workers if one.poll() is None]
        while len(self.workers) < AT_ONCE:
            self.hired += 1
            self.workers.append(self._start(f"worker-{self.hired}"))

    def _start(self, name: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", self.pool, "--type", "process"]
        with (self.folder / "workers.log").open("ab") as log:
            return subprocess.Popen(
                [*command, "--name", name],
                cwd=self.folder,
                env=os.environ | self.environment | _SPEED,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # its own group, as a service manager gives it
            )

    def begin(self, **parameters: Any) -> UUID:
        """Ask for a run of the deployment, as the UI and schedules do."""
        self.run = self.client.create_flow_run_from_deployment(self.deployment, parameters=parameters).id
        self.runs.append(self.run)
        return self.run

    def state(self, run: UUID) -> str:
        """The run's state type, as the server has it; asked seldom, for the server has enough to do."""
        asked, known = self.states.get(run, (0.0, ""))
        if time.monotonic() > asked + _ASK_EVERY_S:
            found = self.client.read_flow_run(run).state
            known = "" if found is None else found.type.value
            self.states[run] = time.monotonic(), known
        return known

    def give_up(self, run: UUID) -> None:
        """Cancel a run that no worker brings up, as a person would before asking for another."""
        from prefect.states import Cancelled

        self.client.set_flow_run_state(run, Cancelled(), force=True)

    def run_processes(self, run: UUID | None = None) -> list[int]:
        """The process of the present run; not the one that a worker starts afterwards for hooks of a crash."""
        mark = f"PREFECT__FLOW_RUN_ID={run or self.run}".encode()
        return [pid for pid in _processes() if mark in _of(pid, "environ") and b"hook" not in _of(pid, "cmdline")]

    def is_running(self) -> bool:
        """Whether the present run has a process that lives."""
        return self.run is not None and bool(self.run_processes())

    def kill(self, whom: Whom) -> None:
        """SIGKILL to every process group that is meant, at once: of workers the one that started the run."""
        runs = self.run_processes()
        groups = {os.getpgid(pid) for pid in runs} if whom.takes_the_run else set()
        if whom.takes_the_worker:
            ancestors = set().union(*(_ancestors(pid) for pid in runs))
            groups |= {one.pid for one in self.workers if one.pid in ancestors}
        for group in groups - {os.getpgid(0)}:
            os.killpg(group, signal.SIGKILL)

    def dismiss(self) -> None:
        """End whoever is left."""
        for one in self.workers:
            one.kill()
            one.wait()
        for pid in [pid for run in self.runs for pid in self.run_processes(run)]:
            os.kill(pid, signal.SIGKILL)

    def tail(self) -> str:
        """The end of what workers and runs said."""
        return (self.folder / "workers.log").read_text(errors="replace")[-4000:]


@contextmanager
def a_crew(
    folder: Path, environment: Mapping[str, str], flow: str = FLOW, at_once: int | None = None
) -> Iterator[Crew]:
    """Workers of a pool of their own on the server that this process is pointed to; all ended with the block.

    flow       whose deployment they serve
    at_once    runs of it side by side, None for as many as there are
    """
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.workers.process import ProcessWorker

    pool = f"kills-{uuid4().hex[:8]}"
    with get_client(sync_client=True) as client:
        template = ProcessWorker.get_default_base_job_template()
        client.create_work_pool(WorkPoolCreate(name=pool, type="process", base_job_template=template))
        crew = Crew(client, folder, pool, _deploy(pool, folder, flow, at_once), environment)
        try:
            crew.hire()
            yield crew
        finally:
            crew.dismiss()


def _deploy(pool: str, folder: Path, flow: str, at_once: int | None) -> UUID:
    """The deployment of `prefect.yaml`, with its module entrypoint; only its schedules stay out of it."""
    declaration = next(one for one in declared(BESIDE) if one.name == flow)
    made = deployment(replace(declaration, name=pool, schedules=(), at_once=at_once))
    made.job_variables = {"working_dir": str(folder)}
    return UUID(str(made.apply(work_pool_name=pool)))


def _processes() -> Iterator[int]:
    return (int(one.name) for one in Path("/proc").iterdir() if one.name.isdigit())


def _of(pid: int, what: str) -> bytes:
    """Empty for a process that is gone, dead and not yet buried, or another user's."""
    try:
        return Path(f"/proc/{pid}/{what}").read_bytes()
    except OSError:
        return b""


def _ancestors(pid: int) -> set[int]:
    found: set[int] = set()
    while pid > 1:
        try:
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            return found
        found.add(pid)
    return found
