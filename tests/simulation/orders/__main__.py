"""`python -m tests.simulation.orders --seeds 10000`: many seeds on every core; `--seed 7`: one, with its trace."""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields

from sqlalchemy import select

from sql.placements import read_placements
from sql.rows import read_rows
from sql.schema.journal import order_event
from tests.simulation.orders.runner import Tally, a_runner, summary
from tests.simulation.orders.story import ACCOUNTS
from tests.simulation.orders.world import World
from tieout.placement import Placement

_CHUNK = 100
_MUST_REACH = 2_000  # seeds, from which on every trouble and every point must have been reached


def play_chunk(first: int, last: int) -> Tally:
    """Seeds in [first, last)."""
    with a_runner() as runner:
        return runner.play_all(range(first, last))


def many(first: int, count: int) -> int:
    """Play them, say how it goes, and what came of it. 1 where a rule was broken or a trouble never struck."""
    began, total = time.monotonic(), Tally()
    chunks = [(at, min(at + _CHUNK, first + count)) for at in range(first, first + count, _CHUNK)]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for tally in pool.map(play_chunk, *zip(*chunks, strict=True)):
            total.add(tally)
            for failed in tally.failed:
                print(failed)
            print(f"\r{total.seeds} of {count} seeds", end="", file=sys.stderr, flush=True)
    minutes = (time.monotonic() - began) / 60
    print("\n" + summary(total))
    print(f"{minutes:.1f} minutes, {total.seeds / minutes:.0f} seeds a minute")
    return 1 if total.failed or (count >= _MUST_REACH and total.never_reached) else 0


def one(seed: int) -> int:
    """Play one seed and tell all of it."""
    with a_runner() as runner:
        world, verdict = runner.play(seed, talks=True)
        rows = histories(world)
    print("\n".join([*world.trace, "", *rows]))
    for finding in verdict.findings:
        print(f"{finding.fault}: {finding.words}")
    return 1 if verdict.findings else 0


def histories(world: World) -> list[str]:
    """Every intent as it stands at the end, and how it came there."""
    lines = []
    with world.journal.read() as journal:
        for row in (row for account in ACCOUNTS for row in read_placements(journal, account)):
            lines += [f"{row.intent.account_id} {row.intent.order}", f"  {_changed(row)}"]
            wanted = select(order_event).where(order_event.c.intent_id == row.intent.intent_id)
            for found in read_rows(journal, wanted.order_by(order_event.c.event_id)):
                lines.append(f"  {found['at']:%H:%M:%S.%f}  {found['event']}: {found['detail']['words']}")
    return lines


def _changed(row: Placement) -> str:
    """What of a row is not as it began."""
    values = {one.name: getattr(row, one.name) for one in fields(row) if one.name != "intent"}
    return ", ".join(f"{name}={value}" for name, value in values.items() if value not in (None, 0, "", (), frozenset()))


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.orders", description=__doc__)
    parser.add_argument("--seeds", type=int, default=200, help="how many")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--seed", type=int, help="this one only, with its trace")
    given = parser.parse_args()
    return many(given.first, given.seeds) if given.seed is None else one(given.seed)


if __name__ == "__main__":
    raise SystemExit(main())
