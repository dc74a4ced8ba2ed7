"""A venue's report on an order, taken into its placement: in whatever sequence reports come, however often. Pure.

What a venue has said once stands: a filled quantity never shrinks, an order that ended does not work again. Only a late
fill may still raise what traded, and that is told.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from tieout.next_action import Change, end
from tieout.orders import OrderReport, OrderState
from tieout.placement import CancelFor, CancelStep, Event, Placement, Policy

_ENDS = frozenset(
    {OrderState.FILLED, OrderState.CANCELLED, OrderState.EXPIRED, OrderState.REJECTED, OrderState.REPLACED}
)
_WORKS = frozenset({OrderState.WORKING, OrderState.PARTIALLY_FILLED})


def took_report(row: Placement, report: OrderReport, now: datetime, policy: Policy) -> Change:
    """The placement after a report of its order."""
    never_sent = row.sends == 0 and "surfaced" not in row.told
    if (not row.accepted) if row.ended else never_sent:
        return _surfaced(row, report, now, policy)
    known, events = _filled(row, report)
    if row.ended:
        return _late(row, known, report, now, events)
    after, more = _standing(row, known, report, now, policy)
    return after, (*events, *more)


def _filled(row: Placement, report: OrderReport) -> Change:
    known = replace(
        row,
        accepted=True,
        broker_order_id=report.broker_order_id or row.broker_order_id,
        filled=max(row.filled, report.filled_quantity),
    )
    quantity = row.intent.order.quantity
    if known.filled <= quantity or "overfill" in row.told:
        return known, ()
    words = f"{known.filled} units filled of {quantity} intended"
    return replace(known, told=known.told | {"overfill"}), (Event("overfill", words, call=True),)


def _standing(before: Placement, row: Placement, report: OrderReport, now: datetime, policy: Policy) -> Change:
    """An order that is not over takes the state the report gives it."""
    quantity = row.intent.order.quantity
    if row.filled >= quantity:
        return _over(row, OrderState.FILLED, report, now)
    if report.state in _ENDS:
        return _over(row, report.state, report, now)
    if report.state not in _WORKS:  # it does not say what became of it
        return replace(row, not_before=now + policy.look_every), ()
    state = OrderState.PARTIALLY_FILLED if row.filled > 0 else OrderState.WORKING
    changed = before.state is not state or row.filled != before.filled
    pause = row.not_before if before.state is state else now + policy.look_every
    if row.cancel is CancelStep.WANTED:
        pause = None
    works = replace(row, state=state, not_before=pause, reason="", unknown_since=None, lookups=())
    return works, (Event(state.value, f"{row.filled} of {quantity}"),) if changed else ()


def _over(row: Placement, state: OrderState, report: OrderReport, now: datetime) -> Change:
    over, events = end(row, state, report.venue_status or state.value, now)
    return replace(over, confirmed_at=now, lookups=()), events


def _late(before: Placement, known: Placement, report: OrderReport, now: datetime, events: tuple[Event, ...]) -> Change:
    """After the end, only more fills count: a venue may report them after it has confirmed a cancel."""
    confirmed = now if report.state in _ENDS else before.confirmed_at
    if known.filled == before.filled:
        return replace(before, told=known.told, confirmed_at=confirmed, not_before=None), events
    full = known.filled >= known.intent.order.quantity
    words = f"{known.filled - before.filled} units after it was {before.state}"
    state = OrderState.FILLED if full else before.state
    late = Event("late_fill", words, call=before.heir is not None)
    return replace(known, state=state, ended_at=now, confirmed_at=confirmed, not_before=None), (*events, late)


def _surfaced(row: Placement, report: OrderReport, now: datetime, policy: Policy) -> Change:
    """An order that the venue refused, or was proven not to have, and shows all the same.

    The rest may be working elsewhere by now, so it is taken over as the venue's truth, cancelled, and told.
    """
    if report.state not in _WORKS and report.filled_quantity == 0:
        return row, ()  # a refused order that venues list as such
    words = f"the venue shows it as {report.venue_status or report.state}, and it was {row.state}: {row.reason}"
    called = Event("surfaced", words, call=True)
    live = replace(row, state=OrderState.WORKING, ended_at=None, cancel=CancelStep.WANTED, cancel_since=now)
    live = replace(live, cancel_for=CancelFor.WITHDRAWN, proof=None, told=row.told | {"surfaced"})
    known, events = _filled(live, report)
    after, more = _standing(live, known, report, now, policy)
    return after, (called, *events, *more)
