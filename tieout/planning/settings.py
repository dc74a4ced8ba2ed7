"""The `[plan]` table as a value: when a session's runs begin, and what becomes of those that were missed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from tieout.windows import Anchor, Moment


class Missed(StrEnum):
    """What becomes of runs whose time is over."""

    SKIP = "skip"  # none is made up for
    ONCE = "once"  # one run, for the latest session, however many were missed
    CATCH_UP = "catch_up"  # one run per missed session, the oldest first
    REPORT_ONLY = "report_only"  # one run per missed session that looks and tells, and changes nothing


CLOSE, WINDOW, EXPIRATION, ASSIGNMENT, HEALTH = (
    "eod-reconciliation",
    "execution-window",
    "options-expiration",
    "assignment-check",
    "broker-health",
)
PLANNED = (ASSIGNMENT, HEALTH, EXPIRATION, WINDOW, CLOSE)
"""Flows whose runs follow a session; every other flow keeps the beat of its own schedule."""

# What a close must still prove is proven late as well; an order or an instruction after its hour is worse than none;
# what the last night did to options is read from the broker's rows, which wait; yesterday's health helps nobody.
USUAL_MISSED: Mapping[str, Missed] = {
    CLOSE: Missed.CATCH_UP,
    WINDOW: Missed.REPORT_ONLY,
    EXPIRATION: Missed.REPORT_ONLY,
    ASSIGNMENT: Missed.ONCE,
    HEALTH: Missed.SKIP,
}


_MORNING = Moment(Anchor.OPEN, timedelta(hours=-2))
_BEFORE_CLOSE = Moment(Anchor.CLOSE, timedelta(minutes=-90))
_FORECAST = Moment(Anchor.OPEN, timedelta(minutes=30))
_DECIDE = Moment(Anchor.CLOSE, timedelta(minutes=-165))
_EXPECT = Moment(Anchor.CLOSE, timedelta(minutes=30))
_CLOSE = Moment(Anchor.CLOSE, timedelta(minutes=45))


@dataclass(frozen=True, slots=True)
class PlanSettings:
    """When runs begin, by the session's open and close, so that half days move them.

    health              broker-health: two hours before the session, and in time before the close
    assignment          assignment-check: brokers publish the night's events until 06:30 New York (venue guides)
    forecast            options-expiration in the morning
    decide              options-expiration before the brokers' earliest cut-offs
    expect              options-expiration after the last products have stopped trading, 15 minutes after the close
    close               eod-reconciliation: brokers have then booked the closing auction
    window_lead_s       seconds before its window in which an execution-window run begins, so that its worker is up
    after_outage_s      seconds after a planned outage of a venue at which what fell into it is made up for
    grace_s             seconds that a run may be late before the schedule's own run, or another worker, steps in
    spread_s            seconds between late runs that are made up for
    catch_up_sessions   sessions back for which missed runs are looked for
    accounts_per_run    accounts that share one flow run
    near                broker -> place (`ibkr` -> `ibkr`) where its runs need a worker, such as beside a gateway
    missed              flow -> what becomes of its missed runs; a flow that is not named here: once
    """

    health: tuple[Moment, ...] = (_MORNING, _BEFORE_CLOSE)
    assignment: Moment = _MORNING
    forecast: Moment = _FORECAST
    decide: Moment = _DECIDE
    expect: Moment = _EXPECT
    close: Moment = _CLOSE
    window_lead_s: float = 120.0
    after_outage_s: float = 300.0
    grace_s: float = 900.0
    spread_s: float = 15.0
    catch_up_sessions: int = 5
    accounts_per_run: int = 1
    near: Mapping[str, str] = field(default_factory=dict)
    missed: Mapping[str, Missed] = field(default_factory=lambda: dict(USUAL_MISSED))

    def policy(self, flow: str) -> Missed:
        """What becomes of a flow's missed runs."""
        return self.missed.get(flow, Missed.ONCE)
