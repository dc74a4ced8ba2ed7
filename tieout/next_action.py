"""What is to be done next with a placement, given only its row and the time. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from tieout.evidence import ended_proof, next_place, unread_proof, unsent_proof
from tieout.orders import OrderState as State
from tieout.orders import OrderType
from tieout.placement import (
    Action,
    BookFills,
    CancelFor,
    CancelStep,
    Continue,
    Done,
    Event,
    LookUp,
    Placement,
    Policy,
    SendCancel,
    Submit,
    Wait,
)

Change = tuple[Placement, tuple[Event, ...]]
Decision = tuple[Placement, Action, tuple[Event, ...]]


def decide(row: Placement, now: datetime, policy: Policy) -> Decision:
    """The next action, with the row as it must be committed before it is carried out."""
    if row.ended:
        return _after_the_end(row, now, policy)
    if row.state is State.SENDING:  # the caller knows more: what the venue answers
        return row, Wait(None), ()
    if row.state is State.PLANNED:
        return _planned(row, now, policy)
    if row.state is State.AWAITING_APPROVAL:
        return _awaiting(row, now)
    if row.state is State.APPROVED:
        return _to_send(row, now, policy)
    return _at_the_venue(row, now, policy)


def end(row: Placement, state: State, words: str, now: datetime) -> Change:
    """The row in a final state."""
    over = replace(row, state=state, reason=words, ended_at=now, not_before=None, unknown_since=None)
    return over, (Event(state.value, words),)


def _ended(row: Placement, state: State, words: str, now: datetime, policy: Policy) -> Decision:
    over, events = end(row, state, words, now)
    after, action, more = _after_the_end(over, now, policy)
    return after, action, (*events, *more)


def _planned(row: Placement, now: datetime, policy: Policy) -> Decision:
    """Risk has the word; where the account could not be read it had none, and is asked again, but not for ever."""
    if row.not_before is None:
        return row, Wait(None), ()
    if _too_late(row, max(now, row.not_before)):
        return _ended(row, State.LAPSED, f"its time is over before risk can look: {row.reason}", now, policy)
    if row.unsent < policy.most_unsent:
        return row, Wait(row.not_before), ()
    words = f"nothing is known of the account: {row.reason}"
    return _ended(replace(row, proof=unread_proof(row, now)), State.DENIED, words, now, policy)


def _too_late(row: Placement, moment: datetime) -> bool:
    return row.intent.valid_until is not None and moment >= row.intent.valid_until


def _awaiting(row: Placement, now: datetime) -> Decision:
    """Silence is a no."""
    if row.not_before is None or now < row.not_before:
        return row, Wait(row.not_before), ()
    over, events = end(row, State.LAPSED, "nobody approved in time", now)
    return over, Done(), events


def _to_send(row: Placement, now: datetime, policy: Policy) -> Decision:
    if row.cancel is not None:
        proven = replace(row, proof=unsent_proof(row, now))
        return _ended(proven, State.CANCELLED, "it was withdrawn before it was sent again", now, policy)
    if _too_late(row, max(now, row.not_before or now)):
        return _ended(row, State.LAPSED, "its time is over before it can be sent", now, policy)
    if row.unsent >= policy.most_unsent:
        words = f"{row.unsent} tries, and none left us"
        return _ended(replace(row, proof=unsent_proof(row, now)), State.REJECTED, words, now, policy)
    if row.accepted:  # trades under its id: the venue has it, whatever we remember
        words = "the venue has it, and the journal does not know that it was sent"
        lost = replace(row, state=State.UNKNOWN, unknown_since=now, lookups=(), not_before=None, reason=words)
        return lost, LookUp(policy.places[0]), (Event("unknown", words, call=True),)
    if row.not_before is not None and now < row.not_before:
        return row, Wait(row.not_before), ()
    sending = replace(row, state=State.SENDING, sends=row.sends + 1, sent_at=now, not_before=None)
    return sending, Submit(), (Event("sending", f"try {sending.sends}"),)


def _at_the_venue(row: Placement, now: datetime, policy: Policy) -> Decision:
    """Working, partly filled or unknown: find out, cancel where that is wanted, book, poll."""
    row, events = _call_for_help(row, now, policy)
    if _fills_are_due(row, now, policy):
        return replace(row, asked_fills_at=now), BookFills(), events
    if row.not_before is not None and now < row.not_before:
        return row, Wait(_soonest(row, policy)), events
    if row.state is State.UNKNOWN:
        return *_look(row, now, policy), events
    if row.cancel is CancelStep.WANTED or _cancel_is_due(row, now, policy):
        asked = replace(row, cancel=CancelStep.SENT, cancel_at=now, not_before=now + policy.look_every)
        return asked, SendCancel(), (*events, Event("cancelling", ""))
    return replace(row, not_before=now + policy.look_every), LookUp(policy.places[0]), events


def _look(row: Placement, now: datetime, policy: Policy) -> tuple[Placement, Action]:
    """The next place of this round, or a pause before the next round."""
    place, due = next_place(row, now, policy)
    if due > now:
        return replace(row, not_before=due), Wait(due)
    return replace(row, not_before=None), LookUp(place)


def _fills_are_due(row: Placement, now: datetime, policy: Policy) -> bool:
    """Asked for on a beat of their own, so that executions shown late never keep an order from being watched."""
    asked = row.asked_fills_at
    return row.fills_missing and (asked is None or now >= asked + policy.look_every)


def _soonest(row: Placement, policy: Policy) -> datetime | None:
    if row.fills_missing and row.asked_fills_at is not None and row.not_before is not None:
        return min(row.not_before, row.asked_fills_at + policy.look_every)
    return row.not_before


def _cancel_is_due(row: Placement, now: datetime, policy: Policy) -> bool:
    sent = row.cancel_at if row.cancel is CancelStep.SENT else None
    return sent is not None and now >= sent + policy.cancel_again


def _call_for_help(row: Placement, now: datetime, policy: Policy) -> Change:
    """A person is called once where an order's fate stays unknown, and once where a cancel has no effect."""
    if row.state is State.UNKNOWN:
        return _call(row, "unknown", row.unknown_since, now, policy)
    return _call(row, "cancel", row.cancel_since, now, policy)


