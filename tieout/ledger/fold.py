"""The fold: journal records, in their order, become ledger entries, lot changes and realised profit.

An instrument leg has signed units and a signed change of cost; a cash leg has signed money. Realised profit stands on
the leg that made it. What executions do is in `trades.py`, activities in `events.py` and `reorganisation.py`.

Arithmetic is exact: sums and products are, and a quotient (the share of a lot's cost, an inverse contract's worth) is
rounded half to even at the 18th digit, with the last part taking what is left. Folding in two calls, with the lots
carried over, gives the same as folding in one, as long as neither a correction nor the legs of a merger are torn apart.

A bust takes back the legs and lot changes that its record booked, to the last digit. What traded on those lots in
between stands: lots that then face each other, long and short, close each other, and the profit of it is the bust's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import localcontext
from itertools import zip_longest

from tieout.coins import CoinBook
from tieout.errors import StoreError
from tieout.ids import InstrumentId
from tieout.instruments import MARGINED, Instrument
from tieout.ledger.book import Book, by_instrument
from tieout.ledger.delivery import DELIVERIES, book_delivered_again, book_delivery, carried_premium, deliveries
from tieout.ledger.events import book_activity
from tieout.ledger.reorganisation import REORGANISATIONS, Group, book_again, book_group, carried_cost, groups
from tieout.ledger.trades import book_execution
from tieout.ledger.types import (
    Effect,
    Folded,
    JournalRecord,
    LedgerEntry,
    LotChange,
    LotMethod,
    OpenLot,
    RecordKey,
)
from tieout.money import WIDE, ZERO
from tieout.records import Activity, Execution

__all__ = ["MARGINED", "REVERSAL", "Effect", "fold"]

REVERSAL = "reversal"  # the event of a leg that takes another back; a trade's fee stays `fee`, with the other sign


def fold(
    records: Sequence[JournalRecord],
    lots: Sequence[OpenLot],
    method: LotMethod,
    earlier: Mapping[RecordKey, Effect] | None = None,
    coins: CoinBook | None = None,
) -> Folded:
    """What the records do to the ledger.

    records    ascending by seq
    lots       what is open before the first record
    earlier    effects of records that earlier calls folded, where one in `records` takes them back
    coins      of an account of wallets: which coins are positions, and under which keys
    raises     StoreError where a record takes back what was never booked, or moves units without an instrument
    """
    with localcontext(WIDE):
        book = Book(method, by_instrument(lots), dict(earlier or {}), coins=coins)
        taken_back = {record.key for record in records if record.reverses}
        placed = groups(records) | deliveries(records)
        for record, following in zip_longest(records, records[1:]):
            if record.reverses:
                _take_back(book, record)
                if not _is_rebooking(following, record):
                    _settle(book, record)
                continue
            legs = placed.get(record.seq, (record,))
            mark = len(book.entries), len(book.changes)
            _book(book, legs)
            for leg in legs:
                if leg.key in taken_back:
                    book.effects[leg.key] = _effect(book, leg, mark)
        return book.folded()


def _book(book: Book, legs: Group) -> None:
    """Book one record, or the legs of one reorganisation, or of one exercise or assignment."""
    together = book_delivery if _is_delivery(legs) else book_group
    for leg in together(book, legs) if len(legs) > 1 else legs:
        if isinstance(leg.record, Execution):
            book_execution(book, leg, leg.record)
        elif (carried := book.carried.pop(leg.key, None)) is not None:
            again = book_delivered_again if leg.record.kind in DELIVERIES else book_again
            again(book, leg, leg.record, carried)
        else:
            book_activity(book, leg, leg.record)
    for leg in legs:
        if leg.key in book.firsts:
            _settle(book, leg)  # the second half of a correction


def _is_delivery(legs: Group) -> bool:
    return all(isinstance(leg.record, Activity) and leg.record.kind in DELIVERIES for leg in legs)


def _effect(book: Book, leg: JournalRecord, mark: tuple[int, int]) -> Effect:
    """What a record has just done, for a later one of the same posting to take back."""
    entries = tuple(entry for entry in book.entries[mark[0] :] if entry.seq == leg.seq)
    changes = tuple(change for change in book.changes[mark[1] :] if change.seq == leg.seq)
    return Effect(entries, changes, *book.firsts.get(leg.key, (leg.seq, leg.business_date)))


def _is_rebooking(following: JournalRecord | None, record: JournalRecord) -> bool:
    """Whether a reversal is the first half of a correction: the lots wait for the second."""
    return following is not None and following.key == record.key and not following.reverses


def _take_back(book: Book, record: JournalRecord) -> None:
    """Undo what stands of a record: its legs with the other sign, its lot changes, its profit."""
    effect = book.effects.pop(record.key, None)
    if effect is None:
        if _moves_something(record):
            raise StoreError(f"journal record {record.seq} takes back {' '.join(record.key)}, which was never booked")
        return
    book.firsts[record.key] = effect.first_seq, effect.first_date
    if isinstance(record.record, Activity) and record.record.kind in REORGANISATIONS:
        book.carried[record.key] = carried_cost(effect)
    if isinstance(record.record, Activity) and record.record.kind in DELIVERIES:
        book.carried[record.key] = carried_premium(effect)
    moved: dict[tuple[InstrumentId, str], list[LedgerEntry]] = {}
    for entry in effect.entries:
        if entry.instrument_id is not None:
            event = _undoing(entry)
            moved.setdefault((entry.instrument_id, event), []).append(entry)
    undone: set[InstrumentId] = set()
    for (held, event), entries in moved.items():
        changes = () if held in undone else tuple(one for one in effect.changes if one.instrument_id == held)
        undone.add(held)
        _take_back_units(book, record, changes, entries, event)
    for entry in effect.entries:
        if entry.instrument_id is None:
            book.cash(record, entry.currency, -entry.quantity, _undoing(entry), realized=-entry.realized_pnl)


def _undoing(entry: LedgerEntry) -> str:
    """The event of a leg that takes another back: a trade's fee stays one, and what stands for money or units does."""
    event, mark, what = entry.event.partition(".")
    return entry.event if event == "fee" and entry.record_kind == "execution" else REVERSAL + mark + what


