from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from tests.unit.execution.samples import (
    NOW,
    POLICY,
    SECOND,
    TEN,
    after,
    planned,
    report,
    seen,
    sending,
    unknown,
    working,
)
from tieout.execution import note
from tieout.orders import OrderState as State
from tieout.placement import (
    ApprovalNeeded,
    Approved,
    Booked,
    Continue,
    Declined,
    Denied,
    Done,
    LookUp,
    Lost,
    NotSeen,
    NotSent,
    Place,
    ProofKind,
    Refused,
    Restarted,
    Seen,
    Submit,
    Tick,
    Wait,
)


def test_the_row_says_sending_before_anything_is_sent() -> None:
    step = seen(planned(), Approved("risk"))

    assert step.action == Submit()
    assert (step.placement.state, step.placement.sends, step.placement.sent_at) == (State.SENDING, 1, NOW)
    assert [event.kind for event in step.events] == ["approved", "sending"]


def test_what_risk_denies_is_never_sent() -> None:
    step = seen(planned(), Denied("position_size: 120 of 100"))

    assert (step.placement.state, step.action) == (State.DENIED, Done())
    assert seen(sending(), Denied("too late")).placement.state is State.SENDING


def test_an_order_waits_for_the_person_who_must_agree() -> None:
    waiting = seen(planned(), ApprovalNeeded(after(60)))

    assert (waiting.placement.state, waiting.action) == (State.AWAITING_APPROVAL, Wait(after(60)))
    assert seen(waiting.placement, Approved("approver"), 59).action == Submit()
    assert seen(waiting.placement, Declined("approver", "no"), 5).placement.reason == "by approver: no"
    assert seen(waiting.placement, Restarted(), 5).action == Wait(after(60)), "a restart shortens nothing"


@pytest.mark.parametrize("late", [Tick(), Approved("approver")])
def test_silence_is_a_no(late: Tick | Approved) -> None:
    waiting = seen(planned(), ApprovalNeeded(after(60))).placement

    assert seen(waiting, late, 60).placement.state is State.LAPSED


def test_answers_that_nobody_asked_for_change_nothing() -> None:
    for row in (sending(), working()):
        for said in (
            Approved("x"),
            Declined("x"),
            ApprovalNeeded(after(60)),
            Refused("late") if row.accepted else Tick(),
        ):
            assert seen(row, said, 0).placement.state is row.state
    assert seen(working(), NotSent("nothing was under way")).placement.unsent == 0


def test_who_may_say_but_not_act_only_writes_it_down() -> None:
    waiting = seen(planned(), ApprovalNeeded(after(60))).placement

    row, _ = note(waiting, Approved("approver"), after(5), POLICY)

    assert (row.state, row.version, row.sends) == (State.APPROVED, waiting.version + 1, 0)


def test_what_never_left_goes_again_later_and_ever_later() -> None:
    row, waits = sending(), []
    for _ in range(3):
        step = seen(row, NotSent("refused"))
        assert step.placement.state is State.APPROVED
        assert isinstance(step.action, Wait)
        assert step.action.until is not None
        waits.append((step.action.until - NOW).total_seconds())
        row = seen(step.placement, Tick(), waits[-1]).placement
        row = replace(row, state=State.SENDING)

    assert waits == [1, 2, 4]


def test_the_venues_own_waiting_time_wins() -> None:
    step = seen(sending(), NotSent("429", timedelta(seconds=30)))

    assert step.action == Wait(after(30))


def test_after_the_last_try_the_next_route_gets_it_with_that_proof() -> None:
    last = replace(sending(), unsent=POLICY.most_unsent - 1)

    step = seen(last, NotSent("refused"))

    assert step.placement.state is State.REJECTED
    assert isinstance(step.action, Continue)
    assert step.action.proof.kind is ProofKind.NOT_SENT


def test_an_order_whose_time_is_over_is_not_sent_again() -> None:
    row = seen(sending(valid_until=after(10)), NotSent("refused")).placement

    assert seen(row, Tick(), 10).placement.state is State.LAPSED


