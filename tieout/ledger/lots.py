"""The open lots of one instrument, and which of them a trade closes.

Cost is signed like quantity: a long lot cost money (positive), a short lot brought some in (negative). A part of a lot
takes its share of the cost, rounded half to even to 18 digits; the last part takes what is left, so nothing is lost.

    FIFO      the earliest acquired first
    LIFO      the latest acquired first
    HIFO      the lot that shows the least profit first: the dearest long, the cheapest short
    AVERAGE   one lot for each side; every purchase goes into it

Lots acquired on one day follow the order of the journal. Each side is a heap with stale entries left in it, so that a
trade costs the logarithm of the lots.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from tieout.ledger.types import LotMethod, OpenLot
from tieout.money import WIDE, ZERO, rounded

LONG, SHORT = 1, -1

_Rank = tuple[Decimal, int, int, str]


def share(total: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    """`total × part / whole` to 18 digits; exactly `total` where the part is the whole."""
    if part == whole:
        return total
    return rounded(WIDE.divide(WIDE.multiply(total, part), whole))


@dataclass(frozen=True, slots=True)
class Change:
    """What one record did to one lot: signed units and signed cost."""

    lot_id: str
    acquired_on: date
    quantity: Decimal
    cost: Decimal


@dataclass(slots=True)
class Held:
    """A lot while the fold runs. `version` counts its changes: older heap entries of it are stale."""

    lot_id: str
    acquired_on: date
    quantity: Decimal
    cost: Decimal
    version: int = 0

    @property
    def side(self) -> int:
        """LONG, SHORT, or 0 for cost without units."""
        return (self.quantity > 0) - (self.quantity < 0)


def lot_id(seq: int, instrument_id: int, part: int | None = None) -> str:
    """The name of the lot that a journal record opens; the parts of a merger's lot are numbered."""
    return f"{seq}:{instrument_id}" if part is None else f"{seq}:{instrument_id}:{part}"


def _place(lot: Held) -> tuple[int, int, str]:
    """A lot's place in time: day, then journal sequence. Names that are not ours count as the first of their day."""
    head = lot.lot_id.partition(":")[0]
    return lot.acquired_on.toordinal(), int(head) if head.isdecimal() else 0, lot.lot_id


@dataclass(slots=True)
class LotBook:
    """The open lots of one instrument under one method.

    Long and short lots stand side by side only between the two halves of a correction.
    """

    method: LotMethod
    _lots: dict[str, Held] = field(default_factory=dict)
    _heaps: dict[int, list[tuple[_Rank, int]]] = field(default_factory=lambda: {LONG: [], SHORT: []})
    _units: dict[int, Decimal] = field(default_factory=lambda: {LONG: ZERO, SHORT: ZERO, 0: ZERO})
    _empty: set[str] = field(default_factory=set)  # lots of cost without units
    _versions: int = 0

    @classmethod
    def of(cls, method: LotMethod, lots: Iterable[OpenLot]) -> LotBook:
        """The book as earlier postings left it."""
        book = cls(method)
        for lot in lots:
            book.add(lot.lot_id, lot.acquired_on, lot.quantity, lot.cost_basis)
        return book

    @property
    def quantity(self) -> Decimal:
        """Signed units held."""
        return self._units[LONG] + self._units[SHORT]

    def lots(self) -> list[Held]:
        """Every open lot, oldest first."""
        return sorted(self._lots.values(), key=_place)

    def closable(self, units: Decimal) -> Decimal:
        """How much of a trade of signed `units` closes lots, signed like the trade."""
        against = -self._units[SHORT if units > 0 else LONG]
        return units if abs(units) <= abs(against) else against

    def add(self, lot_id: str, acquired_on: date, quantity: Decimal, cost: Decimal) -> Change:
        """Put units and cost into a lot, opening it where it is new and dropping it where nothing is left."""
        lot = self._lots.get(lot_id)
        if lot is None:
            lot = self._lots[lot_id] = Held(lot_id, acquired_on, ZERO, ZERO)
        self._units[lot.side] -= lot.quantity
        lot.quantity += quantity
        lot.cost += cost
        self._units[lot.side] += lot.quantity
        if lot.quantity:
            self._empty.discard(lot_id)
            self._enter(lot)
        elif lot.cost:
            self._empty.add(lot_id)
        else:
            self._empty.discard(lot_id)
            del self._lots[lot_id]
        return Change(lot_id, lot.acquired_on, quantity, cost)

    def open(self, lot_id: str, acquired_on: date, quantity: Decimal, cost: Decimal) -> Change:
        """Units acquired: a lot of their own, or under AVERAGE a share of the one there is."""
        side = LONG if quantity > 0 else SHORT
        if self.method is LotMethod.AVERAGE and self._units[side]:
            pool = self._first(side)
            return self.add(pool.lot_id, pool.acquired_on, quantity, cost)
        return self.add(lot_id, acquired_on, quantity, cost)

    def close(self, units: Decimal) -> list[Change]:
        """Take signed `units`, no more than `closable`, out of the lots that the method picks."""
        changes, left = [], units
        while left:
            lot = self._first(SHORT if left > 0 else LONG)
            taken = left if abs(left) < abs(lot.quantity) else -lot.quantity
            changes.append(self.add(lot.lot_id, lot.acquired_on, taken, -share(lot.cost, -taken, lot.quantity)))
            left -= taken
        return changes

    def pooled(self) -> list[Change]:
        """Under AVERAGE: several lots, as another method or a bust left them, become the oldest one."""
        if self.method is not LotMethod.AVERAGE or len(self._lots) < 2:
            return []
        first, *others = self.lots()
        changes = [self.add(lot.lot_id, lot.acquired_on, -lot.quantity, -lot.cost) for lot in others]
        changes += [
            self.add(first.lot_id, first.acquired_on, -change.quantity, -change.cost) for change in tuple(changes)
        ]
        return changes

    def rebase(self, units: Decimal) -> list[Change]:
        """Share signed new `units` out over the lots by their quantity; costs stay. The last lot takes what is left."""
        lots, held, left = self.lots(), self.quantity, units
        changes = []
        for index, lot in enumerate(lots):
            taken = left if index == len(lots) - 1 else share(units, lot.quantity, held)
            changes.append(self.add(lot.lot_id, lot.acquired_on, taken, ZERO))
            left -= taken
        return changes

    def settled(self) -> list[Change]:
        """After a bust: long and short lots close each other, and cost without units goes."""
        both = min(self._units[LONG], -self._units[SHORT])
        changes = self.close(-both) + self.close(both)
        empty = sorted((self._lots[lot_id] for lot_id in self._empty), key=_place)
        return changes + [self.add(lot.lot_id, lot.acquired_on, ZERO, -lot.cost) for lot in empty]

    def _enter(self, lot: Held) -> None:
        self._versions += 1
        lot.version = self._versions
        heapq.heappush(self._heaps[lot.side], (self._rank(lot), lot.version))

    def _rank(self, lot: Held) -> _Rank:
        """What the heap sorts by: the smallest is closed first."""
        day, seq, name = _place(lot)
        if self.method is LotMethod.LIFO:
            return ZERO, -day, -seq, name
        if self.method is LotMethod.HIFO:
            return -lot.side * WIDE.divide(lot.cost, lot.quantity), day, seq, name
        return ZERO, day, seq, name

    def _first(self, side: int) -> Held:
        """The lot on that side that is closed next."""
        heap = self._heaps[side]
        while heap:
            (*_, name), version = heap[0]
            lot = self._lots.get(name)
            if lot is not None and lot.version == version:
                return lot
            heapq.heappop(heap)
        raise ValueError("no lot is left to close")
