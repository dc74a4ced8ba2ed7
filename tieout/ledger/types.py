"""Rows of the ledger and of the lots, as the fold makes them and the warehouse keeps them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from tieout.ids import InstrumentId
from tieout.money import ZERO
from tieout.records import Activity, Execution

RecordKey = tuple[str, str]  # record_kind (execution or activity) and the venue's id


class LotMethod(StrEnum):
    """Which lot a sale closes."""

    FIFO = "fifo"
    LIFO = "lifo"
    HIFO = "hifo"  # highest unit cost first
    AVERAGE = "average"


@dataclass(frozen=True, slots=True)
class JournalRecord:
    """One booked record with its place in the account's order.

    seq             journal sequence, ascending without gaps inside an account
    business_date   session the record belongs to
    settles_on      date its cash moves
    reverses        True for a bust or the first half of a correction: the entry is taken back
    """

    seq: int
    record: Execution | Activity
    instrument_id: InstrumentId | None
    business_date: date
    settles_on: date
    reverses: bool = False

    @property
    def key(self) -> RecordKey:
        """What the ledger knows the record by."""
        one = self.record
        return ("execution", one.execution_id) if isinstance(one, Execution) else ("activity", one.activity_id)


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One leg of a journal record; see `sql/schema/warehouse.py` for units and signs."""

    seq: int
    leg: int
    record_kind: str
    record_id: str
    event: str
    instrument_id: InstrumentId | None
    currency: str
    quantity: Decimal
    cost_basis: Decimal
    realized_pnl: Decimal
    business_date: date
    settles_on: date


@dataclass(frozen=True, slots=True)
class LotChange:
    """A signed change of one lot."""

    lot_id: str
    instrument_id: InstrumentId
    seq: int
    acquired_on: date
    quantity: Decimal
    cost_basis: Decimal
    business_date: date


@dataclass(frozen=True, slots=True)
class Effect:
    """What the last standing booking of a record did, for a bust or a correction to take back.

    entries, changes       every leg and every lot change of that booking; none where it moved nothing
    first_seq, first_date  where and when the record was first booked: a corrected lot keeps its place and its date
    """

    entries: tuple[LedgerEntry, ...]
    changes: tuple[LotChange, ...]
    first_seq: int
    first_date: date


@dataclass(frozen=True, slots=True)
class OpenLot:
    """One acquisition still held. Short lots have negative quantity and negative cost basis (proceeds received)."""

    lot_id: str
    instrument_id: InstrumentId
    acquired_on: date
    quantity: Decimal
    cost_basis: Decimal

    @property
    def unit_cost(self) -> Decimal:
        """Currency per unit held (per contract for options: price × multiplier plus fees)."""
        return self.cost_basis / self.quantity if self.quantity else ZERO


@dataclass(frozen=True, slots=True)
class Folded:
    """What a run of journal records does to the ledger."""

    entries: tuple[LedgerEntry, ...]
    lot_changes: tuple[LotChange, ...]
    open_lots: tuple[OpenLot, ...]  # all lots of the account's touched instruments after the last record