def test_a_refusal_ends_it_and_the_next_route_gets_all_of_it() -> None:
    step = seen(sending(), Refused("not tradable"))

    assert (step.placement.state, step.placement.reason) == (State.REJECTED, "not tradable")
    assert isinstance(step.action, Continue)
    assert (step.action.account_id, step.action.proof.kind) == ("second", ProofKind.REJECTED)
    assert step.action.quantity == 10


def test_a_refusal_without_another_route_is_the_end() -> None:
    assert seen(sending(routes=False), Refused("not tradable")).action == Done()


def test_a_duplicate_is_looked_up_and_never_a_rejection() -> None:
    step = seen(sending(), Refused("known", duplicate=True))

    assert (step.placement.state, step.action) == (State.UNKNOWN, LookUp(Place.ORDER))


def test_a_lost_answer_is_looked_up_and_never_sent_again() -> None:
    row = seen(sending(), Lost("timed out")).placement
    for at in range(60):
        step = seen(row, Tick(), at)
        assert not isinstance(step.action, Submit)
        row = step.placement
        if isinstance(step.action, LookUp):
            row = seen(row, NotSeen(step.action.place, complete=False), at).placement

    assert (row.state, row.sends) == (State.UNKNOWN, 1)


def test_who_takes_over_a_send_knows_nothing_of_it() -> None:
    step = seen(sending(), Restarted())

    assert (step.placement.state, step.action) == (State.UNKNOWN, LookUp(Place.ORDER))


def test_who_takes_over_a_search_begins_it_anew() -> None:
    row = seen(unknown(), NotSeen(Place.ORDER, complete=True)).placement

    assert seen(row, Restarted(), 30).placement.lookups == ()


def test_who_takes_over_anything_else_goes_on_where_it_stood() -> None:
    assert seen(planned(), Restarted()).placement == planned()
    assert seen(working(), Restarted()).action == LookUp(Place.ORDER)


def test_an_order_that_has_traded_is_not_sent_whatever_the_journal_remembers() -> None:
    row = seen(planned(), Booked(Decimal(3))).placement

    step = seen(row, Approved("risk"))

    assert (step.placement.state, step.action) == (State.UNKNOWN, LookUp(Place.ORDER))
    assert [event.kind for event in step.events if event.call] == ["unknown"]


def test_a_state_that_says_nothing_is_looked_at_again() -> None:
    step = seen(unknown(), Seen(report(State.UNKNOWN, status="held for review")))

    assert (step.placement.state, step.placement.accepted) == (State.UNKNOWN, True)
    assert step.action == Wait(NOW + POLICY.look_every)


# Accounts that cannot be read


def test_an_account_that_cannot_be_read_is_tried_again_and_then_left_with_a_proof() -> None:
    row, at = planned(), 0.0
    for _ in range(POLICY.most_unsent - 1):
        step = seen(row, NotSent("refused"), at)
        assert isinstance(step.action, Wait)
        assert step.action.until is not None
        row, at = step.placement, (step.action.until - NOW).total_seconds()
    last = seen(row, NotSent("refused"), at)

    assert isinstance(last.action, Continue)
    assert (last.placement.state, last.action.account_id, last.action.quantity) == (State.DENIED, SECOND, TEN)
    assert last.action.proof.evidence == ("never sent: refused",)


def test_without_another_route_it_ends_denied_and_its_time_ends_it_too() -> None:
    alone = planned(routes=False)
    tired = replace(alone, unsent=POLICY.most_unsent - 1)
    assert seen(tired, NotSent("refused")).action == Done()

    late = seen(replace(planned(valid_until=after(5)), not_before=after(9), unsent=1, reason="refused"), Tick(), 6)
    assert (late.placement.state, late.action) == (State.LAPSED, Done())


def test_a_venue_that_is_known_to_be_away_is_not_waited_for_where_there_is_another() -> None:
    away = NotSent("planned outage", timedelta(hours=1), away=True)

    assert isinstance(seen(planned(), away).action, Continue)
    assert seen(planned(routes=False), away).action == Wait(after(3600))
    assert seen(sending(routes=False), away).action == Wait(after(3600))
    assert isinstance(seen(sending(), away).action, Continue)


def test_what_risk_refuses_goes_nowhere_else() -> None:
    assert seen(planned(), Denied("too large")).action == Done()
