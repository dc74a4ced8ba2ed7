"""Whether a run that a schedule or the plan started has anything to do, or leaves it to another. Pure.

A schedule is the safety net of the plan: it acts where no planned run does. What a person starts never yields.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tieout.planning.keep import Kept, PlanState


class Starter(StrEnum):
    """Who started a run."""

    SCHEDULE = "schedule"
    PLAN = "plan"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one account's session in one flow.

    planned    its runs in the journal's plan, without the one that asks
    done       the run that has done the work; None where none has
    held       who works on it now, and until when; None where nobody does
    broken     a planned run began, and nobody finished the work
    elsewhere  where its runs are made, `near ibkr`, if that is not the place of the one that asks
    """

    planned: tuple[Kept, ...] = ()
    done: str | None = None
    held: str | None = None
    elsewhere: str | None = None
    broken: bool = False


def why_left(facts: Facts, starter: Starter, now: datetime, grace: timedelta) -> str | None:
    """Why a run leaves an account to another; None where it is to work.

    now      aware UTC
    grace    how late a planned run may be before the schedule's own run steps in
    """
    if starter is Starter.PERSON:
        return None
    if facts.elsewhere and starter is Starter.SCHEDULE:
        return f"its runs are made {facts.elsewhere}"
    if facts.held:
        return f"it is being worked on: {facts.held}"
    if facts.done:
        return f"it is done: {facts.done}"
    if starter is Starter.PLAN or not facts.planned or facts.broken or _overdue(facts.planned, now, grace):
        return None
    return _words(facts.planned)


def _overdue(planned: Iterable[Kept], now: datetime, grace: timedelta) -> bool:
    """Whether a planned run should have begun by now. One that was given up was so on purpose."""
    return any(one.state is PlanState.PLANNED and one.at <= now - grace for one in planned)


def _words(planned: Iterable[Kept]) -> str:
    """`it is planned for 2026-01-16 21:45 UTC`, or when the last of it was."""
    coming = sorted(one.at for one in planned if one.state is PlanState.PLANNED)
    if coming:
        return f"it is planned for {coming[0]:%Y-%m-%d %H:%M} UTC"
    last = max(planned, key=lambda one: one.at)
    told = f": {last.words}" if last.words else ""
    return f"its planned run of {last.at:%Y-%m-%d %H:%M} UTC has {last.state}{told}"
