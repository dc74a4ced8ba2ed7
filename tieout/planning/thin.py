"""Which of the late runs of schedules are still worth their while. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tieout.planning.settings import Missed, PlanSettings


@dataclass(frozen=True, slots=True)
class LateRun:
    """A run of a schedule that has not begun.

    given    its parameters as text: runs that were given other ones do other work
    at       UTC, when it should have begun
    """

    flow_run_id: str
    deployment_id: str
    flow: str
    given: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Needless:
    """One that is not to run any more."""

    flow_run_id: str
    flow: str
    why: str


def thin(late: Iterable[LateRun], plan: PlanSettings) -> tuple[tuple[LateRun, ...], tuple[Needless, ...]]:
    """Those that are to run, in the order in which they were due, and those that are not.

    A schedule's run finds out by itself which session it is about, so many late ones would do the same: the last of a
    kind is kept. Where the flow's missed runs are skipped, none is.
    """
    ordered = sorted(late, key=lambda one: (one.at, one.flow_run_id))
    last = {(one.deployment_id, one.given): one for one in ordered}
    kept, needless = [], []
    for one in ordered:
        if plan.policy(one.flow) is Missed.SKIP:
            needless.append(Needless(one.flow_run_id, one.flow, "missed; runs of this flow are not made up for"))
        elif last[one.deployment_id, one.given] is not one:
            needless.append(Needless(one.flow_run_id, one.flow, "missed; a later run of the same does its work"))
        else:
            kept.append(one)
    return tuple(kept), tuple(needless)
