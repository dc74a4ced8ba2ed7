"""The order machine: a placement and what was seen of it give the next placement and the next action. Pure.

    planned -> denied | awaiting_approval -> approved | declined | lapsed
    approved -> sending -> working -> partially_filled -> filled | cancelled | expired
    sending -> rejected
    sending -> unknown -> (evidence) -> any of the above

The caller commits `Step.placement` with its events first and carries `Step.action` out afterwards, then comes back with
what was seen. So the journal stands before the wire by construction, and a process that dies anywhere leaves a row from
which `Restarted` goes on. The machine runs unchanged under tests with simulated venues, clocks and crash points.

Three rules it never breaks: an order is sent again only when the last try surely left nothing behind; a fate that is
not known is closed only by the venue's own evidence (`tieout/evidence.py`); the rest goes to another venue only with a
proof, and only once. What an observation changes stands here, what is to be done next in `tieout/next_action.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from tieout import placement as what
from tieout.evidence import absence, rejected_proof, unsent_proof
from tieout.next_action import Change, decide, end, goes_on, is_unsettled
from tieout.orders import OrderState as State
from tieout.orders import OrderType
from tieout.placement import CancelFor, CancelStep, Event, Lookup, Observation, Placement, Policy, Step
from tieout.reports import took_report

MOST_ROUNDS = 20
_NOT_SENT_YET = frozenset({State.PLANNED, State.AWAITING_APPROVAL, State.APPROVED})


def step(row: Placement, seen: Observation, now: datetime, policy: Policy) -> Step:
    """What an observation makes of a placement, and what is to be done next.

    now       UTC
    returns   the new row, to be committed with the events before the action is carried out
    """
    after, events = _OBSERVED[type(seen)](row, seen, now, policy)
    after, action, more = decide(after, now, policy)
    return Step(_numbered(row, after), action, (*events, *more))


def note(row: Placement, seen: Observation, now: datetime, policy: Policy) -> Change:
    """What an observation makes of a placement, and nothing else: for those who may say something but not act.

    An approver or a halt writes it down; whoever holds the lease finds the row changed and acts on it.
    """
    after, events = _OBSERVED[type(seen)](row, seen, now, policy)
    return _numbered(row, after), events


def _numbered(row: Placement, after: Placement) -> Placement:
    return after if after == row else replace(after, version=row.version + 1)


def _tick(row: Placement, _seen: object, _now: datetime, _policy: Policy) -> Change:
    return row, ()


def _restarted(row: Placement, _seen: object, now: datetime, policy: Policy) -> Change:
    """A send that was under way may have arrived; so may a cancel, but a cancel may be repeated.

    Whatever waits for a venue's delay to pass waits anew: the clock it was measured by was perhaps another machine's.
    """
    if row.state is State.SENDING:
        return _unknown(row, now, "the process that sent it is gone")
    if row.ended:
        return (replace(row, ended_at=now) if is_unsettled(row, policy) else row), ()
    if row.cancel is CancelStep.SENT:
        row = replace(row, cancel=CancelStep.WANTED)
    return replace(row, lookups=()), ()


def _denied(row: Placement, seen: what.Denied, now: datetime, _policy: Policy) -> Change:
    """Risk may say no until the first send; after that there is an order to think of."""
    if row.state not in _NOT_SENT_YET or row.sends > 0:
        return row, ()
    return end(row, State.DENIED, seen.words, now)


def _approval_needed(row: Placement, seen: what.ApprovalNeeded, _now: datetime, _policy: Policy) -> Change:
    if row.state is not State.PLANNED:
        return row, ()
    waiting = replace(row, state=State.AWAITING_APPROVAL, not_before=seen.until)
    return waiting, (Event("awaiting_approval", f"until {seen.until:%Y-%m-%d %H:%M:%S} UTC"),)


def _approved(row: Placement, seen: what.Approved, now: datetime, _policy: Policy) -> Change:
    """Too late is no: a silence that ran out was a no already."""
    if row.state is State.AWAITING_APPROVAL and row.not_before is not None and now >= row.not_before:
        return end(row, State.LAPSED, "nobody approved in time", now)
    if row.state not in {State.PLANNED, State.AWAITING_APPROVAL}:
        return row, ()
    unsent = row.unsent if row.sends else 0  # tries to read the account are no tries to send
    approved = replace(row, state=State.APPROVED, not_before=None, unsent=unsent, reason="")
    return approved, (Event("approved", f"by {seen.by}"),)


def _declined(row: Placement, seen: what.Declined, now: datetime, _policy: Policy) -> Change:
    if row.state is not State.AWAITING_APPROVAL:
        return row, ()
    return end(row, State.DECLINED, f"by {seen.by}" + (f": {seen.words}" if seen.words else ""), now)


def _refused(row: Placement, seen: what.Refused, now: datetime, _policy: Policy) -> Change:
    if row.state is not State.SENDING:
        return row, ()
    if seen.duplicate:  # an answer, not a refusal: an order of that id is there, and it can only be ours
        return _unknown(row, now, f"the venue knows it already: {seen.words}")
    return end(replace(row, proof=rejected_proof(row, seen.words, now)), State.REJECTED, seen.words, now)


def _lost(row: Placement, seen: what.Lost, now: datetime, _policy: Policy) -> Change:
    if row.state is State.SENDING:
        return _unknown(row, now, seen.words)
    return row, (Event("cancel_lost", seen.words),) if row.cancel is CancelStep.SENT else ()


def _not_sent(row: Placement, seen: what.NotSent, now: datetime, policy: Policy) -> Change:
    """Nothing left us, so the same order may go again, after a while; to a venue that is away, not while it is."""
    if row.state is State.SENDING or (row.state is State.PLANNED and row.sends == 0):
        wait = seen.retry_after or policy.resend_after * 2 ** min(row.unsent, 10)
        tries = policy.most_unsent if seen.away and row.intent.routes else row.unsent + 1
        state = State.PLANNED if row.state is State.PLANNED else State.APPROVED
        again = replace(row, state=state, unsent=tries, not_before=now + wait, reason=seen.words)
        return again, (Event("not_sent", seen.words),)
    if row.cancel is CancelStep.SENT and not row.ended:
        wait = seen.retry_after or policy.resend_after
        again = replace(row, cancel=CancelStep.WANTED, not_before=now + wait)
        return again, (Event("cancel_not_sent", seen.words),)
    return row, ()


def _seen(row: Placement, seen: what.Seen, now: datetime, policy: Policy) -> Change:
    return took_report(row, seen.report, now, policy)


def _not_seen(row: Placement, seen: what.NotSeen, now: datetime, policy: Policy) -> Change:
    if row.ended:
        return replace(row, not_before=now + policy.look_every), ()
    looked = Lookup(now, seen.place, seen.complete, seen.words)
    if row.state is not State.UNKNOWN:  # it was there before: a venue that has lost it must be looked into
        if not seen.complete or row.state in _NOT_SENT_YET:
            return replace(row, not_before=now + policy.look_every), ()
        row, events = _unknown(row, now, "the venue shows it no longer")
        return replace(row, lookups=(looked,)), events
    row = replace(row, lookups=_kept((*row.lookups, looked), len(policy.places)))
    proof = absence(row, now, policy)
    return (row, ()) if proof is None else _absent(replace(row, proof=proof), proof, now, policy)


def _kept(lookups: tuple[Lookup, ...], places: int) -> tuple[Lookup, ...]:
    """The first round, which absence counts from, and the newest: hours of not knowing must not make the row longer."""
    left_out = max(0, -(-len(lookups) // places) - MOST_ROUNDS)
    return lookups if left_out == 0 else lookups[:places] + lookups[(left_out + 1) * places :]


def _absent(row: Placement, proof: what.Proof, now: datetime, policy: Policy) -> Change:
    """It never arrived: it may go again where that is safe, or to the next route."""
    words = "it never reached the venue: " + "; ".join(proof.evidence)
    if row.cancel is not None:
        return end(row, State.CANCELLED, words, now)
    if row.absences >= policy.resend_absent:
        return end(row, State.REJECTED, words, now)
    again = replace(row, state=State.APPROVED, absences=row.absences + 1, proof=None)
    return replace(again, unknown_since=None, lookups=(), not_before=None), (Event("absent", words),)


def _booked(row: Placement, seen: what.Booked, now: datetime, _policy: Policy) -> Change:
    """The book's total. Executions prove an order even where no look-up shows it."""
    gross = seen.total + seen.busted
    after = replace(row, booked=seen.total, busted=seen.busted, counted_at=now, accepted=row.accepted or gross > 0)
    events: tuple[Event, ...] = ()
    if seen.busted > row.busted or seen.total < row.booked:
        taken = max(seen.busted - row.busted, row.booked - seen.total)
        events = (Event("busted", f"{taken} units that had traded were taken back, {seen.total} stand", call=True),)
    if after.booked > row.intent.order.quantity and "overfill" not in row.told:
        words = f"{after.booked} units traded of {row.intent.order.quantity} intended"
        events = (*events, Event("overfill", words, call=True))
    after = replace(after, told=row.told | {event.kind for event in events})
    if row.ended or after.booked < row.intent.order.quantity:
        return after, events
    over, more = end(after, State.FILLED, "all of it is among the venue's executions", now)
    return over, (*events, *more)


