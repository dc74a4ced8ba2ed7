"""Seeds played and judged one after the other, and what they came to in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from simulator.faults import POSSIBLE, Trouble
from tests.databases import ReusedJournal, journal_to_reuse
from tests.simulation.orders.judge import Fault, Finding, Verdict, judge
from tests.simulation.orders.process import Kinds
from tests.simulation.orders.story import POINTS, draw_story
from tests.simulation.orders.world import World

SKEWED = "clock skew"
CRASHES = tuple(f"crash {point}" for point in dict.fromkeys(POINTS))
ZOMBIES = tuple(f"zombie {point}" for point in dict.fromkeys(POINTS) if point != "before commit")
TROUBLES = (*dict.fromkeys(trouble for each in POSSIBLE.values() for trouble in each), Trouble.OUTAGE, SKEWED)


@dataclass(frozen=True, slots=True)
class Failed:
    """A seed that broke a rule."""

    seed: int
    findings: tuple[Finding, ...]

    def __str__(self) -> str:
        told = "".join(f"\n  {one.fault}: {one.words}" for one in self.findings)
        return f"seed {self.seed}{told}\n  again: python -m tests.simulation.orders --seed {self.seed}"


@dataclass(slots=True)
class Tally:
    """Numbers of many seeds; tallies of several processes add up."""

    seeds: int = 0
    intents: int = 0
    orders: int = 0
    escalated: int = 0
    refused_zombies: int = 0
    troubles: Counter[str] = field(default_factory=Counter)
    points: Counter[str] = field(default_factory=Counter)
    proofs: Counter[str] = field(default_factory=Counter)
    failed: list[Failed] = field(default_factory=list)

    def note(self, world: World, verdict: Verdict) -> None:
        """Count one seed in."""
        self.seeds += 1
        self.intents += verdict.intents
        self.orders += verdict.orders
        self.escalated += verdict.escalated
        self.refused_zombies += world.refused_zombies
        for faults in world.faults.values():
            self.troubles.update({trouble.value: count for trouble, count in faults.struck.items()})
        self.troubles[SKEWED] += world.skewed
        self.points.update(world.points)
        self.proofs.update(kind.value for kind in verdict.proofs)
        if verdict.findings:
            self.failed.append(Failed(world.story.seed, verdict.findings))

    def add(self, other: Tally) -> None:
        """Count another tally in."""
        for name in ("seeds", "intents", "orders", "escalated", "refused_zombies"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("troubles", "points", "proofs"):
            getattr(self, name).update(getattr(other, name))
        self.failed += other.failed

    def count(self, fault: Fault) -> int:
        """Seeds that failed in this way."""
        return sum(any(one.fault is fault for one in failed.findings) for failed in self.failed)

    @property
    def never_reached(self) -> list[str]:
        """Troubles and points that no seed came to: so long, it says nothing about them."""
        troubles = [str(one) for one in TROUBLES if not self.troubles[str(one)]]
        return troubles + [one for one in (*CRASHES, *ZOMBIES) if not self.points[one]]


class Runner:
    """Plays seeds on one journal that is emptied in between."""

    def __init__(self, journal: ReusedJournal) -> None:
        self._journal = journal

    def play(self, seed: int, kinds: Kinds = Kinds(), *, talks: bool = False) -> tuple[World, Verdict]:  # noqa: B008
        """One seed, played and judged."""
        world = World(draw_story(seed), self._journal.emptied(), kinds, talks=talks)
        world.play()
        return world, judge(world)

    def play_all(self, seeds: Iterable[int], kinds: Kinds = Kinds()) -> Tally:  # noqa: B008
        """Many seeds, in numbers."""
        tally = Tally()
        for seed in seeds:
            tally.note(*self.play(seed, kinds))
        return tally


@contextmanager
def a_runner() -> Iterator[Runner]:
    """A runner with a journal of its own, gone at the end."""
    with journal_to_reuse() as journal:
        yield Runner(journal)


def summary(tally: Tally) -> str:
    """The numbers as people read them."""
    lines = [f"{tally.seeds} seeds, {tally.intents} intents, {tally.orders} orders at venues"]
    lines += ["", "what went wrong, and how often:"]
    lines += [f"  {tally.troubles[str(one)]:>8}  {one}" for one in TROUBLES]
    lines += ["", "where our process died:"]
    lines += [f"  {tally.points[one]:>8}  {one.removeprefix('crash ')}" for one in CRASHES]
    lines += ["", "where it fell asleep and woke up overtaken:"]
    lines += [f"  {tally.points[one]:>8}  {one.removeprefix('zombie ')}" for one in ZOMBIES]
    lines += ["", f"{tally.refused_zombies} zombies refused; {tally.escalated} intents wait for a venue that is gone"]
    lines += ["proofs: " + ", ".join(f"{count} {kind}" for kind, count in sorted(tally.proofs.items()))]
    if tally.never_reached:
        lines += ["never reached: " + ", ".join(tally.never_reached)]
    counts = [f"{tally.count(fault)} {name}" for fault, name in _PLURALS.items()]
    return "\n".join([*lines, "", ", ".join(counts)])


_PLURALS = {Fault.DUPLICATE: "duplicates", Fault.LOST: "lost", Fault.UNEXPLAINED: "unexplained"}
