"""What a run leaves to others, where venues say other hours, and how a plan is shown."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.unit.planning.examples import FRIDAY, NAME, XNYS, at, plan
from tieout.planning.hours import differences
from tieout.planning.keep import Kept, PlanState
from tieout.planning.leave import Facts, Starter, why_left
from tieout.planning.page import UNSCHEDULED, lines, page
from tieout.planning.settings import CLOSE

GRACE = timedelta(minutes=15)
DUE = at("2026-01-16 21:45")
KEY = "eod-reconciliation:alpaca-main:2026-01-16"
NEW_YORK = ZoneInfo("America/New_York")


def kept(state: PlanState, words: str = "") -> Kept:
    return Kept(KEY, CLOSE, "", NAME, FRIDAY, DUE, state, "one", why="close+45m", words=words)


@pytest.mark.parametrize(
    ("facts", "starter", "minutes", "told"),
    [
        (Facts(), Starter.SCHEDULE, 0, None),
        (Facts((kept(PlanState.PLANNED),)), Starter.SCHEDULE, -30, "it is planned for 2026-01-16 21:45 UTC"),
        (Facts((kept(PlanState.PLANNED),)), Starter.SCHEDULE, 14, "it is planned for 2026-01-16 21:45 UTC"),
        (Facts((kept(PlanState.PLANNED),)), Starter.SCHEDULE, 15, None),
        (Facts((kept(PlanState.BEGUN),)), Starter.SCHEDULE, 60, "its planned run of 2026-01-16 21:45 UTC has begun"),
        (Facts((kept(PlanState.BEGUN),), broken=True), Starter.SCHEDULE, 60, None),
        (
            Facts((kept(PlanState.MISSED, "missed; skipped"),)),
            Starter.SCHEDULE,
            60,
            "its planned run of 2026-01-16 21:45 UTC has missed: missed; skipped",
        ),
        (Facts(done="run-01"), Starter.SCHEDULE, 0, "it is done: run-01"),
        (Facts(done="run-01"), Starter.PLAN, 0, "it is done: run-01"),
        (Facts(held="a host"), Starter.PLAN, 0, "it is being worked on: a host"),
        (Facts((kept(PlanState.PLANNED),)), Starter.PLAN, 0, None),
        (Facts(elsewhere="near ibkr"), Starter.SCHEDULE, 0, "its runs are made near ibkr"),
        (Facts(elsewhere="near ibkr"), Starter.PLAN, 0, None),
        (Facts((kept(PlanState.PLANNED),), "run-01", "a host", "near ibkr"), Starter.PERSON, 0, None),
    ],
)
def test_what_a_run_leaves_to_another(facts: Facts, starter: Starter, minutes: int, told: str | None) -> None:
    assert why_left(facts, starter, DUE + timedelta(minutes=minutes), GRACE) == told


def test_a_venue_that_says_the_same_differs_nowhere() -> None:
    days = [FRIDAY, date(2026, 1, 20)]
    same = {day: (XNYS.opens_at(day), XNYS.closes_at(day)) for day in days}
    assert differences(XNYS, same, FRIDAY, days[-1]) == {}


def test_each_difference_says_who_says_what_and_what_to_write() -> None:
    early = (at("2026-01-16 14:30"), at("2026-01-16 18:00"))
    later = (at("2026-01-20 15:30"), at("2026-01-20 21:00"))
    monday = (at("2026-01-19 14:30"), at("2026-01-19 21:00"))
    told = differences(
        XNYS, {FRIDAY: early, date(2026, 1, 19): monday, date(2026, 1, 20): later}, FRIDAY, date(2026, 1, 21)
    )

    assert told == {
        FRIDAY: "2026-01-16: XNYS says 09:30 to 16:00 EST, the venue says 09:30 to 13:00 EST. "
        'If the venue is right, write XNYS = ["2026-01-16 13:00"] into [calendars]',
        date(2026, 1, 19): "2026-01-19: XNYS says no session, the venue says 09:30 to 16:00 EST. "
        "Runs keep to the calendar; if the venue is right, exchange-calendars needs an update",
        date(2026, 1, 20): "2026-01-20: XNYS says 09:30 to 16:00 EST, the venue says 10:30 to 16:00 EST. "
        "Runs keep to the calendar; if the venue is right, exchange-calendars needs an update",
        date(2026, 1, 21): "2026-01-21: XNYS says 09:30 to 16:00 EST, the venue says no session. "
        "If the venue is right, write XNYS = [2026-01-21] into [calendars]",
    }


def test_lines_tell_the_minute_and_what_is_known() -> None:
    found = plan(FRIDAY, at("2026-01-16 06:00"))
    moved = DUE - timedelta(hours=3)
    told = {one.flow: one for one in lines(found, {KEY: kept(PlanState.BEGUN)}, NEW_YORK)}

    assert (told[CLOSE].local, told[CLOSE].state, told[CLOSE].flow_run_id) == ("2026-01-16 16:45 EST", "begun", "one")
    assert told["execution-window/session"].state == UNSCHEDULED
    withdrawn = Kept(KEY, CLOSE, "", NAME, FRIDAY, moved, PlanState.WITHDRAWN)
    assert {one.flow: one for one in lines(found, {KEY: withdrawn}, NEW_YORK)}[CLOSE].at == DUE


def test_the_page_has_a_table_with_links_and_says_why_a_day_has_none() -> None:
    found, holiday = plan(FRIDAY, at("2026-01-16 06:00")), plan(date(2026, 1, 19), at("2026-01-19 06:00"))
    text = page(
        [found], [kept(PlanState.PLANNED)], {NAME: NEW_YORK}, {"one": "http://ui/run"}, {NAME: "agrees"}, ["lost"]
    )

    assert "| 2026-01-16 16:45 EST | [eod-reconciliation](http://ui/run) 2026-01-16 | planned | close+45m |" in text
    assert "Hours: agrees." in text
    assert "- lost" in text
    nothing = page([holiday], [], {NAME: NEW_YORK}, {}, {}, [])
    assert "2026-01-19 is no session: " in nothing
    assert "Nothing is planned." in nothing
