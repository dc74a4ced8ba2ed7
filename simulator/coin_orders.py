"""What coin venues add to an order, and what they note of a position besides its units and its cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from tieout.orders import Order


@dataclass(frozen=True, slots=True)
class CoinOrder(Order):
    """An order as a coin venue takes it.

    reduce_only   it may only make the position smaller
    post_only     it must not trade at once
    spends        money that a market order was asked to spend instead of units, quote currency
    """

    reduce_only: bool = False
    post_only: bool = False
    spends: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Since when a position is there, and when it last changed, UTC."""

    since: datetime
    updated: datetime
