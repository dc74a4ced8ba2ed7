"""What the evening of an expiration did, as each adapter reads it the morning after."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from brokers.base import Broker
from brokers.credentials import Credential
from simulator.events import Split
from simulator.option_stories import (
    ACME,
    ADJUSTED,
    BOLT,
    COVERED,
    DECLINED,
    DUNE,
    EXERCISED_CALL,
    INDEX,
    PUT,
    SPREAD,
    SPUN_OFF,
    UNFUNDED,
    WEEKEND,
    WEEKLY,
    option_week,
)
from simulator.scenario import Stage
from tests.contract.venues import HTTP_VENUES, Venue
from tieout.records import ActivityKind
from tieout.snapshots import Completeness

NAMES = [one.name for one in option_week().accounts]
THURSDAY = date(2026, 1, 15)
START = datetime(2026, 1, 14, 5, 0, tzinfo=UTC)


@pytest.fixture(params=HTTP_VENUES, ids=lambda venue: venue.name)
def venue(request: pytest.FixtureRequest) -> Venue:
    """Those whose faces show what clearing did; the TWS face does not yet."""
    found = request.param
    assert isinstance(found, Venue)
    return found


@contextmanager
def told(venue: Venue, name: str, sessions: int = 5) -> Iterator[tuple[Stage, Broker]]:
    """The story after so many closes, at this venue's own hours, and the adapter on one of its accounts."""
    stage = Stage(replace(option_week(), policy=venue.policy))
    for _ in range(sessions):
        stage.play()
    account = stage.account(name)
    with (
        venue.face(stage.venue) as face,
        venue.broker(face.base_url, stage.venue.clock, Credential(account.key_id, account.secret)) as broker,
    ):
        yield stage, broker


@pytest.mark.parametrize("name", NAMES)
def test_every_row_is_read_as_it_happened(venue: Venue, name: str) -> None:
    with told(venue, name) as (stage, broker):
        fetched = broker.fetch_activities(START, stage.venue.clock.now)

    truth = stage.account(name).activities
    assert fetched.unmapped == ()
    assert {one.activity_id: facts(one) for one in fetched.records} == {one.activity_id: facts(one) for one in truth}


def facts(one: object) -> tuple[object, ...]:
    fields = ("kind", "instrument", "quantity", "amount", "currency", "occurred_at", "group_id", "venue_kind")
    return tuple(getattr(one, field) for field in fields)


@pytest.mark.parametrize("name", NAMES)
def test_a_snapshot_after_each_close_holds_what_the_account_holds(venue: Venue, name: str) -> None:
    with told(venue, name, sessions=1) as (stage, broker):
        for day in stage.days[1:]:
            stage.play()
            snapshot = broker.fetch_snapshot(day)
            truth = stage.account(name).positions()
            assert snapshot.proof.completeness is Completeness.COMPLETE
            assert {p.instrument: (p.quantity, p.market_value) for p in snapshot.positions} == {
                p.instrument: (p.quantity, p.market_value) for p in truth
            }


def test_an_assignment_and_its_shares_are_one_group(venue: Venue) -> None:
    with told(venue, WEEKEND) as (stage, broker):
        rows = {one.kind: one for one in broker.fetch_activities(START, stage.venue.clock.now).records}

    assigned, shares = rows[ActivityKind.ASSIGNMENT], rows[ActivityKind.OPTION_TRADE]
    assert (assigned.kind, assigned.instrument, assigned.quantity) == (ActivityKind.ASSIGNMENT, PUT, 2)
    assert (shares.quantity, shares.price, shares.amount) == (200, 97, -19_400)
    assert assigned.group_id == shares.group_id is not None


def test_one_leg_of_a_spread_is_assigned_and_the_other_expires(venue: Venue) -> None:
    with told(venue, SPREAD) as (stage, broker):
        rows = broker.fetch_activities(START, stage.venue.clock.now).records

    assert sorted(one.kind for one in rows) == ["assignment", "expiration", "option_trade"]
    assert len({one.group_id for one in rows}) == 2


def test_a_cash_settlement_moves_money_and_no_units(venue: Venue) -> None:
    with told(venue, INDEX) as (stage, broker):
        rows = broker.fetch_activities(START, stage.venue.clock.now).records

    (paid,) = [one for one in rows if one.kind is ActivityKind.OPTION_TRADE]
    assert (paid.instrument, paid.quantity, paid.amount) == (WEEKLY, 0, Decimal(2_535))


def test_an_adjusted_deliverable_comes_in_all_its_parts(venue: Venue) -> None:
    with told(venue, SPUN_OFF) as (stage, broker):
        rows = broker.fetch_activities(START, stage.venue.clock.now).records
        contract = broker.fetch_contract(ADJUSTED)

    legs = {one.instrument: (one.quantity, one.amount) for one in rows if one.kind is ActivityKind.OPTION_TRADE}
    assert {one.symbol if one else "": moved for one, moved in legs.items()} == {
        "ACME": (-100, 5_500),
        "ELM": (-25, 0),
        ADJUSTED.symbol: (0, Decimal("-7.50")),
    }
    assert contract.instrument == ADJUSTED
    assert contract.instrument.underlying == ACME.symbol


def test_a_contract_that_was_not_exercised_in_the_money_just_expires(venue: Venue) -> None:
    with told(venue, DECLINED) as (stage, broker):
        (row,) = broker.fetch_activities(START, stage.venue.clock.now).records

    assert (row.kind, row.instrument, row.quantity, row.amount) == (ActivityKind.EXPIRATION, EXERCISED_CALL, -2, 0)


def test_a_sale_by_the_broker_is_an_execution_with_an_order_of_no_intent_of_ours(venue: Venue) -> None:
    with told(venue, UNFUNDED) as (stage, broker):
        sales = broker.fetch_executions(START, stage.venue.clock.now).records

    liquidates = venue.policy.liquidates_before is not None
    assert [one.quantity for one in sales] == ([3] if liquidates else [])


def test_a_partial_assignment_leaves_what_was_not_drawn(venue: Venue) -> None:
    with told(venue, "partly", sessions=2) as (stage, broker):
        held = {p.instrument: p.quantity for p in broker.fetch_snapshot(stage.days[1]).positions}
        rows = broker.fetch_activities(START, stage.venue.clock.now).records

    (assigned,) = [one for one in rows if one.kind is ActivityKind.ASSIGNMENT]
    assert 0 < assigned.quantity < 10
    assert held == {COVERED: assigned.quantity - 10, BOLT: 1_000 - 100 * assigned.quantity}


def test_a_split_under_an_option_is_read_as_one_contract_for_another(venue: Venue) -> None:
    story = replace(option_week(), policy=venue.policy, actions=(Split(DUNE, THURSDAY, Decimal("1.5")),))
    stage = Stage(story)
    account = stage.account(WEEKEND)
    for _ in range(2):
        stage.play()
    with (
        venue.face(stage.venue) as face,
        venue.broker(face.base_url, stage.venue.clock, Credential(account.key_id, account.secret)) as broker,
    ):
        rows = broker.fetch_activities(START, stage.venue.clock.now).records
        (held,) = broker.fetch_snapshot(THURSDAY).positions

    changed = [one for one in rows if one.kind is ActivityKind.SYMBOL_CHANGE]
    assert {(one.instrument, one.quantity) for one in changed} == {(PUT, 2), (held.instrument, -2)}
    assert len({one.group_id for one in changed}) == 1
    assert (held.instrument.symbol, held.instrument.multiplier) == ("DUNE1 260116P00064667", 150)
    assert held.instrument.underlying == DUNE.symbol