def _call(row: Placement, what: str, since: datetime | None, now: datetime, policy: Policy) -> Change:
    if since is None or now < since + policy.escalate_after or what in row.told:
        return row, ()
    words = {
        "unknown": f"its fate is unknown since {since:%H:%M:%S} UTC: {row.reason}",
        "cancel": f"it should be cancelled since {since:%H:%M:%S} UTC and is {row.state}",
        "unconfirmed": f"the venue does not show it as {row.state} again: until it does, nobody gets the rest",
        "unbooked": f"{row.filled} units were reported, {row.booked} of them shown as executions",
    }[what]
    return replace(row, told=row.told | {what}), (Event("escalated", words, call=True),)


def _after_the_end(row: Placement, now: datetime, policy: Policy) -> Decision:
    """What traded is booked; then the rest may go on elsewhere, once, with its proof."""
    if row.fills_missing:
        row, events = _call(row, "unbooked", row.ended_at, now, policy)
        if _fills_are_due(row, now, policy):
            return replace(row, asked_fills_at=now), BookFills(), events
        asked = row.asked_fills_at or now
        return row, Wait(asked + policy.look_every), events
    if is_unsettled(row, policy):
        return _confirm(row, now, policy)
    if not goes_on(row, now):
        return row, Done(), ()
    proof = row.proof or ended_proof(row, now)
    if proof is None:
        return row, Done(), ()
    proven = replace(row, proof=proof)
    return proven, _continue(proven), ()


def is_unsettled(row: Placement, policy: Policy) -> bool:
    """Whether the venue has yet to show an order that ended with a rest, and its trades, once its delay is over."""
    over = row.remaining == 0 and row.busted == 0
    if not row.ended or not row.accepted or over or row.heir is not None or row.ended_at is None:
        return False
    ripe = row.ended_at + policy.visibility
    return any(seen is None or seen < ripe for seen in (row.confirmed_at, row.counted_at))


def _confirm(row: Placement, now: datetime, policy: Policy) -> Decision:
    """A confirmed end is looked at once more when the visibility delay is over: fills are shown late."""
    ripe = (row.ended_at or now) + policy.visibility
    if now < ripe:
        return row, Wait(ripe), ()
    row, events = _call(row, "unconfirmed", ripe, now, policy)
    if row.not_before is not None and now < row.not_before:
        return row, Wait(row.not_before), events
    row = replace(row, not_before=now + policy.look_every)
    if row.confirmed_at is not None and row.confirmed_at >= ripe:
        return replace(row, asked_fills_at=now), BookFills(), events
    return row, LookUp(policy.places[0]), events


def goes_on(row: Placement, now: datetime) -> bool:
    """Whether somebody gets the rest. Nobody where it was dropped, its time is over, or it went on already.

    A day order that expired had its day; one that was refused, or cancelled by the venue itself, may try another.
    """
    over = row.intent.valid_until is not None and now >= row.intent.valid_until
    unread = row.state is State.DENIED and row.proof is not None  # not refused by risk: its account was not to be had
    if row.heir is not None or row.remaining == 0 or over or (row.sends == 0 and not unread):
        return False
    if row.state not in {State.REJECTED, State.CANCELLED} and not unread:
        return False
    if row.cancel_for is CancelFor.CONVERT:
        return row.intent.order.order_type is not OrderType.MARKET
    return row.cancel_for is not CancelFor.WITHDRAWN and bool(row.intent.routes)


def _continue(row: Placement) -> Continue:
    proof = row.proof
    if proof is None:
        raise ValueError(f"intent {row.intent.intent_id} cannot go on without a proof")
    if row.cancel_for is CancelFor.CONVERT:
        return Continue(row.intent.account_id, row.remaining, proof, convert=True)
    return Continue(row.intent.routes[0], row.remaining, proof)
