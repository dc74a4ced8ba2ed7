"""The book while it is being folded: the lots of every instrument, and the legs and lot changes that come out.

The law of every leg below: realised profit = change of cash + change of cost. A purchase turns cash into cost; a sale
turns cost into cash and the difference is profit. Only value that enters or leaves the book from outside, and margined
instruments, whose cost is a notional nobody paid, stand apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from tieout.errors import StoreError
from tieout.ids import InstrumentId
from tieout.ledger.lots import Change, LotBook, lot_id, share
from tieout.ledger.types import Effect, Folded, JournalRecord, LedgerEntry, LotChange, LotMethod, OpenLot, RecordKey
from tieout.money import ZERO


@dataclass(slots=True)
class Book:
    """One account's book between its first and its last record.

    before    open lots by instrument as they stood at first
    effects   what records did that a later one takes back
    firsts    journal sequence and date at which a record that was taken back was first booked
    carried   cost that a leg of a merger, taken back, had handed on or taken over
    """

    method: LotMethod
    before: Mapping[InstrumentId, Sequence[OpenLot]]
    effects: dict[RecordKey, Effect]
    firsts: dict[RecordKey, tuple[int, date]] = field(default_factory=dict)
    carried: dict[RecordKey, Decimal | None] = field(default_factory=dict)
    entries: list[LedgerEntry] = field(default_factory=list)
    changes: list[LotChange] = field(default_factory=list)
    _lots: dict[InstrumentId, LotBook] = field(default_factory=dict)

    def lots_of(self, instrument_id: InstrumentId) -> LotBook:
        """The lots of an instrument, read from the earlier ones at first touch."""
        lots = self._lots.get(instrument_id)
        if lots is None:
            lots = self._lots[instrument_id] = LotBook.of(self.method, self.before.get(instrument_id, ()))
        return lots

    def lots_for(self, record: JournalRecord) -> LotBook:
        """The lots that a record moves.

        raises    StoreError where the record names no instrument
        """
        return self.lots_of(named(record))

    def move(
        self,
        record: JournalRecord,
        units: Decimal,
        cost: Decimal,
        *,
        event: str,
        currency: str,
        at_cost: bool = False,
    ) -> Decimal:
        """Close what signed `units` close, and open the rest. Returns the profit realised.

        cost       signed: what the units cost (positive) or brought in (negative), fees included
        at_cost    what is closed leaves with its own cost: nothing is realised
        """
        lots = self.lots_for(record)
        changes = lots.pooled()
        closing = lots.closable(units)
        closing_cost = share(cost, closing, units) if closing else ZERO
        changes += lots.close(closing)
        if opening := units - closing:
            changes.append(lots.open(self.lot_id(record), self.acquired_on(record), opening, cost - closing_cost))
        realized = ZERO if at_cost else sum((change.cost for change in changes), ZERO) - cost
        self.units(record, units, changes, realized, event=event, currency=currency)
        return realized

    def units(
        self,
        record: JournalRecord,
        units: Decimal,
        changes: Sequence[Change],
        realized: Decimal,
        *,
        event: str,
        currency: str,
    ) -> None:
        """Write an instrument leg, with the lot changes that make it up."""
        cost = sum((change.cost for change in changes), ZERO)
        instrument_id = named(record)
        self._leg(record, event, instrument_id, currency, units, cost, realized)
        day = record.business_date
        self.changes += [
            LotChange(one.lot_id, instrument_id, record.seq, one.acquired_on, one.quantity, one.cost, day)
            for one in changes
        ]

    def cash(
        self, record: JournalRecord, currency: str, amount: Decimal, event: str, *, realized: Decimal = ZERO
    ) -> None:
        """Write a cash leg."""
        self._leg(record, event, None, currency, amount, ZERO, realized)

    def lot_id(self, record: JournalRecord, part: int | None = None) -> str:
        """The name of the lot a record opens: its own first sequence, also after a correction."""
        first = self.firsts.get(record.key)
        return lot_id(first[0] if first else record.seq, named(record), part)

    def folded(self) -> Folded:
        """Everything so far, in journal order, with the open lots of the touched instruments."""
        held = (
            OpenLot(lot.lot_id, instrument_id, lot.acquired_on, lot.quantity, lot.cost)
            for instrument_id, lots in self._lots.items()
            for lot in lots.lots()
        )
        entries = sorted(self.entries, key=lambda entry: (entry.seq, entry.leg))
        return Folded(tuple(entries), tuple(sorted(self.changes, key=lambda change: change.seq)), tuple(held))

    def acquired_on(self, record: JournalRecord) -> date:
        """The date of the lot a record opens: that of its first booking, also after a correction."""
        first = self.firsts.get(record.key)
        return first[1] if first else record.business_date

    def _leg(
        self,
        record: JournalRecord,
        event: str,
        instrument_id: InstrumentId | None,
        currency: str,
        quantity: Decimal,
        cost: Decimal,
        realized: Decimal,
    ) -> None:
        last = self.entries[-1] if self.entries else None
        kind, record_id = record.key
        self.entries.append(
            LedgerEntry(
                seq=record.seq,
                leg=last.leg + 1 if last is not None and last.seq == record.seq else 0,
                record_kind=kind,
                record_id=record_id,
                event=event,
                instrument_id=instrument_id,
                currency=currency,
                quantity=quantity,
                cost_basis=cost,
                realized_pnl=realized,
                business_date=record.business_date,
                settles_on=record.settles_on,
            )
        )


def named(record: JournalRecord) -> InstrumentId:
    """The instrument whose units a record moves.

    raises    StoreError where it names none
    """
    if record.instrument_id is None:
        raise StoreError(f"journal record {record.seq} ({' '.join(record.key)}) moves units but names no instrument")
    return record.instrument_id


def by_instrument(lots: Iterable[OpenLot]) -> dict[InstrumentId, list[OpenLot]]:
    """Lots sorted into their instruments."""
    found: dict[InstrumentId, list[OpenLot]] = {}
    for lot in lots:
        found.setdefault(lot.instrument_id, []).append(lot)
    return found
