"""Posting: the journal's records become ledger entries and lots.

One warehouse transaction holds the entries, the lots and the note of how far the ledger has come. Whatever kills a
posting leaves either all of it or nothing, and the next one goes on from the note. Posting twice adds nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Table

from sql.bulk import arrow_table, insert_arrow
from sql.coins import read_coin_book
from sql.journal import Journal
from sql.load import query
from sql.records import last_seq, read_records
from sql.reference import mirror_reference
from sql.rows import read_rows
from sql.schema import warehouse as tables
from sql.warehouse import Warehouse
from tieout.errors import StoreError
from tieout.ids import AccountId, InstrumentId, derived_int
from tieout.ledger.fold import fold
from tieout.ledger.types import Effect, Folded, JournalRecord, LedgerEntry, LotChange, LotMethod, OpenLot, RecordKey


@dataclass(frozen=True, slots=True)
class Posted:
    """How many ledger entries a posting added, and the last journal sequence that the ledger now holds."""

    entries: int
    last_seq: int


def post(
    journal: Journal,
    warehouse: Warehouse,
    account_id: AccountId,
    method: LotMethod,
    now: datetime,
    rates: Mapping[str, Decimal] | None = None,
) -> Posted:
    """Post everything the journal holds of an account and the ledger does not.

    method    which lot a sale closes
    now       UTC, noted beside the posting
    rates     what other currencies are worth in the base currency, for the cost of coins bought with them
    raises    StoreError where the ledger holds more than the journal: one of the two is from another time or place
    """
    with warehouse.write(account_id) as ledger, journal.read() as source:
        return post_within(source, ledger, account_id, method, now, rates)


def post_within(
    journal: Connection,
    warehouse: Connection,
    account_id: AccountId,
    method: LotMethod,
    now: datetime,
    rates: Mapping[str, Decimal] | None = None,
) -> Posted:
    """As `post`, in transactions that the caller has begun."""
    done, last = ledger_seq(warehouse, account_id), last_seq(journal, account_id)
    if done > last:
        raise StoreError(
            f"account {account_id}: the ledger holds the journal up to {done}, but this journal ends at {last}. "
            "One of the two was restored from a backup or belongs elsewhere; nothing was posted."
        )
    mirror_reference(journal, warehouse)
    if done == last:
        return Posted(0, last)
    records = read_records(journal, account_id, done, last)
    lots, earlier = read_lots(warehouse, account_id), _effects(warehouse, account_id, records)
    folded = fold(records, lots, method, earlier, read_coin_book(journal, account_id, rates))
    _append(warehouse, account_id, folded)
    note = {"account_id": account_id, "last_seq": last, "entries": len(folded.entries), "posted_at": now}
    _insert(warehouse, tables.posting, [note])
    return Posted(len(folded.entries), last)


def ledger_seq(connection: Connection, account_id: AccountId) -> int:
    """The last journal sequence that the ledger holds of an account, 0 before the first posting."""
    return int(connection.execute(query("ledger_seq"), {"account_id": account_id}).scalar_one())


def read_lots(connection: Connection, account_id: AccountId) -> tuple[OpenLot, ...]:
    """The account's lots that still hold something, oldest first."""
    return tuple(
        OpenLot(
            row["lot_id"],
            InstrumentId(row["instrument_id"]),
            row["acquired_on"],
            row["quantity"],
            row["cost_basis"],
        )
        for row in read_rows(connection, query("open_lots"), {"account_id": account_id})
    )


def _effects(
    connection: Connection, account_id: AccountId, records: Iterable[JournalRecord]
) -> dict[RecordKey, Effect]:
    """What earlier postings booked for the records that are now taken back."""
    effects = {}
    for record in records:
        if record.reverses and record.key not in effects:
            kind, record_id = record.key
            binds = {"account_id": account_id, "record_kind": kind, "record_id": record_id}
            if booked := read_rows(connection, query("last_booking"), binds):
                effects[record.key] = _effect(connection, account_id, booked)
    return effects


def _effect(connection: Connection, account_id: AccountId, booked: list[dict[str, Any]]) -> Effect:
    binds = {"account_id": account_id, "seq": booked[0]["seq"]}
    changes = tuple(LotChange(**row) for row in read_rows(connection, query("lot_changes"), binds))
    first_seq, first_date = booked[0]["first_seq"], booked[0]["first_date"]
    names = [field.name for field in fields(LedgerEntry)]
    return Effect(
        tuple(LedgerEntry(**{name: row[name] for name in names}) for row in booked), changes, first_seq, first_date
    )


def _append(connection: Connection, account_id: AccountId, folded: Folded) -> None:
    entries = (
        asdict(entry) | {"account_id": account_id, "entry_id": derived_int("entry", account_id, entry.seq, entry.leg)}
        for entry in folded.entries
    )
    _insert(connection, tables.ledger_entry, entries)
    _insert(connection, tables.lot, (asdict(change) | {"account_id": account_id} for change in folded.lot_changes))


def _insert(connection: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    insert_arrow(connection, table, arrow_table(table, rows))
