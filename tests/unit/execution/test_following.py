from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.unit.execution.samples import NOW, POLICY, TEN, after, planned, report, seen, sending, unknown, working
from tieout.heirs import heir_of
from tieout.ids import IntentId
from tieout.orders import OrderState as State
from tieout.orders import OrderType
from tieout.placement import (
    Booked,
    BookFills,
    CancelFor,
    CancelRefused,
    CancelStep,
    CancelWanted,
    Continue,
    Done,
    Event,
    LookUp,
    Lost,
    NotSeen,
    NotSent,
    Place,
    Placement,
    ProofKind,
    Refused,
    Restarted,
    Seen,
    SendCancel,
    Submit,
    Tick,
    Wait,
)


def cancelling(why: CancelFor = CancelFor.WITHDRAWN, **more: object) -> Placement:
    return seen(working(**more), CancelWanted(why, "the window is over")).placement


def ended(why: CancelFor, filled: str = "0") -> Placement:
    """A cancel the venue has just confirmed, its trades booked."""
    row = seen(cancelling(why), Seen(report(State.CANCELLED, filled))).placement
    return seen(row, Booked(Decimal(filled))).placement


def settled(row: Placement) -> Placement:
    """Shown as over, and its trades counted, once more when the visibility delay has passed."""
    again = seen(row, Tick(), 10)
    assert again.action == LookUp(Place.ORDER)
    shown = seen(again.placement, Seen(report(row.state, str(row.filled))), 10)
    assert shown.action == BookFills()
    return seen(shown.placement, Booked(row.booked), 10).placement


# Fills


def test_an_accepted_order_is_polled() -> None:
    step = seen(sending(), Seen(report(State.WORKING)))

    assert (step.placement.state, step.action) == (State.WORKING, Wait(after(2)))
    assert seen(step.placement, Tick(), 2).action == LookUp(Place.ORDER)


def test_reported_fills_are_booked_at_once_and_asked_for_on_a_beat() -> None:
    step = seen(working(), Seen(report(State.PARTIALLY_FILLED, "3")))

    assert step.action == BookFills()
    assert isinstance(seen(step.placement, Tick(), 1).action, Wait)
    assert seen(step.placement, Tick(), 2).action == BookFills()
    assert seen(step.placement, Booked(Decimal(3))).placement.fills_missing is False


def test_reports_may_come_in_any_sequence_and_twice() -> None:
    row = working()
    for state, filled in (("partially_filled", "7"), ("partially_filled", "3"), ("working", "0"), ("filled", "10")):
        row = seen(row, Seen(report(State(state), filled))).placement
    late = seen(row, Seen(report(State.PARTIALLY_FILLED, "7")))

    assert (row.state, row.filled) == (State.FILLED, TEN)
    assert (late.placement.state, late.placement.filled) == (State.FILLED, TEN)


def test_a_filled_order_is_done_when_its_trades_were_counted_after_it() -> None:
    row = seen(replace(working(), booked=TEN, counted_at=after(-5)), Seen(report(State.FILLED, "10")))

    assert row.action == BookFills(), "a trade taken back and replaced leaves the count as it was"
    assert seen(row.placement, Booked(TEN)).action == Done()


def test_fills_that_never_show_are_told() -> None:
    row = seen(working(), Seen(report(State.FILLED, "10"))).placement

    step = seen(row, Tick(), 60)

    assert step.action == BookFills()
    assert [(event.kind, event.call) for event in step.events] == [("escalated", True)]


def test_more_than_intended_is_told_once_whoever_says_it_first() -> None:
    reported = seen(working(), Seen(report(State.FILLED, "11")))
    booked = seen(working(), Booked(Decimal(11)))

    for step in (reported, booked):
        assert "overfill" in [event.kind for event in step.events if event.call]
        assert step.placement.state is State.FILLED
        assert step.placement.remaining == 0
    again = seen(reported.placement, Booked(Decimal(11)))
    assert "overfill" not in [event.kind for event in again.events]


def test_a_bust_lowers_the_book_and_is_told_and_not_traded_again() -> None:
    row = replace(working(), filled=Decimal(5), booked=Decimal(5))

    step = seen(row, Booked(Decimal(2), busted=Decimal(3)))

    after_it = step.placement
    assert [after_it.booked, after_it.busted, after_it.executed] == [2, 3, 5]
    assert [event.kind for event in step.events if event.call] == ["busted"]
    assert step.placement.fills_missing is False


def test_a_trade_taken_back_before_it_was_booked_is_not_waited_for() -> None:
    row = replace(working(), filled=Decimal(5))

    assert seen(row, Booked(Decimal(2), busted=Decimal(3))).placement.fills_missing is False


# Cancels


