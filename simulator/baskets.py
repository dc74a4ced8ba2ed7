"""Prices of what a contract delivers, per unit of its multiplier: what an option model reads as its underlying."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from simulator.prices import PriceSource, Tick


@dataclass(frozen=True, slots=True)
class Basket:
    """Units of several sources and cash, divided by a contract's multiplier."""

    parts: Sequence[tuple[PriceSource, Decimal]]
    cash: Decimal
    multiplier: Decimal

    def at(self, moment: datetime) -> Tick:
        """The value at `moment`, as old as the youngest of its prices."""
        ticks = [(source.at(moment), units) for source, units in self.parts]
        worth = self.cash + sum((tick.price * units for tick, units in ticks), Decimal(0))
        return Tick(max(tick.at for tick, _ in ticks), worth / self.multiplier)

    def between(self, after: datetime, until: datetime) -> Iterator[Tick]:
        """One tick for each moment inside (after, until) at which any part ticks, oldest first."""
        seen: datetime | None = None
        streams = ((tick.at for tick in source.between(after, until)) for source, _ in self.parts)
        for moment in heapq.merge(*streams):
            if moment != seen:
                seen = moment
                yield self.at(moment)

    def reprice(self, on: date, *, ratio: Decimal = Decimal(1), less: Decimal = Decimal(0)) -> None:
        """Nothing to do: the parts carry it."""
