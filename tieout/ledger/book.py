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

from tieout.coins import CoinBook
from tieout.errors import StoreError
from tieout.ids import InstrumentId
from tieout.ledger.lots import Change, LotBook, lot_id, share
from tieout.ledger.types import Effect, Folded, JournalRecord, LedgerEntry, LotChange, LotMethod, OpenLot, RecordKey
from tieout.money import ZERO

COIN = ".coin"  # behind the event of a leg whose money is a coin, and so units of a position
UNITS = ".units"  # behind the event of a leg whose units are money: one currency bought with another


@dataclass(slots=True)
class Book:
    """One account's book between its first and its last record.

    before    open lots by instrument as they stood at first
    effects   what records did that a later one takes back
    firsts    journal sequence and date at which a record that was taken back was first booked
    carried   cost that a leg of a merger, taken back, had handed on or taken over
    coins     how coins are held, in an account of wallets; None in every other
    """

    method: LotMethod
    before: Mapping[InstrumentId, Sequence[OpenLot]]
    effects: dict[RecordKey, Effect]
    firsts: dict[RecordKey, tuple[int, date]] = field(default_factory=dict)
    carried: dict[RecordKey, Decimal | None] = field(default_factory=dict)
    coins: CoinBook | None = None
    entries: list[LedgerEntry] = field(default_factory=list)
    changes: list[LotChange] = field(default_factory=list)
    _lots: dict[InstrumentId, LotBook] = field(default_factory=dict)

    def lots_of(self, instrument_id: InstrumentId, *, averaged: bool = False) -> LotBook:
        """The lots of an instrument, read from the earlier ones at first touch; averaged whatever the method."""
        lots = self._lots.get(instrument_id)
        if lots is None:
            method = LotMethod.AVERAGE if averaged else self.method
            lots = self._lots[instrument_id] = LotBook.of(method, self.before.get(instrument_id, ()))
        return lots

    def lots_for(self, record: JournalRecord) -> LotBook:
        """The lots that a record moves. Exchanges of coins pay a contract's profit by its average entry.

        raises    StoreError where the record names no instrument
        """
        instrument = record.record.instrument
        averaged = self.coins is not None and instrument is not None and instrument.is_margined
        return self.lots_of(named(record), averaged=averaged)

    def move(
        self,
        record: JournalRecord,
        units: Decimal,
        cost: Decimal,
        *,
        event: str,
        currency: str,
        at_cost: bool = False,
        of: InstrumentId | None = None,
    ) -> Decimal:
        """Close what signed `units` close, and open the rest. Returns the profit realised.

        cost       signed: what the units cost (positive) or brought in (negative), fees included
        at_cost    what is closed leaves with its own cost: nothing is realised
        of         the instrument, where it is not the record's own
        """
        lots = self.lots_for(record) if of is None else self.lots_of(of)
        changes = lots.pooled()
        closing = lots.closable(units)
        closing_cost = share(cost, closing, units) if closing else ZERO
        changes += lots.close(closing)
        if opening := units - closing:
            lot = self.lot_id(record, of=of)
            changes.append(lots.open(lot, self.acquired_on(record), opening, cost - closing_cost))
        realized = ZERO if at_cost else sum((change.cost for change in changes), ZERO) - cost
        self.units(record, units, changes, realized, event=event, currency=currency, of=of)
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
        of: InstrumentId | None = None,
    ) -> None:
        """Write an instrument leg, with the lot changes that make it up."""
        cost = sum((change.cost for change in changes), ZERO)
        instrument_id = named(record) if of is None else of
        self._leg(record, event, instrument_id, currency, units, cost, realized)
        day = record.business_date
        self.changes += [
            LotChange(one.lot_id, instrument_id, record.seq, one.acquired_on, one.quantity, one.cost, day)
            for one in changes
        ]

    def cash(
        self, record: JournalRecord, currency: str, amount: Decimal, event: str, *, realized: Decimal = ZERO
    ) -> None:
        """Write a cash leg; of a coin that is a position, the leg of its units.

        Such units come at no cost, and leave with theirs: as a loss where the money is an expense (`realized`), and
        otherwise for nothing.
        """
        held = None if self.coins is None else self.coins.holding_id(currency)
        if self.coins is None or held is None:
            self._leg(record, event, None, currency, amount, ZERO, realized)
            return
        base = self.coins.rule.base_currency
        self.move(record, amount, ZERO, event=event + COIN, currency=base, at_cost=not realized, of=held)

    def lot_id(self, record: JournalRecord, part: int | None = None, of: InstrumentId | None = None) -> str:
        """The name of the lot a record opens: its own first sequence, also after a correction."""
        first = self.firsts.get(record.key)
        return lot_id(first[0] if first else record.seq, named(record) if of is None else of, part)

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
