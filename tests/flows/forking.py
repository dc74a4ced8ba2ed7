"""A warm process that forks flow runs (`window_process.py`), as tests talk to it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.flows.conftest import SECRET, FlowDesk

ROOT = Path(__file__).resolve().parent.parent.parent
KILLED = -signal.SIGKILL


@dataclass(slots=True)
class Warm:
    """The warm process, and what its children are given."""

    server: subprocess.Popen[str]
    desk: FlowDesk
    environment: Mapping[str, str]

    def run(self, **told: Any) -> bool:
        """One flow run; whether it was killed. `told` is what `window_process.py` says it takes."""
        given = {
            "folder": str(self.desk.folder),
            "api": self.desk.api,
            "environment": dict(self.environment),
            "log": str(self.desk.folder / "windows.log"),
        }
        assert self.server.stdin is not None
        assert self.server.stdout is not None
        self.server.stdin.write(json.dumps(given | told) + "\n")
        self.server.stdin.flush()
        self.server.stdout.readline()
        ended = json.loads(self.server.stdout.readline())["ended"]
        assert ended in (0, KILLED), (self.desk.folder / "windows.log").read_text()[-3000:]
        return bool(ended == KILLED)


@contextmanager
def warm_process(desk: FlowDesk, environment: Mapping[str, str]) -> Iterator[Warm]:
    """The process, until the block ends."""
    command = [sys.executable, "-m", "tests.flows.window_process"]
    with subprocess.Popen(
        command, cwd=ROOT, env=os.environ | environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        yield Warm(server, desk, environment)
        assert server.stdin is not None
        server.stdin.close()


def environment_of(desk: FlowDesk, now: str) -> dict[str, str]:
    """Of every process that runs a flow of the desk; `now` is TIEOUT_NOW."""
    return {
        "TIEOUT_CONFIG": str(desk.folder / "tieout.toml"),
        "TIEOUT_JOURNAL_URL": f"sqlite:///{desk.folder}/data/journal.sqlite",
        "TIEOUT_WAREHOUSE_URL": f"duckdb:///{desk.folder}/data/tieout.duckdb",
        "TIEOUT_NOW": now,
        "ALPACA_API_KEY": "PKTEST",  # pragma: allowlist secret
        "ALPACA_API_SECRET": SECRET,
        "PREFECT_API_URL": desk.api,
        "PREFECT_HOME": str(desk.folder / "prefect"),
        "NO_PROXY": "127.0.0.1",
    }
