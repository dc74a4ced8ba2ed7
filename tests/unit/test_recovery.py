"""What a sweep makes of runs, leases and slots: the dead are put right, the living are left alone, the rest is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.ids import AccountId, RunId
from tieout.recovery import (
    MOST_RESUMES,
    PENDING_LIMIT,
    RESUMES,
    Begun,
    Finding,
    Held,
    Life,
    Remedy,
    Resume,
    Scene,
    Seen,
    Slots,
    Trouble,
    about,
    findings,
    resume_parameters,
)

NOW = datetime(2026, 3, 2, 22, tzinfo=UTC)
DAY = date(2026, 3, 2)
CLOSE = "eod-reconciliation"
BEGUN = Begun(RunId("a-20260302-01"), AccountId("a"), CLOSE, DAY, "f")
HELD = Held(f"a:{CLOSE}:2026-03-02", "host:1:f:9", "f", 1, NOW + timedelta(minutes=5))
SEEN = Seen("f", CLOSE, "close a", "RUNNING", NOW - timedelta(minutes=1), {})


def look(
    life: Life,
    *,
    begun: Begun | None = BEGUN,
    held: Held | None = HELD,
    seen: Seen | None = SEEN,
    slots: tuple[Slots, ...] = (),
    current: bool = True,
) -> tuple[Finding, ...]:
    scene = Scene(
        [begun] if begun else [], [held] if held else [], {"f": seen} if seen else {}, slots, lambda _run: life
    )
    return findings(scene, NOW, NOW, lambda _begun: current)


def remedies(found: tuple[Finding, ...]) -> dict[Trouble, tuple[Remedy, ...]]:
    return {one.trouble: one.remedies for one in found}


def test_a_run_whose_process_is_gone_is_crashed_ended_and_resumed() -> None:
    assert remedies(look(Life.DEAD)) == {
        Trouble.ZOMBIE: (Remedy.CRASH,),
        Trouble.UNFINISHED: (Remedy.END, Remedy.RESUME),
        Trouble.STALE_LEASE: (Remedy.RELEASE,),
    }


@given(
    st.sampled_from(["RUNNING", "PENDING", "PAUSED", "COMPLETED", "CRASHED", "CANCELLED"]),
    st.booleans(),
    st.integers(-600, 600),
)
def test_what_lives_is_left_alone(state: str, followed: bool, expires: int) -> None:
    held = replace(HELD, expires_at=NOW + timedelta(seconds=expires))
    found = look(Life.ALIVE, begun=replace(BEGUN, is_followed=followed), held=held, seen=replace(SEEN, state=state))
    assert found == ()


@given(st.sampled_from(["RUNNING", "PAUSED", "CRASHED", "COMPLETED"]), st.integers(1, 600))
def test_of_another_machine_a_lease_that_holds_is_believed(state: str, left: int) -> None:
    held = replace(HELD, expires_at=NOW + timedelta(seconds=left))
    assert look(Life.UNKNOWN, held=held, seen=replace(SEEN, state=state)) == ()


def test_of_another_machine_a_run_whose_lease_ran_out_is_dead() -> None:
    found = look(Life.UNKNOWN, held=replace(HELD, expires_at=NOW))
    assert remedies(found) == {
        Trouble.ZOMBIE: (Remedy.CRASH,),
        Trouble.UNFINISHED: (Remedy.END, Remedy.RESUME),
        Trouble.STALE_LEASE: (Remedy.TELL,),
    }


def test_of_another_machine_a_run_that_holds_nothing_is_not_touched() -> None:
    assert look(Life.UNKNOWN, begun=None, held=None) == ()


def test_a_run_that_the_server_closed_is_ended_once_its_lease_is_over() -> None:
    crashed = replace(SEEN, state="CRASHED")
    assert remedies(look(Life.UNKNOWN, held=None, seen=crashed)) == {Trouble.UNFINISHED: (Remedy.END, Remedy.RESUME)}


def test_a_run_that_waits_for_a_person_on_another_machine_is_not_over() -> None:
    assert look(Life.UNKNOWN, held=None, seen=replace(SEEN, state="PAUSED")) == ()


def test_a_run_that_another_has_taken_over_is_ended_and_not_resumed() -> None:
    found = look(Life.DEAD, begun=replace(BEGUN, is_followed=True), held=None)
    assert remedies(found)[Trouble.UNFINISHED] == (Remedy.END,)


def test_a_run_of_no_flow_run_is_left_alone() -> None:
    assert look(Life.DEAD, begun=replace(BEGUN, flow_run_id=None), held=None, seen=None) == ()


@pytest.mark.parametrize(("current", "then"), [(True, Remedy.RESUME), (False, Remedy.TELL)])
@pytest.mark.parametrize("flow", [one for one, when in RESUMES.items() if when is Resume.SAME_SESSION])
def test_what_is_of_no_use_after_its_session_is_told_then(flow: str, current: bool, then: Remedy) -> None:
    found = look(Life.DEAD, begun=replace(BEGUN, flow=flow), seen=replace(SEEN, flow=flow), current=current)
    assert remedies(found)[Trouble.UNFINISHED] == (Remedy.END, then)


def test_a_flow_that_its_schedule_brings_again_is_not_resumed() -> None:
    found = look(Life.DEAD, begun=replace(BEGUN, flow="risk-watch"), seen=replace(SEEN, flow="risk-watch"))
    assert remedies(found)[Trouble.UNFINISHED] == (Remedy.END,)


def test_a_run_that_died_too_often_is_left_to_a_person() -> None:
    found = look(Life.DEAD, seen=replace(SEEN, resumes=MOST_RESUMES))
    assert remedies(found)[Trouble.UNFINISHED] == (Remedy.END, Remedy.TELL)
    again = look(Life.DEAD, seen=replace(SEEN, resumes=MOST_RESUMES))
    assert [about(one) for one in again] == [about(one) for one in found]
    assert {about(one).account_id for one in found if one.trouble is Trouble.UNFINISHED} == {BEGUN.account_id}


def test_a_run_that_the_server_forgot_is_told() -> None:
    found = look(Life.DEAD, seen=None)
    assert remedies(found)[Trouble.UNFINISHED] == (Remedy.END, Remedy.TELL)


def test_a_run_that_died_before_it_began_anything_is_resumed_as_it_was() -> None:
    found = look(Life.DEAD, begun=None, held=None)
    assert remedies(found) == {Trouble.ZOMBIE: (Remedy.CRASH, Remedy.RESUME)}


@pytest.mark.parametrize(("waited", "count"), [(PENDING_LIMIT, 0), (PENDING_LIMIT + timedelta(seconds=1), 1)])
def test_a_run_that_never_began_has_lost_its_worker(waited: timedelta, count: int) -> None:
    pending = replace(SEEN, state="PENDING", since=NOW - waited)
    assert len(look(Life.UNKNOWN, begun=None, held=None, seen=pending)) == count


@given(st.integers(0, 5), st.integers(0, 5), st.integers(0, 1200))
def test_slots_are_freed_only_where_nobody_had_them_for_long(taken: int, runs: int, seconds: int) -> None:
    one = Slots("deployment:x", CLOSE, taken, runs, NOW - timedelta(seconds=seconds))
    found = look(Life.ALIVE, begun=None, held=None, seen=None, slots=(one,))
    assert bool(found) == (taken > runs and seconds > 600)
    assert all((each.remedies, each.slots) == ((Remedy.FREE,), runs) for each in found)


def test_the_run_in_a_dead_ones_place_is_about_the_same_session() -> None:
    dead = replace(SEEN, parameters={"accounts": ["a"], "date": None, "dry_run": None})
    assert resume_parameters(dead, [DAY, DAY]) == {"accounts": ["a"], "date": "2026-03-02"}
    assert resume_parameters(dead, []) == {"accounts": ["a"]}
    assert resume_parameters(dead, [DAY, date(2026, 3, 3)]) == {"accounts": ["a"]}
    assert resume_parameters(replace(dead, parameters={"date": "2026-02-27"}), [DAY]) == {"date": "2026-02-27"}
    assert resume_parameters(replace(dead, flow="risk-watch"), [DAY]) == {"accounts": ["a"]}
