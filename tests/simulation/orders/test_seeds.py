"""No crash, timeout, retry, zombie or failover doubles an order or loses one: TIEOUT_SEEDS stories, each judged."""

from __future__ import annotations

import os

import pytest

from simulator.faults import ScriptedFaults, Trouble, Verb
from tests.simulation.orders.runner import a_runner, summary
from tests.simulation.orders.story import MIDDAY, draw_story

SEEDS = int(os.environ.get("TIEOUT_SEEDS", "2000"))
CHUNK = 50
CHUNKS = [range(first, min(first + CHUNK, SEEDS)) for first in range(0, SEEDS, CHUNK)]


@pytest.mark.parametrize("seeds", CHUNKS, ids=lambda seeds: f"{seeds.start}-{seeds.stop - 1}")
def test_nothing_is_doubled_lost_or_unexplained(seeds: range) -> None:
    with a_runner() as runner:
        tally = runner.play_all(seeds)

    assert not tally.failed, "\n".join(str(failed) for failed in tally.failed)


def test_a_seed_is_the_same_story_every_time() -> None:
    with a_runner() as runner:
        worlds = [runner.play(7, talks=True)[0] for _ in range(2)]

    assert worlds[0].trace == worlds[1].trace
    assert draw_story(7) == draw_story(7)


def test_the_summary_names_what_no_seed_came_to() -> None:
    with a_runner() as runner:
        told = summary(runner.play_all(range(3)))

    assert "3 seeds" in told
    assert "never reached: " in told
    assert "0 duplicates, 0 lost, 0 unexplained" in told


def test_scripted_faults_strike_in_their_sequence_and_are_counted() -> None:
    faults = ScriptedFaults(submit=[None, Trouble.RESET_AFTER])

    struck = [faults.strikes(verb, MIDDAY) for verb in (Verb.SUBMIT, Verb.CANCEL, Verb.SUBMIT, Verb.SUBMIT)]

    assert struck == [None, None, Trouble.RESET_AFTER, None]
    assert faults.struck == {Trouble.RESET_AFTER: 1}


@pytest.mark.parametrize("seed", [638, 3684, 5467])
def test_a_zombie_that_slept_while_it_asked_for_breakers_sends_nothing(seed: int) -> None:
    """Found by these seeds: the last look at the lease came before another question, and a sleep fitted in between."""
    with a_runner() as runner:
        _, verdict = runner.play(seed)

    assert verdict.findings == ()
