"""Option rows that come twice, a day late, or without their other half, and what the matcher makes of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from brokers.credentials import Credential
from simulator.option_stories import WEEKEND, option_week
from simulator.policy import NEVER
from simulator.protocols.faults import ALWAYS, RowAgain, WithoutRows
from simulator.scenario import Stage
from tests.contract.test_option_cases import FACES, morning, on_the_face
from tests.contract.venues import Venue
from tests.unit.options.cases import SHORTS
from tests.unit.options.table import Case
from tieout.errors import Unreadable
from tieout.options.evidence import Basis, Event, Trait
from tieout.records import ActivityKind

ASSIGNED = replace(SHORTS[0], patience=1)
A_DAY = timedelta(days=1)
TUESDAY = date(2026, 3, 24)
START = datetime(2026, 1, 14, 5, 0, tzinfo=UTC)
faces = pytest.mark.parametrize("venue", FACES, ids=lambda one: one.name)


def the_event(case: Case) -> Event:
    (event,) = case.night().events
    return event


@faces
def test_rows_that_come_a_day_late_are_waited_for_and_then_counted(venue: Venue) -> None:
    with on_the_face(venue, ASSIGNED, late=A_DAY) as (broker, _, clock):
        event = the_event(replace(ASSIGNED, shown=morning(broker, ASSIGNED, clock.now)))
        assert (event.basis, event.confirmed, event.waits) == (Basis.ALGEBRA, False, True)

        clock.advance_to(clock.now + A_DAY + timedelta(hours=1))
        next_day = replace(ASSIGNED, morning=TUESDAY)
        event = the_event(replace(next_day, shown=morning(broker, next_day, clock.now)))
    assert (event.basis, event.confirmed) == (Basis.RECORD, True)
    assert Trait.LATE in event.traits


def test_a_page_that_repeats_a_row_is_refused_and_the_next_reading_counts_it_once() -> None:
    venue = next(one for one in FACES if one.name == "alpaca")
    with on_the_face(venue, ASSIGNED) as (broker, face, clock):
        face.faults.add(RowAgain(), venue.paths["activities"])
        with pytest.raises(Unreadable, match="again"):
            broker.fetch_activities(clock.now - A_DAY, clock.now)
        event = the_event(replace(ASSIGNED, shown=morning(broker, ASSIGNED, clock.now)))
    assert (event.basis, len(event.books)) == (Basis.RECORD, 2)


def test_an_assignment_whose_share_row_the_list_lacks_is_not_booked() -> None:
    venue = next(one for one in FACES if one.name == "alpaca")
    with on_the_face(venue, ASSIGNED) as (broker, face, clock):
        face.faults.add(WithoutRows("activity_type", "OPTRD"), venue.paths["activities"], times=ALWAYS)
        event = the_event(replace(ASSIGNED, shown=morning(broker, ASSIGNED, clock.now)))
    assert (event.basis, event.confirmed) == (Basis.RECORD_INCOMPLETE, False)


def test_clearing_may_show_the_option_without_its_shares_or_the_shares_later(venue: Venue) -> None:
    kinds = {late: shown_kinds(venue, late) for late in (timedelta(0), NEVER)}
    assert ActivityKind.ASSIGNMENT in kinds[NEVER]
    assert ActivityKind.OPTION_TRADE not in kinds[NEVER]
    assert kinds[timedelta(0)] == kinds[NEVER] | {ActivityKind.OPTION_TRADE}


def shown_kinds(venue: Venue, late: timedelta) -> set[ActivityKind]:
    """Of the rows that the account with the assigned put shows after the week."""
    stage = Stage(replace(option_week(), policy=replace(venue.policy, share_rows_after=late)))
    for _ in range(5):
        stage.play()
    account = stage.account(WEEKEND)
    credential = Credential(account.key_id, account.secret)
    with (
        venue.face(stage.venue) as face,
        venue.broker(face.base_url, stage.venue.clock, credential) as broker,
    ):
        return {one.kind for one in broker.fetch_activities(START, stage.venue.clock.now).records}
