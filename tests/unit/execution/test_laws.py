"""Laws that hold whatever is seen, in whatever sequence."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.execution.samples import POLICY, after, planned, report
from tieout import placement as what
from tieout.execution import step
from tieout.orders import OrderState as State
from tieout.orders import OrderType
from tieout.placement import TERMINAL, CancelFor, Observation, Place, Placement, Step

UNITS = st.integers(0, 11).map(Decimal)
REPORTS = st.builds(
    lambda state, filled: what.Seen(report(state, str(filled))),
    st.sampled_from(
        [
            State.WORKING,
            State.PARTIALLY_FILLED,
            State.FILLED,
            State.CANCELLED,
            State.EXPIRED,
            State.REJECTED,
            State.UNKNOWN,
        ]
    ),
    UNITS,
)
OBSERVATIONS: st.SearchStrategy[Observation] = st.one_of(
    st.just(what.Tick()),
    st.just(what.Tick()),
    st.just(what.Restarted()),
    st.just(what.Denied("no")),
    st.just(what.Approved("risk")),
    st.just(what.Approved("risk")),
    st.just(what.Declined("approver")),
    st.just(what.Lost("timed out")),
    st.just(what.CancelRefused("too late")),
    st.builds(lambda seconds: what.ApprovalNeeded(after(seconds)), st.integers(0, 90)),
    st.builds(what.Refused, st.just("no"), st.booleans()),
    st.builds(what.NotSent, st.just("refused"), st.none() | st.just(timedelta(seconds=5))),
    st.builds(what.NotSeen, st.sampled_from(Place), st.booleans()),
    st.builds(what.Booked, UNITS, UNITS),
    st.builds(what.CancelWanted, st.sampled_from(CancelFor), st.just("why not")),
    REPORTS,
)
HISTORIES = st.lists(st.tuples(OBSERVATIONS, st.integers(0, 30)), max_size=30)
STARTS = st.builds(
    planned,
    kind=st.sampled_from([OrderType.LIMIT, OrderType.MARKET]),
    routes=st.booleans(),
    valid_until=st.none() | st.just(after(60)),
)
LAW = settings(max_examples=300, deadline=None)


def played(start: Placement, history: list[tuple[Observation, int]]) -> list[tuple[Placement, Observation, Step]]:
    """Every step of a history: the row before, what was seen, and what came of it."""
    row, at, found = start, 0, []
    for seen, seconds in history:
        at += seconds
        taken = step(row, seen, after(at), POLICY)
        found.append((row, seen, taken))
        row = taken.placement
    return found


@given(STARTS, HISTORIES)
@LAW
def test_the_version_grows_by_one_exactly_when_the_row_changes(
    start: Placement, history: list[tuple[Observation, int]]
) -> None:
    for before, _, taken in played(start, history):
        assert taken.placement.version - before.version == (taken.placement != before)


@given(STARTS, HISTORIES)
@LAW
def test_what_has_ended_stays_so_but_for_late_fills_and_orders_that_surface(
    start: Placement, history: list[tuple[Observation, int]]
) -> None:
    for before, seen, taken in played(start, history):
        if before.state in TERMINAL and taken.placement.state is not before.state:
            assert isinstance(seen, what.Seen)
            assert taken.placement.state is State.FILLED or not before.accepted


@given(STARTS, HISTORIES)
@LAW
def test_what_a_venue_has_said_stands(start: Placement, history: list[tuple[Observation, int]]) -> None:
    for before, _, taken in played(start, history):
        assert taken.placement.filled >= before.filled
        assert taken.placement.accepted >= before.accepted
        assert taken.placement.sends >= before.sends


@given(STARTS, HISTORIES)
@LAW
def test_it_is_sent_only_from_a_row_that_says_so_and_never_while_its_fate_is_open(
    start: Placement, history: list[tuple[Observation, int]]
) -> None:
    for before, _, taken in played(start, history):
        if isinstance(taken.action, what.Submit):
            row = taken.placement
            assert (row.state, row.sends) == (State.SENDING, before.sends + 1)
            assert not row.accepted
            assert before.sends == row.unsent + row.absences, "every earlier try surely left nothing behind"


@given(STARTS, HISTORIES)
@LAW
def test_the_rest_goes_on_only_with_a_proof_and_is_no_more_than_the_rest(
    start: Placement, history: list[tuple[Observation, int]]
) -> None:
    for _, _, taken in played(start, history):
        if isinstance(taken.action, what.Continue):
            assert taken.placement.ended
            assert taken.placement.proof == taken.action.proof
            assert taken.action.quantity == taken.placement.remaining > 0


@given(STARTS, HISTORIES)
@LAW
def test_people_are_called_once_for_each_thing(start: Placement, history: list[tuple[Observation, int]]) -> None:
    calls = [
        event.words for _, _, taken in played(start, history) for event in taken.events if event.kind == "escalated"
    ]

    assert len(calls) <= len({"unknown", "cancel", "unconfirmed", "unbooked"})
