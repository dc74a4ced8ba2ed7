"""Exits that work at the venue after their entry has filled: what was seen of each, and when all of it is booked. Pure.

They carry ids that the venue made up, so they are known by the venue's own order ids, and tied to the entry's intent.
Reports may come late, twice or in another sequence: what a venue has said once stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from tieout.exits import ExitKind, kind_of
from tieout.ids import AccountId, BrokerOrderId, ClientOrderId, IntentId
from tieout.money import ZERO
from tieout.orders import OrderReport, OrderState, Side
from tieout.placement import TERMINAL, Event, Placement
from tieout.records import Execution

SHOWN_WITHIN = timedelta(minutes=1)  # after the entry filled; a venue that shows no exit by then has none


@dataclass(frozen=True, slots=True)
class VenueExit:
    """One exit at the venue.

    intent_id     of the entry
    price         limit of a take-profit, stop of a stop-loss
    filled        units, the most that the venue ever said
    booked        units of its executions in the book, those included that were taken back later
    ended_at      UTC, when it was first seen as over; a late fill moves it
    counted_at    UTC, when all that the venue shows of its trades was last in the book
    """

    account_id: AccountId
    broker_order_id: BrokerOrderId
    intent_id: IntentId
    client_order_id: ClientOrderId | None
    kind: ExitKind
    side: Side | None
    price: Decimal | None
    quantity: Decimal | None
    state: OrderState
    filled: Decimal = ZERO
    booked: Decimal = ZERO
    ended_at: datetime | None = None
    counted_at: datetime | None = None

    @property
    def words(self) -> str:
        """As people list it: kind, price, state and what has traded."""
        price = f" {self.price.normalize():f}" if self.price is not None else ""
        traded = f", {self.filled.normalize():f} filled" if self.filled else ""
        return f"{self.kind.words}{price}: {self.state}{traded}"


def first_seen(row: Placement, report: OrderReport) -> VenueExit:
    """An exit as its first report shows it, before that report is taken in."""
    return VenueExit(
        row.intent.account_id,
        report.broker_order_id,
        row.intent.intent_id,
        report.client_order_id,
        kind_of(report),
        report.side,
        report.limit_price if report.limit_price is not None else report.stop_price,
        report.quantity,
        OrderState.WORKING,
    )


def took(known: VenueExit, report: OrderReport, now: datetime) -> VenueExit:
    """The exit after a report: filled quantities never shrink, and one that ended does not work again."""
    filled = max(known.filled, report.filled_quantity)
    later = replace(
        known,
        filled=filled,
        quantity=report.quantity or known.quantity,
        client_order_id=report.client_order_id or known.client_order_id,
    )
    if known.state in TERMINAL:
        return replace(later, ended_at=now) if filled > known.filled else later
    ended = now if report.state in TERMINAL else None
    return replace(later, state=report.state, ended_at=ended)


def belongs(execution: Execution, one: VenueExit) -> bool:
    """By the venue's id of the order, or by the id that the venue made up for us."""
    if execution.broker_order_id is not None:
        return execution.broker_order_id == one.broker_order_id
    return execution.client_order_id is not None and execution.client_order_id == one.client_order_id


def wants_fills(one: VenueExit, now: datetime, visibility: timedelta) -> bool:
    """Whether its executions are to be asked for: some are missing, or none were counted since its end was ripe."""
    if one.filled > one.booked:
        return True
    return one.ended_at is not None and not is_settled(one, visibility) and now >= one.ended_at + visibility


def is_settled(one: VenueExit, visibility: timedelta) -> bool:
    """Nothing more can come: it is over, and its trades were counted once the venue's delay had passed."""
    if one.state not in TERMINAL or one.ended_at is None or one.filled > one.booked:
        return False
    return one.counted_at is not None and one.counted_at >= one.ended_at + visibility


def conclude(row: Placement, exits: Sequence[VenueExit], now: datetime, visibility: timedelta) -> Event | None:
    """How the exits of an entry ended, None while any may still trade or be reported.

    row    of the entry: as long as it works, exits may still come
    """
    if not row.ended or not all(is_settled(one, visibility) for one in exits):
        return None
    if not exits and row.executed > 0:
        if row.ended_at is None or now < row.ended_at + max(visibility, SHOWN_WITHIN):
            return None
        return Event("no_exits", f"the venue shows no exit of the {row.executed.normalize():f} units", call=True)
    told = "; ".join(one.words for one in exits) or "nothing traded, so there is nothing to leave"
    left = row.executed - sum((one.filled for one in exits), ZERO)
    if left <= 0 or not exits:
        return Event("exits_over", told)
    expired = all(one.state in {OrderState.EXPIRED, OrderState.FILLED} for one in exits)
    words = f"{left.normalize():f} units have no exit at the venue any more: {told}"
    return Event("unprotected", words, call=not expired)
