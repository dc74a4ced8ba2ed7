"""An order as the simulated venue works it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum

from tieout.ids import BrokerOrderId, ClientOrderId
from tieout.instruments import Instrument
from tieout.money import ZERO
from tieout.orders import Order, OrderReport, OrderState

_AVERAGE_STEP = Decimal("0.000000001")


class Role(StrEnum):
    """What an order is among those it was sent with."""

    SIMPLE = "simple"
    ENTRY = "entry"  # its exits wait until it has filled
    TAKE_PROFIT = "take_profit"
    STOP_LOSS = "stop_loss"
    COMBINATION = "combination"  # trades through its legs, all or none
    LEG = "leg"


@dataclass(slots=True, eq=False)
class WorkingOrder:
    """One order from its acceptance to its end.

    expires_at     when a day order ends; None for one that stays until cancelled
    shown_from     when look-ups and lists show it, UTC
    waiting        an exit whose entry has not filled: it can be cancelled, and does not trade
    triggered      a stop has been reached
    best           best price since a trailing stop was accepted, currency per unit
    taken          units that the other exit of a pair has filled: they are no longer for this one
    acts_from      when it reaches the market, UTC; cancel_at when its cancelling does
    ahead          units before it in the queue at its limit; None where it does not queue
    last_tick      the tick it last met: each is met once
    heard          whether the desk is told of its fills as they happen
    late           how long after a fill the broker's records show it
    filled_value   Σ quantity × price
    parent         the entry of an exit, the combination of a leg, or the take-profit of an exit pair
    """

    order: Order
    broker_order_id: BrokerOrderId
    submitted_at: datetime
    updated_at: datetime
    expires_at: datetime | None
    shown_from: datetime
    role: Role = Role.SIMPLE
    state: OrderState = OrderState.WORKING
    filled_quantity: Decimal = ZERO
    filled_value: Decimal = ZERO
    waiting: bool = False
    triggered: bool = False
    best: Decimal | None = None
    taken: Decimal = ZERO
    acts_from: datetime | None = None
    cancel_at: datetime | None = None
    ahead: Decimal | None = None
    last_tick: datetime | None = None
    heard: bool = True
    late: timedelta = timedelta(0)
    replaces: BrokerOrderId | None = None
    replaced_by: BrokerOrderId | None = None
    parent: WorkingOrder | None = None
    children: list[WorkingOrder] = field(default_factory=list)

    @property
    def remaining(self) -> Decimal:
        """Units still to fill."""
        return self.order.quantity - self.taken - self.filled_quantity

    @property
    def owner_id(self) -> ClientOrderId:
        """The customer's id that its fills belong to: a leg's and an exit pair's are those of the order sent."""
        of_a_pair = self.parent is not None and self.parent.role is Role.TAKE_PROFIT
        if self.parent is not None and (of_a_pair or self.role is Role.LEG):
            return self.parent.order.client_order_id
        return self.order.client_order_id

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """What it trades."""
        return tuple(leg.instrument for leg in self.order.legs) or (self.order.instrument,)

    @property
    def exits(self) -> tuple[WorkingOrder, ...]:
        """The exits of the pair it belongs to, itself among them; none for an order that is no exit."""
        if self.role not in (Role.TAKE_PROFIT, Role.STOP_LOSS):
            return ()
        if self.parent is not None and self.parent.role is Role.ENTRY:
            return tuple(self.parent.children)
        first = self.parent or self
        return (first, *first.children)

    @property
    def trail_stop(self) -> Decimal | None:
        """Where a trailing stop stands now, currency per unit."""
        order = self.order
        if self.best is None:
            return None
        distance = order.trail_amount if order.trail_amount is not None else self.best * (order.trail_percent or ZERO)
        return self.best + order.side.sign * distance

    @property
    def venue_status(self) -> str:
        """Its state in the venue's words: what waits, or rests with the broker beside its twin, is held."""
        beside_twin = self.role is Role.STOP_LOSS and len(self.exits) > 1 and not self.triggered
        held = self.state is OrderState.WORKING and (self.waiting or beside_twin)
        return "held" if held else self.state.value

    def filled(self, quantity: Decimal, price: Decimal, moment: datetime) -> None:
        """Note a fill; ValueError beyond the order's quantity."""
        if not 0 < quantity <= self.remaining:
            raise ValueError(f"order {self.broker_order_id}: a fill of {quantity} with {self.remaining} remaining")
        self.filled_quantity += quantity
        self.filled_value += quantity * price
        self.state = OrderState.PARTIALLY_FILLED if self.remaining else OrderState.FILLED
        self.updated_at = moment

    def ended(self, state: OrderState, moment: datetime) -> None:
        """Note an end without a fill: cancelled, expired, replaced."""
        self.state = state
        self.updated_at = moment

    def report(self) -> OrderReport:
        """What the venue says of it now."""
        whole = self.role is Role.COMBINATION
        return OrderReport(
            broker_order_id=self.broker_order_id,
            client_order_id=self.order.client_order_id,
            state=self.state,
            instrument=None if whole else self.order.instrument,
            side=None if whole else self.order.side,
            quantity=self.order.quantity,
            filled_quantity=self.filled_quantity,
            average_fill_price=self._average(),
            order_type=self.order.order_type,
            time_in_force=self.order.time_in_force,
            limit_price=self.order.limit_price,
            stop_price=self.order.stop_price or self.trail_stop,
            submitted_at=self.submitted_at,
            updated_at=self.updated_at,
            replaces=self.replaces,
            replaced_by=self.replaced_by,
            venue_status=self.venue_status,
            legs=tuple(child.report() for child in self.children),
        )

    def _average(self) -> Decimal | None:
        if not self.filled_quantity:
            return None
        return (self.filled_value / self.filled_quantity).quantize(_AVERAGE_STEP, ROUND_HALF_EVEN)
