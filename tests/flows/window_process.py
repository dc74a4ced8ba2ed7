"""A warm process that forks a flow-run process for each line it is told: `python -m tests.flows.window_process`.

What a start of Prefect costs in imports is paid once. Each child then runs the window, or the `flow` (`module:name`)
that it is told with its `parameters`, against the Prefect server as a worker's process does. It may be told to end
itself by SIGKILL at its k-th transaction of the journal (`commit`) or the warehouse (`store`), `before` the commit or
after it. The simulated venue hides no order, so proofs of absence need not wait for Alpaca's ten seconds.
One line of JSON comes in, two go out: the child's pid, and the signal or code that it ended with.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.contract.world import MONDAY

if TYPE_CHECKING:
    from sqlalchemy import Connection


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
    state = _run(told["api"], told.get("flow", _WINDOW), told.get("parameters", {"window": "session"}))
    print(state, flush=True)
    os._exit(0)


def _run(api: str, flow: str, parameters: dict[str, Any]) -> str:
    from brokers.alpaca import adapter
    from flows.cli.server import pointing_to
    from flows.serving import load_flow

    adapter.CAPABILITIES = replace(adapter.CAPABILITIES, visibility_delay_s=Decimal(1))
    with pointing_to(api):
        return str(load_flow(flow)(**parameters, return_state=True))


def _die_at_commit(store: str, nth: int, *, before: bool) -> None:
    """SIGKILL this process at its n-th writing transaction of a store."""
    from sql.journal import Journal
    from sql.warehouse import Warehouse

    kind: Any = {"journal": Journal, "warehouse": Warehouse}[store]
    write, count = kind.write, itertools.count(1)

    @contextmanager
    def deadly(opened: Any, *about: Any) -> Iterator[Connection]:
        last = next(count) == nth
        with write(opened, *about) as connection:
            yield connection
            if last and before:
                os.kill(os.getpid(), signal.SIGKILL)
        if last:
            os.kill(os.getpid(), signal.SIGKILL)

    kind.write = deadly


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
    main()
