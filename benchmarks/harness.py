"""Measuring: each case in a process of its own, its peer in another, and the ratio of the two.

Absolute times differ between machines and days; the ratio of two measurements of one run holds.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results" / "latest.json"
CHILD_LIMIT_S = 3600
Asked = tuple[str, int]  # a case and how many rows


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the table.

    ratio    value / peer_value
    goal     what was promised of the ratio; empty where the line is for information
    holds    whether the goal was met; None where there is none
    """

    name: str
    value: float
    unit: str
    peer: str
    peer_value: float
    ratio: float
    goal: str
    holds: bool | None
    machine: str


@dataclass(frozen=True, slots=True)
class Measured:
    """What one measured process told: seconds, its peak memory in MiB, and whatever the case adds."""

    seconds: float
    peak_mb: float
    extra: dict[str, Any]


def machine() -> str:
    """Processor count, memory and Python of this machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    system = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {system}"


def measure(case: str, rows: int, folder: Path) -> Measured:
    """Run one case in a fresh process, so that its peak memory is its own and nothing is warm.

    raises    RuntimeError with the end of the child's stderr
    """
    say(f"  {case} at {rows:,} …")
    command = [sys.executable, "-m", "benchmarks.child", case, str(rows), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=CHILD_LIMIT_S, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{case} at {rows} failed:\n{done.stderr[-2000:]}")
    told = json.loads(done.stdout.strip().splitlines()[-1])
    say(f"  {case} at {rows:,}: {told['seconds']:.3f} s, {told['peak_mb']:,.0f} MiB")
    return Measured(told.pop("seconds"), told.pop("peak_mb"), told)


def in_turn(cases: Sequence[Asked], folder: Path, runs: int) -> dict[Asked, Measured]:
    """Each case's median run. The cases take turns, so that a busy minute strikes all of them."""
    measured: dict[Asked, list[Measured]] = {case: [] for case in cases}
    for _ in range(runs):
        for case, rows in cases:
            measured[case, rows].append(measure(case, rows, folder))
    return {asked: middle(runs_of_it) for asked, runs_of_it in measured.items()}


def middle(measured: Sequence[Measured]) -> Measured:
    """The run with the median time; the faster of two in the middle."""
    seconds = statistics.median_low([one.seconds for one in measured])
    return next(one for one in measured if one.seconds == seconds)


def compared(
    name: str,
    value: float,
    peer: str,
    peer_value: float,
    *,
    unit: str = "s",
    at_most: float | None = None,
    faster: float | None = None,
) -> Result:
    """A result against its peer.

    at_most    goal: value is at most so many times the peer's
    faster     goal: the peer takes at least so many times as long
    raises     ValueError for a peer that measured nothing: no ratio could be told
    """
    if value <= 0 or peer_value <= 0:
        raise ValueError(f"{name}: nothing was measured ({value} against {peer_value} of {peer})")
    ratio, goal, holds = value / peer_value, "", None
    if at_most is not None:
        goal, holds = f"at most {at_most:g} x", ratio <= at_most
    elif faster is not None:
        goal, holds = f"{faster:g} x faster", peer_value >= value * faster
    return Result(name, value, unit, peer, peer_value, ratio, goal, holds, machine())


def write(results: Sequence[Result], path: Path = RESULTS) -> None:
    """Keep the results as a list of objects."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(result) for result in results], indent=2) + "\n", encoding="utf-8")


def scratch() -> tempfile.TemporaryDirectory[str]:
    """A folder on the disk the results are about; TIEOUT_BENCH_DIR chooses another."""
    return tempfile.TemporaryDirectory(prefix="tieout-bench-", dir=os.environ.get("TIEOUT_BENCH_DIR"))


def say(text: str) -> None:
    """Progress, on stderr: stdout is for the table."""
    print(text, file=sys.stderr, flush=True)
