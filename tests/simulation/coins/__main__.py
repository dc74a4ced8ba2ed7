"""`python -m tests.simulation.coins --venue binance --seeds 200`: many days over the wire, and what they came to."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from tasks.orders.desk import OrderDesk
from tests.contract.coins.venues import VENUES, CoinVenue
from tests.databases import ReusedJournal, journal_to_reuse
from tests.simulation.coins.wire import READS, WRITES, WireDay, orders_of, play

STREAMED = tuple(one for one in VENUES if one.name in ("binance", "bybit"))


@dataclass(slots=True)
class Tally:
    """Numbers of many seeds at one venue."""

    venue: str
    seeds: int = 0
    intents: int = 0
    orders: int = 0
    refused: int = 0
    struck: Counter[str] = field(default_factory=Counter)
    points: Counter[str] = field(default_factory=Counter)
    found: list[str] = field(default_factory=list)

    def note(self, seed: int, day: WireDay, findings: list[str]) -> None:
        """Count one seed in."""
        self.seeds += 1
        self.intents += len(day.rows)
        self.orders += sum(len(orders_of(day, row)) for row in day.rows)
        self.refused += day.refused
        self.struck += day.struck
        self.points += day.points
        self.found += [f"seed {seed}: {one}" for one in findings]

    def count(self, kind: str) -> int:
        """How many findings are of a kind: doubled, lost, unexplained."""
        return sum(f": {kind}" in one for one in self.found)


def play_all(
    venue: CoinVenue, seeds: Iterable[int], journal: ReusedJournal, desk: type[OrderDesk] = OrderDesk
) -> Tally:
    """Seeds one after the other."""
    tally = Tally(venue.name)
    for seed in seeds:
        tally.note(seed, *play(venue, seed, journal.emptied(), desk))
        if sys.stderr.isatty():
            print(f"\r{tally.seeds} seeds", end="", file=sys.stderr, flush=True)
    return tally


def summary(tally: Tally) -> str:
    """The numbers as people read them."""
    lines = [f"{tally.venue}: {tally.seeds} seeds, {tally.intents} intents, {tally.orders} orders at the venue"]
    lines += ["", f"what went wrong, {sum(tally.struck.values())} times:"]
    lines += [f"  {tally.struck[name]:>6}  {name}" for name in (*WRITES, *READS)]
    lines += ["", "where a process died, or slept and woke up overtaken:"]
    lines += [f"  {count:>6}  {point}" for point, count in sorted(tally.points.items())]
    kinds = ", ".join(f"{tally.count(kind)} {kind}" for kind in ("doubled", "lost", "unexplained"))
    return "\n".join([*lines, "", f"{tally.refused} zombies turned away", "", *tally.found, kinds])


def main() -> int:
    """The command line. 1 where a rule was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.coins", description=__doc__)
    parser.add_argument("--venue", choices=[one.name for one in STREAMED], required=True)
    parser.add_argument("--seeds", type=int, default=50, help="how many")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    given, began = parser.parse_args(), time.monotonic()
    venue = next(one for one in STREAMED if one.name == given.venue)
    with journal_to_reuse() as journal:
        tally = play_all(venue, range(given.first, given.first + given.seeds), journal)
    print(summary(tally))
    print(f"{time.monotonic() - began:.0f} s")
    return 1 if tally.found else 0


if __name__ == "__main__":
    raise SystemExit(main())
