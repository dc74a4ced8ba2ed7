"""`python -m benchmarks`: measure, print a table, keep the results. Exit code 1 when a goal is missed."""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import coins, flowing, judging, looking, ordering, reconciling, starting, writing
from benchmarks.harness import RESULTS, Result, say, scratch, write

ROWS = (1_000_000, 10_000_000)
BY_ROWS: dict[str, Callable[[int, Path], list[Result]]] = {
    "reconcile": reconciling.results,
    "write": writing.results,
    "quality": judging.results,
}
WHATEVER_ROWS: dict[str, Callable[[Path], list[Result]]] = {
    "start": starting.results,
    "flow": flowing.results,
    "order": ordering.results,
    "coins": coins.results,
    "dashboard": looking.results,
}
TOPICS = (*BY_ROWS, *WHATEVER_ROWS)


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when every goal holds, 1 when one is missed."""
    asked = _parser().parse_args(arguments)
    began = time.monotonic()
    with scratch() as folder:
        results = _measure(asked.only or TOPICS, asked.rows or ROWS, Path(folder))
    write(results)
    _print(results)
    missed = [result for result in results if result.holds is False]
    say(f"{len(missed)} goals missed. {time.monotonic() - began:.0f} s. Kept in {RESULTS.relative_to(Path.cwd())}")
    return 1 if missed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rows", type=int, action="append", help="positions to measure on; may be repeated")
    parser.add_argument("--only", choices=TOPICS, action="append", help="measure this alone; may be repeated")
    return parser


def _measure(topics: Sequence[str], sizes: Sequence[int], folder: Path) -> list[Result]:
    results: list[Result] = []
    for topic in (one for one in WHATEVER_ROWS if one in topics):
        say(topic)
        results += WHATEVER_ROWS[topic](folder)
    for rows in sizes:
        for topic in (one for one in BY_ROWS if one in topics):
            say(f"{topic}, {rows:,} rows")
            results += BY_ROWS[topic](rows, folder)
        for left in folder.iterdir():  # ten million rows in several forms: the next size needs the room
            shutil.rmtree(left) if left.is_dir() else left.unlink()
    return results


def _print(results: Sequence[Result]) -> None:
    table = Table(title="What we promise, against a peer in the same run")
    for heading in ("what", "ours", "peer", "theirs", "ratio", "goal", "holds"):
        table.add_column(heading, justify="right" if heading in {"ours", "theirs", "ratio"} else "left")
    for one in results:
        holds = {True: "yes", False: "NO", None: ""}[one.holds]
        ours, theirs = f"{one.value:,.3f} {one.unit}", f"{one.peer_value:,.3f} {one.unit}"
        table.add_row(one.name, ours, one.peer, theirs, f"{one.ratio:.3f}", one.goal, holds)
    console = Console(width=None if sys.stdout.isatty() else 160)
    console.print(table)
    if results:
        console.print(results[0].machine)


if __name__ == "__main__":
    sys.exit(main())
