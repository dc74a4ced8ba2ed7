"""How long a person waits for the command line, and a run for its first task, in processes that nothing has warmed.

A worker starts a new process for every flow run, so what a flow imports before its first task is paid each time.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.harness import Result, compared, in_turn
from benchmarks.measuring import Case, Clock, Measurement

RUNS = 3
CLOSE = "from flows.eod_reconciliation import eod_reconciliation; eod_reconciliation(return_state=True)"
EMPTY = """
from prefect import flow, task

@task
def nothing(): pass

@flow(name="empty")
def empty(): nothing()

empty()
"""


def results(folder: Path) -> list[Result]:
    """Each against what Prefect alone costs; the cases take turns."""
    cases = ("help_shown", "prefect_imported", "close_begun", "empty_begun")
    measured = {name: one.seconds for (name, _), one in in_turn([(case, 1) for case in cases], folder, RUNS).items()}
    shown, imported, begun, empty = (measured[case] for case in cases)
    return [
        compared("cold start of tieout --help", shown, "python -c 'import prefect'", imported, at_most=1),
        compared("cold start of a close, to its first task", begun, "of an empty flow", empty, at_most=1.25),
    ]


def help_shown(_rows: int, _folder: Path) -> Measurement:
    """`tieout --help`."""
    return _timed([str(Path(sys.executable).with_name("tieout")), "--help"])


def prefect_imported(_rows: int, _folder: Path) -> Measurement:
    """The least that any program on Prefect pays."""
    return _timed([sys.executable, "-c", "import prefect"])


def close_begun(_rows: int, folder: Path) -> Measurement:
    """From the start of a process that runs the close to the start of its first task."""
    with _server(folder):
        return begun(CLOSE, "eod-reconciliation", folder)


def empty_begun(_rows: int, folder: Path) -> Measurement:
    """The same of a flow whose one task does nothing."""
    with _server(folder):
        return begun(EMPTY, "empty", folder)


def _timed(command: list[str]) -> Measurement:
    clock = Clock()
    with clock.running():
        subprocess.run(command, check=True, capture_output=True)
    return clock.measured()


@contextmanager
def _server(folder: Path) -> Iterator[None]:
    from flows.cli.server import pointing_to, running_server

    with TemporaryDirectory(dir=folder) as home, running_server(Path(home)) as url, pointing_to(url):
        yield


def begun(program: str, flow_name: str, folder: Path) -> Measurement:
    """Run the program; what the server says of its flow's first task, less the moment the process was started."""
    settings = folder / "tieout.toml"
    settings.touch()
    environment = os.environ | {"TIEOUT_CONFIG": str(settings), "DO_NOT_TRACK": "1"}
    began = time.time()
    # where there is no account the close fails after its first task, which is all that is asked of it
    subprocess.run([sys.executable, "-c", program], env=environment, check=False, capture_output=True)
    return {"seconds": _first_task(flow_name).timestamp() - began}


def _first_task(flow_name: str) -> datetime:
    """When the first task of that flow began."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowFilter, FlowFilterName

    with get_client(sync_client=True) as client:
        tasks: list[Any] = client.read_task_runs(flow_filter=FlowFilter(name=FlowFilterName(any_=[flow_name])))
    return min(one.start_time for one in tasks)


CASES: tuple[Case, ...] = (help_shown, prefect_imported, close_begun, empty_begun)
