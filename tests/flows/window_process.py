"""A warm process that forks a flow-run process for each line it is told: `python -m tests.flows.window_process`.

What a start of Prefect costs in imports is paid once. Each child then runs the window, or the `flow` (`module:name`)
that it is told with its `parameters`, or the run of a deployment that stands at the server (`flow_run`), against the
Prefect server as a worker's process does. It may be told to end itself by SIGKILL at its k-th transaction of the
journal (`commit`) or the warehouse (`store`), `before` the commit or after it; at its `fill`-th the disk of the
folder's data may become full instead. The simulated venue hides no order, so proofs of absence need not wait for
Alpaca's ten seconds.
One line of JSON comes in, two go out: the child's pid, and the signal or code that it ended with.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tests.contract.world import MONDAY

if TYPE_CHECKING:
    from sqlalchemy import Connection


BALLAST = "ballast"
_WINDOW = "flows.execution_window:execution_window"
_WARM = (
    "alpaca.trading.client",
    "duckdb_sqlalchemy",
    "fastapi",
    "prefect.artifacts",
    "prefect.flow_engine",
    "prefect.task_engine",
    "prefect.telemetry.run_telemetry",
    "prefect.utilities.visualization",
    "brokers.alpaca.adapter",
    "flows.cli.server",
    "flows.execution_window",
    "sql.approvals",
    "sql.journal",
    "sql.kept_exits",
    "sql.leftovers",
    "sql.placements",
    "sql.signal_inbox",
    "sql.warehouse",
    "tasks.alerts",
)


def main() -> None:
    """Serve until stdin ends."""
    _warm()
    for line in sys.stdin:
        told = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _child(told)
        print(json.dumps({"pid": pid}), flush=True)
        print(json.dumps({"ended": os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}), flush=True)


def _warm() -> None:
    """Import what a window imports on its way, and build its calendar; no thread starts and no store opens here."""
    for module in _WARM:
        import_module(module)
    from tasks.accounts import sessions_by_name

    sessions_by_name("XNYS").business_date(MONDAY)


def _child(told: dict[str, Any]) -> None:
    """Run the window once; never returns."""
    log = os.open(told["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.chdir(told["folder"])
    os.environ |= told["environment"]
    if told.get("commit"):
        _die_at_commit(told.get("store", "journal"), told["commit"], before=told["before"])
    if told.get("fill"):
        _fill_up_at(told.get("store", "journal"), told["fill"], Path(told["folder"]) / "data")
    given = told.get("parameters", {"window": "session"})
    state = _run(told["api"], told.get("flow", _WINDOW), given, told.get("flow_run"))
    print(state, flush=True)
    os._exit(0)


def _run(api: str, flow: str, parameters: dict[str, Any], flow_run: str | None) -> str:
    from brokers.alpaca import adapter
    from flows.cli.server import pointing_to
    from flows.serving import load_flow

    adapter.CAPABILITIES = replace(adapter.CAPABILITIES, visibility_delay_s=Decimal(1))
    with pointing_to(api):
        if flow_run is not None:
            return str(run_planned(flow, flow_run))
        return str(load_flow(flow)(**parameters, return_state=True))


def run_planned(flow: str, flow_run: str) -> Any:
    """A run that a worker has taken, by Prefect's engine; its end state."""
    from prefect.flow_engine import load_flow_run, run_flow

    from flows.serving import load_flow

    planned = load_flow_run(UUID(flow_run))
    return run_flow(load_flow(flow), flow_run=planned, parameters=planned.parameters, return_type="state")


def _die_at_commit(store: str, nth: int, *, before: bool) -> None:
    """SIGKILL this process at its n-th writing transaction of a store."""

    @contextmanager
    def deadly(number: int) -> Iterator[None]:
        yield
        if number == nth and before:
            os.kill(os.getpid(), signal.SIGKILL)

    def after(number: int) -> None:
        if number == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    _around_writes(store, deadly, after)


def _fill_up_at(store: str, nth: int, folder: Path) -> None:
    """Take all the space that its disk has left, when the n-th writing transaction of a store begins."""

    @contextmanager
    def filling(number: int) -> Iterator[None]:
        if number == nth:
            fill_up(folder)
        yield

    _around_writes(store, filling)


def _around_writes(
    store: str, inside: Callable[[int], AbstractContextManager[None]], after: Callable[[int], None] = lambda _: None
) -> None:
    """Do something at each writing transaction of a store: inside, and after its commit. They count from one."""
    from sql.journal import Journal
    from sql.warehouse import Warehouse

    kind: Any = {"journal": Journal, "warehouse": Warehouse}[store]
    write, count = kind.write, itertools.count(1)

    @contextmanager
    def counted(opened: Any, *about: Any) -> Iterator[Connection]:
        number = next(count)
        with write(opened, *about) as connection, inside(number):
            yield connection
        after(number)

    kind.write = counted


def fill_up(folder: Path) -> None:
    """Leave no byte on a small disk; `ballast` is what takes them."""
    with suppress(OSError), (folder / BALLAST).open("wb", buffering=0) as file:
        while file.write(b"x" * 4096):
            pass


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
    main()
