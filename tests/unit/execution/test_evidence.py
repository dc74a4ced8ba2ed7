from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from tests.unit.execution.samples import PLACES, POLICY, after, report, seen, unknown, working
from tieout.orders import OrderState as State
from tieout.placement import (
    Booked,
    CancelFor,
    CancelWanted,
    Continue,
    Done,
    LookUp,
    NotSeen,
    Place,
    Placement,
    Policy,
    ProofKind,
    Seen,
    Submit,
    Tick,
    Wait,
)

LIST_ONLY = Policy(places=(Place.LIST, Place.EXECUTIONS))


def searched(row: Placement, seconds: int, policy: Policy = POLICY, spoilt: frozenset[int] = frozenset()) -> Placement:
    """What a search over so many seconds comes to: all answers are empty, those of `spoilt` seconds incomplete."""
    for at in range(seconds + 1):
        step = seen(row, Tick(), at, policy)
        while isinstance(step.action, LookUp):
            empty = NotSeen(step.action.place, complete=at not in spoilt)
            step = seen(step.placement, empty, at, policy)
        row = step.placement
    return row


def test_a_search_goes_through_every_place_and_then_rests() -> None:
    row, places = seen(unknown(), Tick()).placement, []
    for place in PLACES:
        places.append(place)
        step = seen(row, NotSeen(place, complete=True))
        row = step.placement

    assert [look.place for look in row.lookups] == places
    assert step.action == Wait(after(2))


@pytest.mark.parametrize("policy", [POLICY, LIST_ONLY], ids=["all places", "no look-up by id"])
def test_absence_needs_its_rounds_through_all_places_over_the_visibility_delay(policy: Policy) -> None:
    assert searched(unknown(), 9, policy).state is State.UNKNOWN

    gone = searched(unknown(), 10, policy)

    assert gone.state is State.REJECTED
    assert gone.proof is not None
    assert (gone.proof.kind, len(gone.proof.evidence)) == (ProofKind.ABSENT, 6)


def test_a_short_delay_still_needs_every_round() -> None:
    hasty = replace(POLICY, visibility=timedelta(0))

    assert searched(unknown(), 3, hasty).state is State.UNKNOWN
    assert searched(unknown(), 4, hasty).state is State.REJECTED


def test_an_incomplete_answer_spoils_its_round() -> None:
    spoilt = frozenset({6, 7, 8, 9, 10})

    assert searched(unknown(), 10, spoilt=spoilt).state is State.UNKNOWN
    assert searched(unknown(), 12, spoilt=spoilt).state is State.REJECTED


def test_the_delay_is_measured_from_the_first_look_of_this_search() -> None:
    """Since when the fate is unknown was perhaps noted by another machine, whose clock is behind."""
    row = replace(unknown(), unknown_since=after(-300))

    assert searched(row, 9).state is State.UNKNOWN


def test_an_order_that_was_shown_once_is_never_absent() -> None:
    assert searched(replace(unknown(), accepted=True), 300).state is State.UNKNOWN


def test_executions_prove_an_order_that_no_list_shows() -> None:
    row = seen(unknown(), Booked(Decimal(3))).placement

    assert row.accepted
    assert searched(row, 300).state is State.UNKNOWN
    assert seen(row, Booked(Decimal(10))).placement.state is State.FILLED


def test_absence_hands_everything_to_the_next_route() -> None:
    row = searched(unknown(), 10)

    step = seen(replace(row, heir=None), Tick(), 10)

    assert isinstance(step.action, Continue)
    assert (step.action.quantity, step.action.proof) == (Decimal(10), row.proof)


def test_where_the_venue_refuses_a_known_id_an_absent_order_goes_there_again_once() -> None:
    policy = replace(POLICY, resend_absent=1)
    row = unknown()
    for at in range(11):
        step = seen(row, Tick(), at, policy)
        while isinstance(step.action, LookUp):
            step = seen(step.placement, NotSeen(step.action.place, complete=True), at, policy)
        row = step.placement

    assert (step.action, row.state, row.sends, row.absences, row.proof) == (Submit(), State.SENDING, 2, 1, None)
    assert row.lookups == ()


def test_an_absent_order_that_was_withdrawn_is_cancelled_and_goes_nowhere() -> None:
    row = seen(unknown(), CancelWanted(CancelFor.WITHDRAWN, "halt")).placement

    ended = searched(row, 10)

    assert ended.state is State.CANCELLED
    assert seen(ended, Tick(), 11).action == Done()


def test_a_working_order_that_the_venue_shows_no_longer_is_searched_for() -> None:
    row = seen(working(), NotSeen(Place.ORDER, complete=True)).placement

    assert (row.state, row.accepted, len(row.lookups)) == (State.UNKNOWN, True, 1)
    assert seen(working(), NotSeen(Place.ORDER, complete=False)).placement.state is State.WORKING


def test_a_fate_that_stays_unknown_is_told_once() -> None:
    row = replace(unknown(), accepted=True)

    first = seen(row, Tick(), 60)
    second = seen(first.placement, Tick(), 120)

    assert [(event.kind, event.call) for event in first.events] == [("escalated", True)]
    assert second.events == ()


def test_a_found_order_is_believed() -> None:
    row = seen(unknown(), NotSeen(Place.ORDER, complete=True)).placement

    found = seen(row, Seen(report(State.WORKING))).placement

    assert (found.state, found.lookups, found.unknown_since, found.reason) == (State.WORKING, (), None, "")