def test_a_cancel_is_written_down_before_it_is_sent() -> None:
    step = seen(working(), CancelWanted(CancelFor.WITHDRAWN, "halt"))

    assert step.action == SendCancel()
    assert (step.placement.cancel, step.placement.cancel_since) == (CancelStep.SENT, NOW)


def test_before_it_is_sent_a_cancel_is_the_end() -> None:
    step = seen(planned(), CancelWanted(CancelFor.FAILOVER, "why wait"))

    assert (step.placement.state, step.action) == (State.CANCELLED, Done())


def test_what_never_left_is_withdrawn_without_asking_the_venue() -> None:
    row = seen(sending(), NotSent("refused")).placement

    dropped = seen(row, CancelWanted(CancelFor.WITHDRAWN, "halt"))
    moved = seen(row, CancelWanted(CancelFor.FAILOVER, "elsewhere"))

    assert (dropped.placement.state, dropped.action) == (State.CANCELLED, Done())
    assert isinstance(moved.action, Continue)
    assert moved.action.proof.kind is ProofKind.NOT_SENT


def test_a_cancel_wanted_while_a_send_is_under_way_waits_for_its_outcome() -> None:
    row = seen(sending(), CancelWanted(CancelFor.WITHDRAWN, "halt"))

    assert row.action == Wait(None)
    assert seen(row.placement, Seen(report(State.WORKING))).action == SendCancel()
    assert seen(row.placement, NotSent("refused")).placement.state is State.CANCELLED


def test_an_unknown_order_is_found_before_it_is_cancelled() -> None:
    row = seen(unknown(), CancelWanted(CancelFor.WITHDRAWN, "halt"))

    assert row.action == LookUp(Place.ORDER)
    assert seen(row.placement, Seen(report(State.WORKING))).action == SendCancel()


def test_a_fill_may_be_faster_than_the_cancel() -> None:
    row = seen(cancelling(), Seen(report(State.FILLED, "10")))

    assert (row.placement.state, row.action) == (State.FILLED, BookFills())
    assert seen(cancelling(), CancelRefused("filled already"), 1).action == LookUp(Place.ORDER)


def test_a_cancel_without_effect_is_sent_again_and_told_after_a_while() -> None:
    row = cancelling()
    lost = seen(row, Lost("timed out"))
    assert lost.placement.cancel is CancelStep.SENT
    assert seen(replace(row, not_before=None), Tick(), 5).action == SendCancel()

    told = [event for at in range(0, 90, 5) for event in _cancel_again(row, at)]

    assert [event.kind for event in told if event.call] == ["escalated"]


def _cancel_again(row: Placement, at: int) -> tuple[Event, ...]:
    return () if at != 60 else seen(seen(row, NotSent("refused"), 59).placement, Tick(), 60).events


def test_a_cancel_that_never_left_goes_again() -> None:
    step = seen(cancelling(), NotSent("refused"))

    assert (step.placement.cancel, step.action) == (CancelStep.WANTED, Wait(after(1)))
    assert seen(step.placement, Tick(), 1).action == SendCancel()


def test_who_takes_over_sends_the_cancel_again() -> None:
    assert seen(replace(cancelling(), not_before=None), Restarted()).action == SendCancel()


def test_the_reason_of_a_cancel_may_change_and_its_beginning_not() -> None:
    row = seen(cancelling(CancelFor.FAILOVER), CancelWanted(CancelFor.WITHDRAWN, "halt"), 5).placement

    assert (row.cancel_for, row.cancel_since) == (CancelFor.WITHDRAWN, NOW)


def test_a_market_order_is_not_converted_into_one() -> None:
    row = working(kind=OrderType.MARKET)

    assert seen(row, CancelWanted(CancelFor.CONVERT, "the window is over")).placement.cancel is None


def test_what_has_ended_is_not_cancelled() -> None:
    row = seen(sending(routes=False), Refused("no")).placement

    assert seen(row, CancelWanted(CancelFor.WITHDRAWN, "halt")).placement == row
    assert seen(row, CancelRefused("no such order")).placement == row


# The rest


def test_a_rest_that_was_about_to_go_on_is_dropped_where_everything_is_withdrawn() -> None:
    row = seen(ended(CancelFor.FAILOVER, "4"), CancelWanted(CancelFor.WITHDRAWN, "halt")).placement

    assert seen(settled(row), Tick(), 10).action == Done()


@pytest.mark.parametrize("why", [CancelFor.FAILOVER, CancelFor.CONVERT])
def test_a_confirmed_cancel_is_looked_at_again_before_the_rest_goes_on(why: CancelFor) -> None:
    row = ended(why, "4")

    assert seen(row, Tick(), 9).action == Wait(after(10))
    step = seen(settled(row), Tick(), 10)

    assert isinstance(step.action, Continue)
    assert (step.action.quantity, step.action.convert) == (Decimal(6), why is CancelFor.CONVERT)
    assert (step.action.proof.kind, step.action.proof.filled) == (ProofKind.ENDED, Decimal(4))
    assert step.action.account_id == ("first" if why is CancelFor.CONVERT else "second")


