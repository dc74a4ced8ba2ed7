"""Planning twice changes nothing, whatever happened between; and what was missed is judged by its policy."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.planning.examples import FRIDAY, NAME, THURSDAY, at, by_name, plan
from tieout.ids import AccountId
from tieout.planning.keep import Changes, Kept, PlanState, Standing, compare
from tieout.planning.missed import GivenUp, Wish, judge
from tieout.planning.rules import Due
from tieout.planning.settings import CLOSE, EXPIRATION, HEALTH, WINDOW, Missed, PlanSettings
from tieout.planning.thin import LateRun, thin

GRACE = timedelta(minutes=15)
MORNING, EVENING = at("2026-01-16 06:00"), at("2026-01-16 22:30")
USUAL = PlanSettings()


def dues(*days: date) -> list[Due]:
    return [due for day in days for due in plan(day, MORNING).dues]


class World:
    """Journal and server as planning leaves them."""

    def __init__(self) -> None:
        self.rows: dict[str, Kept] = {}
        self.standing: dict[str, Standing] = {}
        self.made = 0

    def plan(self, wishes: list[Wish], given_up: list[GivenUp], now: datetime, together: int = 1) -> Changes:
        changes = compare(wishes, given_up, self.rows, self.standing, now, grace=GRACE, together=together)
        for one in changes.remove:
            del self.standing[one]
        for row in changes.withdrawn:
            self.rows[row.key] = replace(row, state=PlanState.WITHDRAWN, flow_run_id=None)
        for gone in changes.missed:
            self._write(gone.due, PlanState.MISSED, gone.due.at, None)
        for group in changes.create:
            self.made += 1
            self.standing[str(self.made)] = Standing(True, group.first.at)
            for wish in group.wishes:
                self._write(wish.due, PlanState.PLANNED, group.first.at, str(self.made), wish.report)
        return changes

    def _write(self, due: Due, state: PlanState, when: datetime, run: str | None, report: bool = False) -> None:
        self.rows[due.key] = Kept(due.key, due.flow, due.part, due.account_id, due.session, when, state, run, report)


def accounts_of(wishes: tuple[Wish, ...], count: int) -> list[Wish]:
    names = [AccountId(f"account-{number:02d}") for number in range(count)]
    return [replace(one, due=replace(one.due, account_id=name)) for name in names for one in wishes]


@given(
    count=st.integers(1, 5),
    together=st.integers(1, 4),
    moved=st.sets(st.integers(0, 9)),
    gone=st.sets(st.integers(0, 9)),
    begun=st.sets(st.integers(0, 9)),
    dropped=st.sets(st.integers(0, 9)),
)
def test_planning_again_makes_what_is_wanted_and_then_changes_nothing(
    count: int, together: int, moved: set[int], gone: set[int], begun: set[int], dropped: set[int]
) -> None:
    world = World()
    wishes = accounts_of(judge(dues(FRIDAY), USUAL, MORNING)[0], count)
    world.plan(wishes, [], MORNING, together)
    runs = sorted(world.standing)
    for number in begun:
        if number < len(runs):
            world.standing[runs[number]] = Standing(False, words="Running")
    for number in gone - begun:
        world.standing.pop(runs[number % len(runs)], None)
    later = [
        replace(one, at=one.at - timedelta(hours=3)) if index in moved else one for index, one in enumerate(wishes)
    ]
    wanted = [one for index, one in enumerate(later) if index not in dropped]
    untouched = {name for name, one in world.standing.items() if not one.waits}

    world.plan(wanted, [], MORNING, together)

    for one in wanted:
        row = world.rows[one.due.key]
        assert row.flow_run_id in untouched or world.standing[str(row.flow_run_id)] == Standing(True, one.at)
    assert untouched <= set(world.standing)
    used = {row.flow_run_id for row in world.rows.values()}
    assert set(world.standing) <= used, "a run that nobody knows would run"
    again = world.plan(wanted, [], MORNING, together)
    assert (again.none, again.kept) == (True, len(wanted))


def test_accounts_share_a_run_as_far_as_they_may() -> None:
    world = World()
    wishes = accounts_of(judge(dues(FRIDAY), USUAL, MORNING)[0], 5)
    changes = world.plan(wishes, [], MORNING, 2)
    closes = [group for group in changes.create if group.first.due.flow == CLOSE]

    assert [len(group.wishes) for group in closes] == [2, 2, 1]
    assert [group.idempotency_key for group in closes] == [
        "eod-reconciliation:account-00:2026-01-16+1",
        "eod-reconciliation:account-02:2026-01-16+1",
        "eod-reconciliation:account-04:2026-01-16",
    ]


def test_an_early_close_moves_only_what_has_not_begun() -> None:
    world = World()
    wishes = list(judge(dues(FRIDAY), USUAL, MORNING)[0])
    world.plan(wishes, [], MORNING)
    health = world.rows["broker-health/open-2h:alpaca-main:2026-01-16"]
    world.standing[str(health.flow_run_id)] = Standing(False, words="Completed", ended=True)
    early = [replace(one, at=one.at - timedelta(hours=3)) for one in wishes]

    changes = world.plan(early, [], MORNING)

    assert len(changes.create) == len(wishes) - 1
    assert world.rows[health.key] == health


def test_a_run_that_a_person_cancelled_or_a_policy_gave_up_is_not_made_again() -> None:
    world = World()
    wishes = list(judge(dues(FRIDAY), USUAL, MORNING)[0])
    world.plan(wishes[1:], [GivenUp(wishes[0].due, "missed")], MORNING)
    cancelled = str(world.rows[wishes[1].due.key].flow_run_id)
    world.standing[cancelled] = Standing(False, words="Cancelled", ended=True)

    assert world.plan(wishes, [], MORNING).none


def test_after_the_close_of_a_day_without_workers_each_flow_has_its_policy() -> None:
    wishes, given_up = judge(dues(THURSDAY, FRIDAY), USUAL, EVENING)

    told = {(one.due.name, one.due.session): one for one in wishes}
    assert told[CLOSE, THURSDAY].late
    assert told[CLOSE, FRIDAY].late
    assert told[CLOSE, THURSDAY].at < told[CLOSE, FRIDAY].at
    windows = [one for one in wishes if one.due.flow == WINDOW]
    assert len(windows) == 6
    assert all(one.report for one in windows)
    options = [one for one in wishes if one.due.flow == EXPIRATION]
    assert [(one.due.part, one.due.session, one.report) for one in options] == [
        ("expect", THURSDAY, True),
        ("expect", FRIDAY, False),
    ]
    nights = [one.due.session for one in wishes if one.due.flow == "assignment-check"]
    assert nights == [FRIDAY]
    assert {one.due.name for one in given_up if one.news} == {"broker-health/open-2h", "broker-health/close-1h30m"}
    assert {one.due.part for one in given_up if one.due.flow == EXPIRATION} == {"forecast", "decide"}


def test_late_runs_follow_each_other_and_are_left_alone_once_they_have_a_time() -> None:
    wishes, given_up = judge(dues(THURSDAY, FRIDAY), USUAL, EVENING)
    late = [one.at for one in wishes if one.late]
    assert {after - before for before, after in pairwise(late)} == {timedelta(seconds=15)}
    world = World()
    world.plan(list(wishes), list(given_up), EVENING)

    soon = EVENING + timedelta(minutes=5)
    again, gone = judge(dues(THURSDAY, FRIDAY), USUAL, soon)
    assert world.plan(list(again), list(gone), soon).none

    much_later = EVENING + timedelta(hours=1)
    again, gone = judge(dues(THURSDAY, FRIDAY), USUAL, much_later)
    assert len(world.plan(list(again), list(gone), much_later).create) == len(late)


def test_a_late_run_in_time_acts_and_one_that_has_begun_is_nobodys_to_judge() -> None:
    noon = at("2026-01-16 17:00")
    found = by_name(plan(FRIDAY, MORNING))
    wishes, given_up = judge(dues(FRIDAY), USUAL, noon, settled={found["assignment-check"].key})

    told = {one.due.name: one for one in wishes}
    assert (told["execution-window/session"].late, told["execution-window/session"].report) == (True, False)
    assert told["execution-window/open-auction"].report
    assert told[CLOSE] == Wish(found[CLOSE], found[CLOSE].at)
    assert "assignment-check" not in told
    assert {one.due.name for one in given_up} == {"broker-health/open-2h", "options-expiration/forecast"}


def test_a_new_account_makes_up_only_for_what_is_still_in_time() -> None:
    wishes, given_up = judge(dues(FRIDAY), USUAL, EVENING, new={NAME})

    assert [(one.due.name, one.report) for one in wishes] == [("options-expiration/expect", False), (CLOSE, False)]
    assert not any(one.news for one in given_up)


def test_policies_can_be_chosen() -> None:
    once = PlanSettings(missed={CLOSE: Missed.ONCE, WINDOW: Missed.SKIP, HEALTH: Missed.SKIP})
    wishes, _ = judge(dues(THURSDAY, FRIDAY), once, EVENING)

    assert [one.due.session for one in wishes if one.due.flow == CLOSE] == [FRIDAY]
    assert [one for one in wishes if one.due.flow == WINDOW] == []


def test_of_a_schedules_late_runs_the_last_of_each_kind_is_kept() -> None:
    late = [LateRun(str(n), "d", "credential-rotation", "", MORNING + timedelta(minutes=5 * n)) for n in range(30)]
    late += [LateRun(f"w{n}", "w", WINDOW, f"window={n}", MORNING) for n in range(2)]
    late += [LateRun("r", "r", "risk-watch", "", MORNING)]

    kept, needless = thin(late, PlanSettings(missed={"risk-watch": Missed.SKIP}))

    assert [one.flow_run_id for one in kept] == ["w0", "w1", "29"]
    assert len(needless) == 30
    assert all("missed" in one.why for one in needless)
