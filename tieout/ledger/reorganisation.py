"""Mergers, symbol changes, spin-offs and conversions of coins whose legs stand in the journal as records of their own.

Legs with one `group_id` belong together; without one, a single leg out and a single leg in of the same kind and moment
do. Units that leave hand their cost and their dates, lot by lot, to units that come: nothing is realised. A leg that
stands alone in its posting is booked by itself: leaving units realise their cost as a loss, coming ones cost nothing,
and the profit is right again once both are booked and sold. A leg that is corrected carries the cost it carried before.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tieout.errors import StoreError
from tieout.ledger.book import Book
from tieout.ledger.lots import Change, share
from tieout.ledger.types import Effect, JournalRecord
from tieout.money import ZERO
from tieout.records import Activity, ActivityKind

REORGANISATIONS = frozenset(
    {ActivityKind.MERGER, ActivityKind.SYMBOL_CHANGE, ActivityKind.SPINOFF, ActivityKind.CONVERSION}
)

Group = tuple[JournalRecord, ...]


def groups(records: Sequence[JournalRecord]) -> dict[int, Group]:
    """The legs of each reorganisation under the sequence of its last leg, and empty groups under the others."""
    found: dict[str, list[list[JournalRecord]]] = {}
    for record in records:
        if (key := _group_of(record)) is None:
            continue
        runs = found.setdefault(key, [[]])
        if record.reverses:
            runs.append([])  # what comes after a leg was taken back must not be booked before it
        else:
            runs[-1].append(record)
    placed: dict[int, Group] = {}
    for key, legs in ((key, run) for key, runs in found.items() for run in runs):
        if len(legs) < 2 or (key.startswith("@") and not _is_one_to_one(legs)):
            continue
        placed |= {leg.seq: () for leg in legs[:-1]}
        placed[legs[-1].seq] = tuple(legs)
    return placed


def book_group(book: Book, legs: Group) -> list[JournalRecord]:
    """Book the legs that hand cost on. Returns those that must be booked by themselves.

    The first leg that brings units takes all the cost: how the venue divides it is not known.
    """
    out = [leg for leg in legs if book.lots_for(leg).closable(_units(leg))]
    into = next((leg for leg in legs if leg not in out and _units(leg) * _units(out[0]) < 0), None) if out else None
    if into is None:
        return list(legs)
    handed = [change for leg in out for change in _release(book, leg)]
    _receive(book, into, handed)
    return [leg for leg in legs if leg not in out and leg is not into]


def carried_cost(effect: Effect) -> Decimal | None:
    """The cost that a leg handed on (negative) or took over; None where it was booked by itself, against its cash."""
    cash = [leg for leg in effect.entries if leg.instrument_id is None]
    if any(leg.quantity != leg.realized_pnl for leg in cash):
        return None
    return sum((leg.cost_basis - leg.realized_pnl for leg in effect.entries if leg.instrument_id is not None), ZERO)


def book_again(book: Book, leg: JournalRecord, activity: Activity, cost: Decimal) -> None:
    """The second half of a leg's correction: the other legs stand, so it carries the cost that it carried before."""
    instrument = activity.instrument
    if instrument is not None and activity.quantity:
        event, currency = activity.kind.value, instrument.profit_currency
        book.move(leg, activity.quantity, cost, event=event, currency=currency)
    if activity.amount:
        book.cash(leg, activity.currency, activity.amount, activity.kind.value, realized=activity.amount)


def _group_of(record: JournalRecord) -> str | None:
    one = record.record
    if not isinstance(one, Activity) or one.kind not in REORGANISATIONS or not one.quantity:
        return None
    return f"={one.group_id}" if one.group_id else f"@{one.kind}@{one.occurred_at.isoformat()}"


def _is_one_to_one(legs: Sequence[JournalRecord]) -> bool:
    return len(legs) == 2 and _units(legs[0]) * _units(legs[1]) < 0


def _units(leg: JournalRecord) -> Decimal:
    return leg.record.quantity


def _release(book: Book, leg: JournalRecord) -> list[Change]:
    """Units leave with their cost. Returns the lots that left; units beyond what is held go short at no cost."""
    lots, units = book.lots_for(leg), _units(leg)
    pooled, closed = lots.pooled(), lots.close(lots.closable(units))
    beyond = units - sum((change.quantity for change in closed), ZERO)
    opened = [lots.open(book.lot_id(leg), book.acquired_on(leg), beyond, ZERO)] if beyond else []
    _write(book, leg, [*pooled, *closed, *opened])
    return closed


def _receive(book: Book, leg: JournalRecord, handed: Sequence[Change]) -> None:
    """Units come with the cost and the dates of those that left, in proportion to their quantity."""
    lots, left = book.lots_for(leg), _units(leg)
    total = sum((change.quantity for change in handed), ZERO)
    changes = lots.pooled()
    for part, change in enumerate(handed):
        units = left if part == len(handed) - 1 else share(_units(leg), change.quantity, total)
        changes.append(lots.open(book.lot_id(leg, part), change.acquired_on, units, -change.cost))
        left -= units
    _write(book, leg, changes)


def _write(book: Book, leg: JournalRecord, changes: Sequence[Change]) -> None:
    """The instrument leg without profit, and the cash that came with it as profit."""
    activity = leg.record
    if not isinstance(activity, Activity) or activity.instrument is None:
        raise StoreError(f"journal record {leg.seq} ({' '.join(leg.key)}) is no leg of a reorganisation")
    event, currency = activity.kind.value, activity.instrument.profit_currency
    book.units(leg, activity.quantity, changes, ZERO, event=event, currency=currency)
    if activity.amount:
        book.cash(leg, activity.currency, activity.amount, event, realized=activity.amount)