def _cancel_wanted(row: Placement, seen: what.CancelWanted, now: datetime, _policy: Policy) -> Change:
    if row.cancel_for is seen.why:
        return row, ()
    if row.ended:  # nothing is left to cancel, but a rest that was about to go on elsewhere does not
        drops = seen.why is CancelFor.WITHDRAWN and goes_on(row, now)
        return (replace(row, cancel_for=seen.why), (Event("rest_dropped", seen.words),)) if drops else (row, ())
    if seen.why is CancelFor.CONVERT and row.intent.order.order_type is OrderType.MARKET:
        return row, ()  # it is what it would become
    row = replace(row, cancel_for=seen.why, cancel_since=row.cancel_since or now)
    if row.state in _NOT_SENT_YET:
        row = replace(row, proof=unsent_proof(row, now) if row.sends > 0 else None)
        return end(row, State.CANCELLED, f"before it was sent: {seen.words}", now)
    asked = replace(row, cancel=row.cancel or CancelStep.WANTED, not_before=None)
    return asked, (Event("cancel_wanted", f"{seen.why}: {seen.words}"),)


def _cancel_refused(row: Placement, seen: what.CancelRefused, _now: datetime, _policy: Policy) -> Change:
    """Too late, or not known there: only looking tells."""
    if row.ended:
        return row, ()
    return replace(row, not_before=None), (Event("cancel_refused", seen.words),)


def _unknown(row: Placement, now: datetime, words: str) -> Change:
    lost = replace(row, state=State.UNKNOWN, unknown_since=now, lookups=(), not_before=None, reason=words)
    return lost, (Event("unknown", words),)


_OBSERVED: dict[type, Callable[[Placement, Any, datetime, Policy], Change]] = {
    what.Tick: _tick,
    what.Restarted: _restarted,
    what.Denied: _denied,
    what.ApprovalNeeded: _approval_needed,
    what.Approved: _approved,
    what.Declined: _declined,
    what.Refused: _refused,
    what.Lost: _lost,
    what.NotSent: _not_sent,
    what.Seen: _seen,
    what.NotSeen: _not_seen,
    what.Booked: _booked,
    what.CancelWanted: _cancel_wanted,
    what.CancelRefused: _cancel_refused,
}