def test_a_late_fill_makes_the_rest_smaller_and_the_wait_begins_anew() -> None:
    row = ended(CancelFor.FAILOVER)

    late = seen(row, Seen(report(State.CANCELLED, "4")), 8)

    assert [event.kind for event in late.events] == ["late_fill"]
    assert late.action == BookFills()
    booked = seen(late.placement, Booked(Decimal(4)), 8)
    assert (booked.placement.state, booked.action) == (State.CANCELLED, Wait(after(18)))


def test_a_late_fill_of_all_makes_it_filled() -> None:
    late = seen(ended(CancelFor.FAILOVER), Seen(report(State.CANCELLED, "10")), 8)

    assert late.placement.state is State.FILLED
    assert seen(late.placement, Booked(TEN), 8).action == Done()


def test_a_late_fill_after_the_rest_went_on_is_told() -> None:
    row = replace(settled(ended(CancelFor.FAILOVER)), heir=IntentId("INT-heir"))

    late = seen(row, Seen(report(State.CANCELLED, "4")), 20)

    assert [(event.kind, event.call) for event in late.events] == [("late_fill", True)]


def test_what_is_dropped_is_looked_at_again_too_for_late_fills() -> None:
    row = ended(CancelFor.WITHDRAWN)

    assert seen(row, Tick(), 5).action == Wait(after(10))
    assert seen(settled(row), Tick(), 10).action == Done()


def test_without_confirmation_nobody_gets_the_rest_and_a_person_is_told() -> None:
    row = seen(ended(CancelFor.FAILOVER), Tick(), 10).placement
    row = seen(row, NotSeen(Place.ORDER, complete=False), 10).placement

    assert seen(row, Tick(), 11).action == Wait(after(12))
    assert seen(row, Tick(), 69).events == ()
    step = seen(row, Tick(), 70)

    assert step.action == LookUp(Place.ORDER), "it may still come back"
    assert [event.kind for event in step.events if event.call] == ["escalated"]


def test_who_takes_over_a_wait_waits_anew() -> None:
    step = seen(ended(CancelFor.FAILOVER), Restarted(), 30)

    assert step.action == Wait(after(40))


def test_the_rest_goes_on_only_once() -> None:
    row = replace(settled(ended(CancelFor.FAILOVER)), heir=IntentId("INT-heir"))

    assert seen(row, Tick(), 20).action == Done()


def test_when_its_time_is_over_nobody_goes_on() -> None:
    row = sending(valid_until=after(5))

    assert seen(row, Refused("no"), 5).action == Done()


def test_an_expired_order_had_its_day() -> None:
    row = seen(working(), Seen(report(State.EXPIRED))).placement
    row = seen(row, Booked(Decimal(0))).placement

    assert seen(settled(row), Tick(), 10).action == Done()


def test_the_heir_gets_the_rest_and_nothing_more() -> None:
    row = settled(ended(CancelFor.CONVERT, "4"))
    action = seen(row, Tick(), 10).action
    assert isinstance(action, Continue)

    heir = heir_of(row, action, after(10))

    assert (heir.state, heir.intent.parent_id) == (State.PLANNED, row.intent.intent_id)
    assert heir.intent.order.quantity == 6
    assert (heir.intent.order.order_type, heir.intent.order.limit_price) == (OrderType.MARKET, None)
    assert heir == heir_of(row, action, after(10))
    with pytest.raises(ValueError, match="cannot go on where 6 are left"):
        heir_of(row, replace(action, quantity=Decimal(7)), after(10))


# What must not be


@pytest.mark.parametrize("said", [report(State.WORKING), report(State.FILLED, "10")])
def test_an_order_that_surfaces_after_it_was_refused_is_taken_over_and_told(said: object) -> None:
    row = replace(seen(sending(), Refused("no")).placement, heir=IntentId("INT-heir"))

    step = seen(row, Seen(said), 5)  # type: ignore[arg-type]

    assert ("surfaced", True) in [(event.kind, event.call) for event in step.events]
    assert step.action in (SendCancel(), BookFills())
    assert step.placement.accepted


def test_a_refused_order_that_the_venue_lists_as_such_changes_nothing() -> None:
    row = seen(sending(routes=False), Refused("no")).placement

    assert seen(row, Seen(report(State.REJECTED))).placement == row


def test_an_order_is_never_sent_again_once_the_venue_has_shown_it() -> None:
    row = seen(working(), Restarted()).placement

    assert not isinstance(seen(row, NotSent("late answer")).action, Submit)
    assert POLICY.resend_absent == 0
