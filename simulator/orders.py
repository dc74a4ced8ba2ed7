"""An order as the simulated venue works it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from tieout.ids import BrokerOrderId
from tieout.money import ZERO
from tieout.orders import Order, OrderReport, OrderState

_AVERAGE_STEP = Decimal("0.000000001")


@dataclass(slots=True)
class WorkingOrder:
    """One order from its acceptance to its end.

    expires_at     when a day order ends; None for one that stays until cancelled
    triggered      a stop has been reached
    last_tick      the tick it last met: each is met once
    heard          whether the desk is told of its fills as they happen
    late           how long after a fill the broker's records show it
    filled_value   Σ quantity × price
    """

    order: Order
    broker_order_id: BrokerOrderId
    submitted_at: datetime
    updated_at: datetime
    expires_at: datetime | None
    state: OrderState = OrderState.WORKING
    filled_quantity: Decimal = ZERO
    filled_value: Decimal = ZERO
    triggered: bool = False
    last_tick: datetime | None = None
    heard: bool = True
    late: timedelta = timedelta(0)
    replaces: BrokerOrderId | None = None
    replaced_by: BrokerOrderId | None = None

    @property
    def remaining(self) -> Decimal:
        """Units still to fill."""
        return self.order.quantity - self.filled_quantity

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
        return OrderReport(
            broker_order_id=self.broker_order_id,
            client_order_id=self.order.client_order_id,
            state=self.state,
            instrument=self.order.instrument,
            side=self.order.side,
            quantity=self.order.quantity,
            filled_quantity=self.filled_quantity,
            average_fill_price=self._average(),
            order_type=self.order.order_type,
            time_in_force=self.order.time_in_force,
            limit_price=self.order.limit_price,
            stop_price=self.order.stop_price,
            submitted_at=self.submitted_at,
            updated_at=self.updated_at,
            replaces=self.replaces,
            replaced_by=self.replaced_by,
            venue_status=self.state.value,
        )

    def _average(self) -> Decimal | None:
        if not self.filled_quantity:
            return None
        return (self.filled_value / self.filled_quantity).quantize(_AVERAGE_STEP, ROUND_HALF_EVEN)
