"""The open lots of one instrument, and which of them a trade closes.

Cost is signed like quantity: a long lot cost money (positive), a short lot brought some in (negative). A part of a lot
takes its share of the cost, rounded half even to 18 decimals; the last part takes what is left: nothing is lost.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext

from tieout.ids import InstrumentId
from tieout.ledger.types import LotMethod, OpenLot
from tieout.money import SCALE, ZERO

_QUANTUM = Decimal(1).scaleb(-SCALE)
_EXACT = Context(prec=76, rounding=ROUND_HALF_EVEN)  # wide enough for a product of two 38-digit numbers


def share(total: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    """`total × part / whole` to 18 decimals; exactly `total` where the part is the whole."""
    if part == whole:
        return total
    with localcontext(_EXACT):
        return (total * part / whole).quantize(_QUANTUM)


@dataclass(slots=True)
class Held:
    """A lot while the fold runs."""

    lot_id: str
    acquired_on: date
    quantity: Decimal
    cost: Decimal
    order: int  # place in time, to break ties


@dataclass(frozen=True, slots=True)
class Change:
    """What one record did to one lot."""

    lot_id: str
    acquired_on: date
    quantity: Decimal
    cost: Decimal


@dataclass(slots=True)
class LotBook:
    """The open lots of one instrument under one method."""

    instrument_id: InstrumentId
    method: LotMethod
    _lots: dict[str, Held] = field(default_factory=dict)
    _queue: deque[str] = field(default_factory=deque)
    _heap: list[tuple[Decimal, int, str]] = field(default_factory=list)
    _count: int = 0
    long: Decimal = ZERO  # units of the long lots
    short: Decimal = ZERO  # units of the short lots, negative; both at once only after a bust

    @classmethod
    def of(cls, instrument_id: InstrumentId, method: LotMethod, lots: Iterable[OpenLot]) -> LotBook:
        """The book as earlier postings left it, oldest lot first."""
        book = cls(instrument_id, method)
        for lot in lots:
            book.add(lot.lot_id, lot.acquired_on, lot.quantity, lot.cost_basis)
        return book

    def add(self, lot_id: str, acquired_on: date, quantity: Decimal, cost: Decimal) -> Change:
        """Put units into a lot, opening it where it is new."""
        held = self._lots.get(lot_id)
        if held is None:
            self._open(Held(lot_id, acquired_on, quantity, cost, self._count))
            self._recount(ZERO, quantity)
        else:
            before = held.quantity
            held.quantity += quantity
            held.cost += cost
            self._recount(before, held.quantity)
            if held.quantity == 0 and held.cost == 0:
                del self._lots[lot_id]
        return Change(lot_id, acquired_on, quantity, cost)

    def close(self, quantity: Decimal) -> list[Change]:
        """Take units out of the lots that the method picks.

        quantity    signed like the trade: opposite to the lots; its size must not exceed what is held that way
        """
        changes, left = [], quantity
        while left:
            lot = self._pick(left)
            taken = left if abs(left) < abs(lot.quantity) else -lot.quantity
            changes.append(self._take(lot, taken))
            left -= taken
        return changes

    def lots(self) -> tuple[Held, ...]:
        """Every open lot, oldest first."""
        return tuple(sorted(self._lots.values(), key=lambda lot: lot.order))

    def held_against(self, quantity: Decimal) -> Decimal:
        """How many units a trade of that sign can close, signed like the trade."""
        return -self.short if quantity > 0 else -self.long

    @property
    def quantity(self) -> Decimal:
        """The position: signed units of all lots."""
        return self.long + self.short

    def _recount(self, before: Decimal, after: Decimal) -> None:
        self.long += max(after, ZERO) - max(before, ZERO)
        self.short += min(after, ZERO) - min(before, ZERO)

    def _open(self, lot: Held) -> None:
        self._count += 1
        self._lots[lot.lot_id] = lot
        if self.method is LotMethod.HIFO:
            heapq.heappush(self._heap, (-self._rank(lot), lot.order, lot.lot_id))
        else:
            self._queue.append(lot.lot_id)

    def _rank(self, lot: Held) -> Decimal:
        """Unit cost, which is positive for long and short alike. The dearest long lot and the cheapest short lot show
        the smallest gain, and are closed first."""
        unit = lot.cost / lot.quantity if lot.quantity else ZERO
        return unit if lot.quantity > 0 else -unit

    def _pick(self, against: Decimal) -> Held:
        """The next lot that a trade of that sign closes."""
        if self.method is LotMethod.HIFO:
            return self._pick_dearest(against)
        passed: list[str] = []
        last = self.method is LotMethod.LIFO
        while self._queue:
            lot_id = self._queue[-1] if last else self._queue[0]
            lot = self._lots.get(lot_id)
            if lot is not None and lot.quantity * against < 0:
                break
            (self._queue.pop if last else self._queue.popleft)()
            if lot is not None:
                passed.append(lot_id)
        else:
            raise ValueError(f"instrument {self.instrument_id}: no lot is left to close {against} units against")
        (self._queue.extend if last else self._queue.extendleft)(reversed(passed))
        return lot

    def _pick_dearest(self, against: Decimal) -> Held:
        passed = []
        while self._heap:
            rank, order, lot_id = self._heap[0]
            lot = self._lots.get(lot_id)
            if lot is not None and lot.quantity * against < 0:
                break
            heapq.heappop(self._heap)
            if lot is not None:
                passed.append((rank, order, lot_id))
        else:
            raise ValueError(f"instrument {self.instrument_id}: no lot is left to close {against} units against")
        for entry in passed:
            heapq.heappush(self._heap, entry)
        return lot

    def _take(self, lot: Held, quantity: Decimal) -> Change:
        cost = -share(lot.cost, -quantity, lot.quantity)
        return self.add(lot.lot_id, lot.acquired_on, quantity, cost)
