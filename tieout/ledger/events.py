"""Activities in the book: what an event does to units, cost, cash and profit.

expiration, assignment, exercise     the option closes at nothing: its premium is realised
option_trade                         the underlying at the strike, cash against it
split                                every lot gets its share of the new units; cost stays, nothing is realised
merger, symbol_change, spinoff       cost and dates go from the units that leave to those that come, where the legs
                                     are known to belong together (`reorganisation.py`); new units of a spin-off
                                     alone come at no cost
fee in coin                          units that leave for nothing
liquidation, deleveraging            the contract closes for the money stated, or else at the price
dividend, interest, funding, fee     cash, realised at once; so is cash in lieu and any other cash. In an account of
                                     wallets money may be a coin: its units come at no cost, or leave with theirs
reward                               units at no cost
opening, transfer, journal, other    value from or to the outside: units at their price, or leaving at cost; no profit
"""

from __future__ import annotations

from decimal import Decimal

from tieout.instruments import Instrument
from tieout.ledger.book import Book
from tieout.ledger.trades import notional
from tieout.ledger.types import JournalRecord
from tieout.money import ZERO, rounded
from tieout.records import Activity, ActivityKind

EXTERNAL = frozenset({ActivityKind.OPENING, ActivityKind.TRANSFER, ActivityKind.JOURNAL, ActivityKind.OTHER})


def book_activity(book: Book, record: JournalRecord, activity: Activity) -> None:
    """Book one event: an instrument leg for its units, a cash leg for its money."""
    paid = earned = activity.amount
    if activity.instrument is not None and activity.quantity:
        paid = _book_units(book, record, activity, activity.instrument)
        earned = paid - money_for_units(activity, activity.instrument, paid)
    if paid:
        realized = ZERO if activity.kind in EXTERNAL else earned
        book.cash(record, activity.currency, paid, activity.kind.value, realized=realized)


def money_for_units(activity: Activity, instrument: Instrument, paid: Decimal) -> Decimal:
    """The part of the cash that the units' profit is made of: none where their cost is kept in another currency."""
    return paid if activity.currency == instrument.profit_currency else ZERO


def _book_units(book: Book, record: JournalRecord, activity: Activity, instrument: Instrument) -> Decimal:
    """Move the units of an event. Returns the cash that goes with them."""
    if activity.kind is ActivityKind.SPLIT:
        _split(book, record, activity, instrument)
    elif _is_external(activity):
        _carry(book, record, activity, instrument)
    elif instrument.is_margined:
        return _close_margined(book, record, activity, instrument)
    else:
        cost = -money_for_units(activity, instrument, activity.amount)
        currency = instrument.profit_currency
        book.move(record, activity.quantity, cost, event=activity.kind.value, currency=currency)
    return activity.amount


def _is_external(activity: Activity) -> bool:
    """Whether units come from or go to the outside; so do those of a signed-off correction that names a price."""
    signed_off = activity.kind is ActivityKind.ADJUSTMENT and activity.price is not None
    return not activity.amount and (signed_off or activity.kind in EXTERNAL)


def _carry(book: Book, record: JournalRecord, activity: Activity, instrument: Instrument) -> None:
    """Units from or to the outside: they come at their price, and leave with the cost they had."""
    worth = ZERO if activity.price is None else notional(instrument, activity.quantity, activity.price)
    currency = instrument.profit_currency
    book.move(record, activity.quantity, worth, event=activity.kind.value, currency=currency, at_cost=True)


def _close_margined(book: Book, record: JournalRecord, activity: Activity, instrument: Instrument) -> Decimal:
    """A future or perpetual that an event ends. Returns the cash: as stated, or else the profit at the stated price."""
    units, event, currency = activity.quantity, activity.kind.value, instrument.profit_currency
    if activity.price is not None and not activity.amount:
        worth = notional(instrument, units, activity.price)
        return book.move(record, units, worth, event=event, currency=currency)
    lots = book.lots_for(record)
    changes = [*lots.pooled(), *lots.close(lots.closable(units))]
    if opening := units - sum((change.quantity for change in changes), ZERO):
        changes.append(lots.open(book.lot_id(record), book.acquired_on(record), opening, ZERO))
    profit = money_for_units(activity, instrument, activity.amount)
    book.units(record, units, changes, profit, event=event, currency=currency)
    return activity.amount


def _split(book: Book, record: JournalRecord, activity: Activity, instrument: Instrument) -> None:
    """Re-base the lots, and sell the fraction that was paid in cash, where the exact ratio tells how much it was."""
    lots, event, currency = book.lots_for(record), activity.kind.value, instrument.profit_currency
    held, money = lots.quantity, money_for_units(activity, instrument, activity.amount)
    after = held + activity.quantity
    if held * after <= 0:  # nothing was held, or nothing is left
        book.move(record, activity.quantity, -money, event=event, currency=currency)
        return
    fraction = _fraction_paid(activity, held, after) if money else ZERO
    changes = [*lots.pooled(), *lots.rebase(activity.quantity + fraction), *lots.close(-fraction)]
    realized = money + sum((change.cost for change in changes), ZERO)
    book.units(record, activity.quantity, changes, realized, event=event, currency=currency)


def _fraction_paid(activity: Activity, held: Decimal, after: Decimal) -> Decimal:
    """The part of a unit that a split left over and paid in cash, signed like the holding; zero where unknown."""
    if activity.ratio is None:
        return ZERO
    fraction = rounded(held * activity.ratio) - after
    return fraction if fraction * held > 0 and abs(fraction) < 1 else ZERO
