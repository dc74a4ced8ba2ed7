"""The fold: journal records, in their order, become ledger entries, lot changes and realised profit.

Signs: an instrument leg has signed units and a signed change of cost; a cash leg has signed money. Realised profit
stands on the leg that made it. A bust takes back exactly what its record did to the lots, and the profit it realised.

    equity, option, fund, crypto, forex    trade: units at cost, cash against them; fees are part of the cost
    perpetual, future, cfd                 trade: units at notional, no cash; closing pays the profit in cash
    crypto fee in the coin itself          fewer units at the same cost
    fee in a third currency                a cash leg of its own, realised at once
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from tieout.ids import InstrumentId
from tieout.instruments import AssetClass
from tieout.ledger.lots import Change, LotBook, share
from tieout.ledger.types import Folded, JournalRecord, LedgerEntry, LotChange, LotMethod, OpenLot
from tieout.money import ZERO
from tieout.records import Activity, ActivityKind, Execution

MARGINED = frozenset({AssetClass.PERPETUAL, AssetClass.FUTURE, AssetClass.CFD})
# Units that leave by these take their cost with them: nothing is realised.
AT_COST = frozenset({ActivityKind.TRANSFER, ActivityKind.JOURNAL, ActivityKind.SYMBOL_CHANGE, ActivityKind.OPENING})
# Cash of these is income or expense the moment it is booked.
EARNED = frozenset(
    {
        ActivityKind.DIVIDEND,
        ActivityKind.WITHHOLDING,
        ActivityKind.FEE,
        ActivityKind.INTEREST,
        ActivityKind.FUNDING,
        ActivityKind.ADJUSTMENT,
    }
)


@dataclass(frozen=True, slots=True)
class Effect:
    """What one record did before, for a bust to take back: its lot changes and the profit on its instrument leg."""

    changes: tuple[LotChange, ...]
    realized_pnl: Decimal


def fold(
    records: Sequence[JournalRecord],
    lots: Sequence[OpenLot],
    method: LotMethod,
    earlier: Mapping[tuple[str, str], Effect] | None = None,
) -> Folded:
    """What the records do to the ledger.

    records    ascending by seq
    lots       what is open before the first record, oldest first
    earlier    effects of records that earlier calls folded, by (kind, id), where a bust in `records` takes them back
    """
    run = _Fold(method, dict(earlier or {}))
    by_instrument: dict[InstrumentId, list[OpenLot]] = {}
    for lot in lots:
        by_instrument.setdefault(lot.instrument_id, []).append(lot)
    run.before = by_instrument
    for record in records:
        run.book(record)
    return run.folded()


@dataclass(slots=True)
class _Fold:
    method: LotMethod
    effects: dict[tuple[str, str], Effect]
    before: dict[InstrumentId, list[OpenLot]] = field(default_factory=dict)
    books: dict[InstrumentId, LotBook] = field(default_factory=dict)
    entries: list[LedgerEntry] = field(default_factory=list)
    changes: list[LotChange] = field(default_factory=list)

    def book(self, record: JournalRecord) -> None:
        """Book one record, or take it back."""
        if record.reverses:
            _take_back(self, record)
        elif isinstance(record.record, Execution):
            _book_execution(self, record, record.record)
        else:
            _book_activity(self, record, record.record)

    def lots_of(self, instrument_id: InstrumentId) -> LotBook:
        """The lot book of an instrument, read from the earlier lots at first touch."""
        if instrument_id not in self.books:
            earlier = self.before.get(instrument_id, ())
            self.books[instrument_id] = LotBook.of(instrument_id, self.method, earlier)
        return self.books[instrument_id]

    def folded(self) -> Folded:
        """Everything so far, with the lots of the touched instruments."""
        held = [
            OpenLot(lot.lot_id, book.instrument_id, lot.acquired_on, lot.quantity, lot.cost)
            for book in self.books.values()
            for lot in book.lots()
        ]
        return Folded(tuple(self.entries), tuple(self.changes), tuple(held))


def _key(record: JournalRecord) -> tuple[str, str]:
    one = record.record
    return ("execution", one.execution_id) if isinstance(one, Execution) else ("activity", one.activity_id)


def _book_execution(run: _Fold, record: JournalRecord, trade: Execution) -> None:
    instrument, fee = trade.instrument, trade.fee
    margined = instrument.asset_class in MARGINED
    in_coin = bool(fee) and instrument.asset_class is AssetClass.CRYPTO and trade.fee_currency == instrument.underlying
    in_cost = trade.fee_currency == instrument.currency and not margined
    units = trade.signed_quantity - (fee if in_coin else ZERO)
    cost = -trade.cash_change + (fee if in_cost else ZERO)
    realized = _move_units(run, record, units, cost, event="trade", currency=instrument.currency)
    moved = realized if margined else trade.cash_change
    if moved:
        _cash(run, record, instrument.currency, moved, "variation" if margined else "trade")
    if fee and not in_coin:
        _cash(run, record, trade.fee_currency, -fee, "fee", realized=ZERO if in_cost else -fee)


def _book_activity(run: _Fold, record: JournalRecord, activity: Activity) -> None:
    kind = activity.kind
    if kind is ActivityKind.SPLIT and activity.instrument is not None:
        _split(run, record, activity)
    elif activity.instrument is not None and activity.quantity:
        _move_units(
            run,
            record,
            activity.quantity,
            _cost_of(activity),
            event=kind.value,
            currency=activity.instrument.currency,
            at_cost=kind in AT_COST and not activity.amount,
        )
    if activity.amount:
        earned = activity.amount if kind in EARNED and not activity.quantity else ZERO
        _cash(run, record, activity.currency, activity.amount, kind.value, realized=earned)


def _cost_of(activity: Activity) -> Decimal:
    """Signed cost of the units that an event moves: the cash it moved, or its price where it moved none."""
    if activity.amount:
        return -activity.amount
    if activity.price is None or activity.instrument is None or activity.kind not in AT_COST:
        return ZERO  # an expired, assigned or exercised option ends at nothing: its premium is realised
    return activity.instrument.value(activity.quantity, activity.price)


def _move_units(
    run: _Fold,
    record: JournalRecord,
    units: Decimal,
    cost: Decimal,
    *,
    event: str,
    currency: str,
    at_cost: bool = False,
) -> Decimal:
    """Close what the units close and open the rest. Returns the profit realised, in `currency`."""
    if record.instrument_id is None:
        raise ValueError(f"journal record {record.seq} moves units but names no instrument")
    book = run.lots_of(record.instrument_id)
    closing = _smaller(units, book.held_against(units))
    closing_cost = share(cost, closing, units) if closing else ZERO
    changes = book.close(closing) if closing else []
    released = -sum((change.cost for change in changes), ZERO)
    realized = ZERO if at_cost or not closing else -closing_cost - released
    if opening := units - closing:
        lot_id = _lot_id(run, record)
        changes.append(book.add(lot_id, record.business_date, opening, cost - closing_cost))
    _units(run, record, units, changes, realized, event=event, currency=currency)
    return realized


def _smaller(units: Decimal, available: Decimal) -> Decimal:
    return units if abs(units) <= abs(available) else available


def _lot_id(run: _Fold, record: JournalRecord) -> str:
    if run.method is LotMethod.AVERAGE:
        return f"average:{record.instrument_id}"
    return f"{record.seq}:{record.instrument_id}"


def _split(run: _Fold, record: JournalRecord, activity: Activity) -> None:
    """Give each lot its share of the new units at an unchanged cost."""
    if record.instrument_id is None:
        raise ValueError(f"journal record {record.seq}: a split names no instrument")
    book = run.lots_of(record.instrument_id)
    lots, held, left = book.lots(), book.quantity, activity.quantity
    changes: list[Change] = []
    for index, lot in enumerate(lots):
        units = left if index == len(lots) - 1 else share(activity.quantity, lot.quantity, held)
        left -= units
        changes.append(book.add(lot.lot_id, lot.acquired_on, units, ZERO))
    if not lots and left:
        changes.append(book.add(_lot_id(run, record), record.business_date, left, ZERO))
    _units(run, record, activity.quantity, changes, ZERO, event=activity.kind.value, currency=activity.currency)


def _take_back(run: _Fold, record: JournalRecord) -> None:
    """Undo a record: the same legs with the other sign, the same lots, the same profit."""
    key = _key(record)
    effect = run.effects.pop(key, None)
    if effect is None:
        raise ValueError(f"journal record {record.seq} takes back {' '.join(key)}, which was never booked")
    one = record.record
    if record.instrument_id is not None and effect.changes:
        book = run.lots_of(record.instrument_id)
        changes = [
            book.add(change.lot_id, change.acquired_on, -change.quantity, -change.cost_basis)
            for change in effect.changes
        ]
        units = sum((change.quantity for change in changes), ZERO)
        currency = one.instrument.currency if one.instrument else "USD"
        _units(run, record, units, changes, -effect.realized_pnl, event="reversal", currency=currency, remember=False)
    _take_back_cash(run, record, effect)


def _take_back_cash(run: _Fold, record: JournalRecord, effect: Effect) -> None:
    one = record.record
    if isinstance(one, Activity):
        if one.amount:
            earned = -one.amount if one.kind in EARNED and not one.quantity else ZERO
            _cash(run, record, one.currency, -one.amount, "reversal", realized=earned)
        return
    instrument = one.instrument
    margined = instrument.asset_class in MARGINED
    moved = effect.realized_pnl if margined else one.cash_change
    if moved:
        _cash(run, record, instrument.currency, -moved, "reversal")
    in_coin = instrument.asset_class is AssetClass.CRYPTO and one.fee_currency == instrument.underlying
    if one.fee and not in_coin:
        in_cost = one.fee_currency == instrument.currency and not margined
        _cash(run, record, one.fee_currency, one.fee, "reversal", realized=ZERO if in_cost else one.fee)


def _units(
    run: _Fold,
    record: JournalRecord,
    units: Decimal,
    changes: Sequence[Change],
    realized: Decimal,
    *,
    event: str,
    currency: str,
    remember: bool = True,
) -> None:
    if record.instrument_id is None:
        raise ValueError(f"journal record {record.seq} moves units but names no instrument")
    cost = sum((change.cost for change in changes), ZERO)
    _leg(run, record, record.instrument_id, currency, units, cost, realized, event)
    rows = tuple(
        LotChange(
            one.lot_id,
            record.instrument_id,
            record.seq,
            one.acquired_on,
            one.quantity,
            one.cost,
            record.business_date,
        )
        for one in changes
    )
    run.changes.extend(rows)
    if remember:
        run.effects[_key(record)] = Effect(rows, realized)


def _cash(
    run: _Fold, record: JournalRecord, currency: str, amount: Decimal, event: str, *, realized: Decimal = ZERO
) -> None:
    _leg(run, record, None, currency, amount, ZERO, realized, event)
    run.effects.setdefault(_key(record), Effect((), ZERO))


def _leg(
    run: _Fold,
    record: JournalRecord,
    instrument_id: InstrumentId | None,
    currency: str,
    quantity: Decimal,
    cost: Decimal,
    realized: Decimal,
    event: str,
) -> None:
    kind, record_id = _key(record)
    same = run.entries and run.entries[-1].seq == record.seq
    run.entries.append(
        LedgerEntry(
            seq=record.seq,
            leg=run.entries[-1].leg + 1 if same else 0,
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
