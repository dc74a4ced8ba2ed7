"""Tests of the test: with one rule broken on purpose, the same seeds and the same judge find violations."""

from __future__ import annotations

import pytest

from tests.simulation.orders.broken import BROKEN, Broken
from tests.simulation.orders.judge import Fault
from tests.simulation.orders.runner import a_runner

MOST_SEEDS = 300  # the slowest is found out by the 35th


def first_failure(broken: Broken) -> tuple[int, set[Fault]]:
    """The first seed that is found out, and how."""
    with a_runner() as runner:
        for seed in range(MOST_SEEDS):
            _, verdict = runner.play(seed, broken.kinds)
            if verdict.findings:
                return seed, {finding.fault for finding in verdict.findings}
    return MOST_SEEDS, set()


@pytest.mark.slow
@pytest.mark.parametrize("broken", BROKEN, ids=lambda one: one.name)
def test_the_judge_finds_out_who_breaks_a_rule(broken: Broken, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, instead in broken.patches:
        monkeypatch.setattr(name, instead)

    seed, faults = first_failure(broken)

    assert faults, f"{broken.name}: not found out in {MOST_SEEDS} seeds"
    print(f"{broken.name}: found out by seed {seed}, {sorted(faults)}")