def _take_back_units(
    book: Book, record: JournalRecord, done: Sequence[LotChange], moved: Sequence[LedgerEntry], event: str
) -> None:
    """Legs of one instrument and one event, with the lot changes of that instrument."""
    held = moved[0].instrument_id
    if held is None:
        return
    lots = book.lots_for(record) if held == record.instrument_id else book.lots_of(held)
    changes = [lots.add(one.lot_id, one.acquired_on, -one.quantity, -one.cost_basis) for one in done]
    units = -sum((entry.quantity for entry in moved), ZERO)
    realized = -sum((entry.realized_pnl for entry in moved), ZERO)
    book.units(record, units, changes, realized, event=event, currency=moved[0].currency, of=held)


def _moves_something(record: JournalRecord) -> bool:
    one = record.record
    return isinstance(one, Execution) or bool(one.quantity or one.amount)


def _settle(book: Book, record: JournalRecord) -> None:
    """Close lots that a bust or a correction left facing each other, with a leg of its own."""
    instrument = record.record.instrument
    if record.instrument_id is not None and instrument is not None:
        changes = book.lots_for(record).settled()
        if changes:
            profit, currency = sum((change.cost for change in changes), ZERO), instrument.profit_currency
            book.units(record, ZERO, changes, profit, event=REVERSAL, currency=currency)
            if instrument.is_margined and profit:
                book.cash(record, currency, profit, REVERSAL)
    if book.coins is not None:
        for held in book.coins.rule.touched(record.record):
            _settle_coin(book, record, book.coins, held)


def _settle_coin(book: Book, record: JournalRecord, coins: CoinBook, held: Instrument) -> None:
    key = coins.ids[held.underlying or ""]
    if key == record.instrument_id:
        return
    if changes := book.lots_of(key).settled():
        profit = sum((change.cost for change in changes), ZERO)
        book.units(record, ZERO, changes, profit, event=REVERSAL, currency=held.currency, of=key)
