"""The week of an expiration at Alpaca, closed day by day: what each morning's rows make of the books.

The market and the broker are simulated; the wire, the SDK, the adapter, the stores and the reconciliation are the real
ones. A person accepts what a rule proposes but may not book by itself; then the day ties out with no breaks.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime

import pytest

from brokers.base import Broker
from brokers.credentials import Credential
from brokers.registry import open_broker
from simulator.option_stories import (
    DECLINED,
    DELIVERED,
    EX_DATE,
    INDEX,
    PARTLY,
    SPREAD,
    SPUN_OFF,
    UNFUNDED,
    WEEKEND,
    option_week,
)
from simulator.policy import ALPACA, ALPACA_SILENT, OptionPolicy
from simulator.protocols.alpaca import AlpacaFace
from simulator.scenario import Stage
from sql.reconcile import ReconOutcome
from tests.alpaca_accounts import settings_for
from tests.recon_world import World
from tieout.ids import ActivityId
from tieout.recon.types import Cause, Finding, Severity
from tieout.records import Activity, ActivityKind, Execution, Statement

WED, THU, FRI, TUE, NEXT_WED = (date(2026, 1, day) for day in (14, 15, 16, 20, 21))


@dataclass
class Desk:
    """One account of the story with its book, which heard of nothing that options do by themselves."""

    world: World
    stage: Stage
    name: str
    broker: Broker
    since: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.since = self.stage.venue.clock.now
        opening = next(one for one in self.stage.scenario.accounts if one.name == self.name)
        day = self.stage.sessions.previous(self.stage.days[0])
        at = self.stage.sessions.closes_at(day)
        cash = Activity(ActivityId("cash"), ActivityKind.OPENING, at, amount=opening.cash["USD"])
        held = [
            Activity(ActivityId(one.symbol), ActivityKind.OPENING, at, one, units, price)
            for one, units, price in opening.positions
        ]
        self.world.book(cash, *held, source="import")

    def close(self) -> tuple[ReconOutcome, ReconOutcome]:
        """Play a session and close it; then again, after a person accepted all that was proposed."""
        day = self.stage.days[self.stage.played]
        self.stage.play(day)
        snapshot, now = self.broker.fetch_snapshot(day), self.stage.venue.clock.now
        fetched = self.broker.fetch_executions(self.since, now), self.broker.fetch_activities(self.since, now)
        statement = Statement(self.since, now, *fetched)
        self.since = now
        first = self.world.close(day, self.world.take(day, snapshot, statement))
        accepted = [one for found in first.findings for one in _accepted(found, statement)]
        if not accepted:
            return first, first
        self.world.book(*accepted, source="resolution")
        return first, self.world.close(day, self.world.take(day, snapshot, statement))


def _accepted(found: Finding, statement: Statement) -> list[Execution | Activity]:
    proposal = found.proposal
    if proposal is None or proposal.automatic:
        return []
    executions = [one for one in statement.executions.records if one.execution_id in proposal.accept_executions]
    activities = [one for one in statement.activities.records if one.activity_id in proposal.accept_activities]
    return [*executions, *activities]


@contextmanager
def told(world: World, name: str, policy: OptionPolicy = ALPACA) -> Iterator[Desk]:
    stage = Stage(replace(option_week(), policy=policy))
    account = stage.account(name)
    with AlpacaFace(stage.venue) as face:
        credential = Credential(account.key_id, account.secret)
        with open_broker(settings_for(face.base_url), credential, stage.venue.clock) as broker:
            yield Desk(world, stage, name, broker)


STORIES = {
    WEEKEND: {TUE: {Cause.ASSIGNMENT}},
    SPREAD: {TUE: {Cause.ASSIGNMENT}, NEXT_WED: {Cause.EXPIRATION}},
    EX_DATE: {THU: {Cause.ASSIGNMENT}},
    PARTLY: {THU: {Cause.ASSIGNMENT}},
    INDEX: {TUE: {Cause.EXERCISE}, NEXT_WED: {Cause.EXPIRATION}},
    UNFUNDED: {FRI: {Cause.MANUAL_TRADE}},
    DECLINED: {NEXT_WED: {Cause.EXPIRATION}},
    DELIVERED: {TUE: {Cause.EXERCISE}},
    SPUN_OFF: {FRI: {Cause.DIVIDEND}, TUE: {Cause.ASSIGNMENT}},
}


@pytest.mark.parametrize("name", STORIES)
def test_each_close_of_the_week_ties_out_once_its_rows_are_accepted(world: World, name: str) -> None:
    with told(world, name) as desk:
        for day in desk.stage.days:
            first, second = desk.close()
            assert {one.cause for one in first.findings} == STORIES[name].get(day, set()), (day, first.findings)
            assert (second.open_breaks, second.coverage) == (0, 1), (day, second.findings)
            assert second.state == "tied_out"


def test_an_assignment_without_a_row_is_explained_and_never_booked_by_itself(world: World) -> None:
    with told(world, WEEKEND, ALPACA_SILENT) as desk:
        for _ in (WED, THU, FRI):
            assert desk.close()[1].state == "tied_out"
        tuesday, again = desk.close()

    (found,) = tuesday.findings
    assert (found.cause, found.severity) == (Cause.ASSIGNMENT, Severity.CRITICAL)
    assert "without a row" in found.explanation
    assert (again, tuesday.resolved, tuesday.critical_open) == (tuesday, 0, 1)
