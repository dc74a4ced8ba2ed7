"""What the broker tells of its orders as it happens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from simulator.orders import WorkingOrder
from tieout.orders import OrderReport, OrderState
from tieout.records import Execution


class Change(StrEnum):
    """What happened to an order."""

    PENDING_NEW = "pending_new"
    NEW = "new"
    PARTIAL_FILL = "partial_fill"
    FILL = "fill"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REPLACED = "replaced"
    AMENDED = "amended"
    REJECTED = "rejected"
    DONE_FOR_DAY = "done_for_day"
    CORRECTED = "corrected"
    BUSTED = "busted"


ENDS = {
    OrderState.CANCELLED: Change.CANCELLED,
    OrderState.EXPIRED: Change.EXPIRED,
    OrderState.REPLACED: Change.REPLACED,
    OrderState.REJECTED: Change.REJECTED,
}


@dataclass(frozen=True, slots=True)
class Update:
    """One change of one order.

    report      the order just after it
    at          when it happened, UTC
    shown_at    when the desk is told, UTC; None where the report is lost
    execution   the trade, where it was one
    position    signed units held just after it, where it was a trade
    """

    change: Change
    working: WorkingOrder
    report: OrderReport
    at: datetime
    shown_at: datetime | None
    execution: Execution | None = None
    position: Decimal | None = None
