"""Who may spend a request budget: orders before reconciliation before data.

All lanes spend from one budget, for the venue counts one. A lower lane may spend only while less than its share of the
budget is spent, by whomever: what lies above its share is left for the lanes before it. So a close that reads a
thousand pages can never keep an order, a cancel or a look-up from leaving.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum


class Lane(StrEnum):
    """What a request is for, most urgent first."""

    ORDERS = "orders"  # submit, replace, cancel, looking orders up, proving whose account it is
    RECONCILIATION = "reconciliation"  # snapshots, executions, activities
    DATA = "data"  # quotes, contracts, clocks, calendars


@dataclass(frozen=True, slots=True)
class Lanes:
    """The rule for one account.

    *_share     of the budget, 0 to 1, that may be spent before the lane has to wait; orders have the whole
    *_wait_s    seconds a request of the lane waits for room before it is refused, unsent
    """

    reconciliation_share: Decimal = Decimal("0.75")
    data_share: Decimal = Decimal("0.5")
    orders_wait_s: float = 2.0
    reconciliation_wait_s: float = 60.0
    data_wait_s: float = 20.0

    def wait_s(self, lane: Lane) -> float:
        """Seconds that a request of the lane waits at the most."""
        waits = {Lane.ORDERS: self.orders_wait_s, Lane.RECONCILIATION: self.reconciliation_wait_s}
        return waits.get(lane, self.data_wait_s)

    def hurried(self, most_s: float) -> Lanes:
        """The same for who looks after orders: while one of its reads waits, none of them is sent or cancelled."""
        return replace(
            self,
            orders_wait_s=min(self.orders_wait_s, most_s),
            reconciliation_wait_s=min(self.reconciliation_wait_s, most_s),
            data_wait_s=min(self.data_wait_s, most_s),
        )


def ceilings(per_minute: int, lanes: Lanes) -> dict[Lane, int]:
    """Requests of all lanes together, in any minute, up to which each lane may spend; one at the least.

    raises    ValueError where a lower lane would come before a higher one
    """
    if not 0 < lanes.data_share <= lanes.reconciliation_share <= 1:
        raise ValueError(
            f"shares must fall from 1 for orders to above 0: reconciliation {lanes.reconciliation_share}, "
            f"data {lanes.data_share}"
        )
    shares = {Lane.ORDERS: Decimal(1), Lane.RECONCILIATION: lanes.reconciliation_share, Lane.DATA: lanes.data_share}
    return {lane: max(1, int(per_minute * share)) for lane, share in shares.items()}


def to_withhold(per_minute: int, spent: int, left: int) -> int:
    """Requests to count as spent, so that no more are left of our budget than the venue says are left of its own.

    spent    of our budget, that will still count when the venue begins to count anew
    left     the venue's word
    """
    return max(0, per_minute - spent - left)
