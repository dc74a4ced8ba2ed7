"""What becomes of runs whose time has passed: made up for, run to report only, or given up with a reason. Pure.

After an outage many runs are late at once. Those that are made up for follow each other at a distance, the oldest
session first, so that they do not all fall on stores, venues and workers in the same minute.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tieout.ids import AccountId
from tieout.planning.rules import Due
from tieout.planning.settings import WINDOW, Missed, PlanSettings


@dataclass(frozen=True, slots=True)
class Wish:
    """A run that is to stand in the schedule.

    at        UTC
    late      its own time has passed, and it is made up for
    report    it is too late to act: it looks and tells, and changes nothing
    """

    due: Due
    at: datetime
    late: bool = False
    report: bool = False


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A run that is not made up for, and why.

    news    people should hear of it
    """

    due: Due
    why: str
    news: bool = True


def judge(
    dues: Sequence[Due],
    plan: PlanSettings,
    now: datetime,
    settled: Collection[str] = (),
    new: Collection[AccountId] = (),
) -> tuple[tuple[Wish, ...], tuple[GivenUp, ...]]:
    """What is to be scheduled, and what is given up.

    dues       of any accounts and sessions
    now        aware UTC
    settled    keys of runs that have begun or ended: nothing is wished for them, and they stand in for earlier ones
    new        accounts that were never planned before: what was over by then was nobody's to run
    """
    open_ = [due for due in dues if due.key not in settled]
    grace = timedelta(seconds=plan.grace_s)
    wishes = [Wish(due, due.at) for due in open_ if due.at > now - grace]
    late: list[Wish] = []
    given_up: list[GivenUp] = []
    for due in open_:
        if due.at > now - grace:
            continue
        found = _judge_late(due, dues, plan, now)
        if due.account_id in new and due.latest is not None and due.latest <= now:
            found = GivenUp(due, "planning of this account began after its time", news=False)
        if isinstance(found, GivenUp):
            given_up.append(found)
        else:
            late.append(found)
    wishes += spread(late, now, timedelta(seconds=plan.spread_s))
    return tuple(sorted(wishes, key=lambda one: (one.at, one.due.key))), tuple(given_up)


def spread(late: Iterable[Wish], now: datetime, apart: timedelta) -> list[Wish]:
    """Late runs one after the other, from now on: the oldest session first, and in it in the order of the day."""
    ordered = sorted(late, key=lambda one: (one.due.session, one.due.at, one.due.key))
    return [replace(one, at=now + number * apart) for number, one in enumerate(ordered)]


def _judge_late(due: Due, dues: Sequence[Due], plan: PlanSettings, now: datetime) -> Wish | GivenUp:
    policy = plan.policy(due.flow)
    if policy is Missed.SKIP:
        return GivenUp(due, "missed; runs of this flow are not made up for")
    if later := _successor(due, dues, policy):
        words = f"missed; {later.name} of {later.session}, {later.at:%Y-%m-%d %H:%M} UTC, takes its place"
        return GivenUp(due, words, news=False)
    if due.latest is None or now < due.latest:
        return Wish(due, now, late=True)
    if policy is Missed.REPORT_ONLY:
        return Wish(due, now, late=True, report=True)
    return Wish(due, now, late=True)


def _successor(due: Due, dues: Sequence[Due], policy: Missed) -> Due | None:
    """The run that does what this one would have done: a later one of its session, or where once is enough, of another.

    Windows of a day do not stand in for each other.
    """
    same = [one for one in dues if one.flow == due.flow and one.account_id == due.account_id and one.at > due.at]
    if due.flow == WINDOW:
        same = [one for one in same if one.part == due.part]
    if policy is Missed.ONCE:
        return max(same, key=lambda one: one.at, default=None)
    today = [one for one in same if one.session == due.session]
    return max(today, key=lambda one: one.at, default=None)
