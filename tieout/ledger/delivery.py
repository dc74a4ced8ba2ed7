"""Exercise and assignment: the premium goes with the shares.

Source: IRS Publication 550, Puts and Calls. A put that is assigned: the shares cost the strike less the premium; a
call that is assigned: they are sold for the strike plus the premium; a call that is exercised: they cost the strike
plus what the call cost; a put that is exercised: they are sold for the strike less what the put cost. The option itself
realises nothing then. The same holds for shares that end short: their proceeds carry the premium.

Option row and security rows belong together by `group_id` and are booked together where one posting holds them. A row
alone is booked by itself: the premium is realised with the option, and the shares come at the strike. Cash in an
adjusted contract's deliverable changes what the securities cost, not the profit. The premium stands in a leg of its own
(`premium`), so that what a broker who keeps the strike as cost says can be compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tieout.ledger.book import Book, named
from tieout.ledger.lots import share
from tieout.ledger.reorganisation import Group
from tieout.ledger.types import Effect, JournalRecord
from tieout.money import ZERO
from tieout.records import Activity, ActivityKind

PREMIUM = "premium"
ENDINGS = frozenset({ActivityKind.ASSIGNMENT, ActivityKind.EXERCISE})
DELIVERIES = ENDINGS | {ActivityKind.OPTION_TRADE}


def deliveries(records: Sequence[JournalRecord]) -> dict[int, Group]:
    """The rows of each event under the sequence of its last one, and empty groups under the others.

    An event has one option row and a security row at least; where a group holds several option rows each row stands by
    itself, and so does one that is booked again after it was taken back.
    """
    found: dict[str, list[list[JournalRecord]]] = {}
    for record in records:
        one = record.record
        if not isinstance(one, Activity) or one.kind not in DELIVERIES or not one.group_id:
            continue
        runs = found.setdefault(one.group_id, [[]])
        if record.reverses:
            runs.append([])  # what comes after a row was taken back must not be booked before it
        else:
            runs[-1].append(record)
    placed: dict[int, Group] = {}
    for legs in (run for runs in found.values() for run in runs):
        if _is_one_event(legs):
            placed |= {leg.seq: () for leg in legs[:-1]}
            placed[legs[-1].seq] = tuple(legs)
    return placed


def book_delivery(book: Book, legs: Group) -> list[JournalRecord]:
    """Book the rows of one event: the option at no profit, its premium with the security that the strike pays for.

    Of several securities that is the one with the most money, whatever their sequence on the wire. Returns none.
    """
    option = next(leg for leg in legs if _kind(leg) in ENDINGS)
    paid_for = max((leg for leg in legs if _is_security(leg)), key=_money)
    premium = _end(book, option)
    for leg in legs:
        if _kind(leg) is ActivityKind.OPTION_TRADE and not leg.record.quantity:
            premium += _pay(book, leg)  # cash that comes with the securities makes them cheaper
    for leg in legs:
        if _is_security(leg):
            _deliver(book, leg)
            if leg is paid_for:
                _carry(book, leg, premium)
    return []


def carried_premium(effect: Effect) -> Decimal | None:
    """What a row handed on or took over beside its own money; None where it was booked by itself."""
    units = [entry for entry in effect.entries if entry.instrument_id is not None]
    moved = [one for one in units if one.event == PREMIUM or one.event in {kind.value for kind in ENDINGS}]
    carried = sum((one.cost_basis - one.realized_pnl for one in moved), ZERO)
    return carried or None


def book_delivered_again(book: Book, leg: JournalRecord, activity: Activity, carried: Decimal) -> None:
    """The second half of a row's correction: the other rows stand, so it carries the premium that it carried before."""
    if activity.kind in ENDINGS and activity.instrument is not None:
        currency = activity.instrument.profit_currency
        book.move(leg, activity.quantity, carried, event=activity.kind.value, currency=currency)
        return
    _deliver(book, leg)
    _carry(book, leg, -carried)


def _end(book: Book, leg: JournalRecord) -> Decimal:
    """Close the option without profit. Returns the premium that its lots held: above zero where it was received."""
    lots, units = book.lots_for(leg), leg.record.quantity
    changes = [*lots.pooled(), *lots.close(lots.closable(units))]
    premium = sum((change.cost for change in changes), ZERO)
    if beyond := units - sum((change.quantity for change in changes), ZERO):  # more than the book holds
        changes.append(lots.open(book.lot_id(leg), book.acquired_on(leg), beyond, ZERO))
    book.units(leg, units, changes, ZERO, event=_kind(leg).value, currency=_currency(leg))
    return premium


def _money(leg: JournalRecord) -> Decimal:
    activity = leg.record
    return abs(activity.amount) if isinstance(activity, Activity) else ZERO


def _pay(book: Book, leg: JournalRecord) -> Decimal:
    """A row of money alone, which is no profit here. Returns the money."""
    activity = leg.record
    amount = activity.amount if isinstance(activity, Activity) else ZERO
    if amount:
        book.cash(leg, _currency(leg), amount, _kind(leg).value)
    return amount


def _deliver(book: Book, leg: JournalRecord) -> None:
    """Securities against the strike's money."""
    activity = leg.record
    if isinstance(activity, Activity):
        book.move(leg, activity.quantity, -activity.amount, event=activity.kind.value, currency=_currency(leg))
        _pay(book, leg)


def _carry(book: Book, leg: JournalRecord, premium: Decimal) -> None:
    """Put the premium into what the securities cost: into the lot they opened, and into profit as far as they closed.

    premium    received above zero, paid below
    """
    if not premium:
        return
    units = leg.record.quantity
    opened = next((one for one in reversed(book.changes) if one.seq == leg.seq and one.quantity * units > 0), None)
    part = _opened_share(book, leg, premium)
    changes = []
    if opened is not None and part:
        changes.append(book.lots_for(leg).add(opened.lot_id, opened.acquired_on, ZERO, -part))
    book.units(leg, ZERO, changes, premium - part, event=PREMIUM, currency=_currency(leg))


def _opened_share(book: Book, leg: JournalRecord, premium: Decimal) -> Decimal:
    """The part of the premium that belongs to units which opened a position, not to those that closed one."""
    units = leg.record.quantity
    mine = [one for one in book.changes if one.seq == leg.seq and one.instrument_id == named(leg)]
    held_after = book.lots_for(leg).quantity
    held_before = held_after - sum((one.quantity for one in mine), ZERO)
    closed = min(abs(units), abs(held_before)) if held_before * units < 0 else ZERO
    return premium - (share(premium, closed, abs(units)) if closed else ZERO)


def _is_one_event(legs: Sequence[JournalRecord]) -> bool:
    endings = [leg for leg in legs if _kind(leg) in ENDINGS]
    return len(endings) == 1 and any(map(_is_security, legs))


def _is_security(leg: JournalRecord) -> bool:
    return _kind(leg) is ActivityKind.OPTION_TRADE and bool(leg.record.quantity)


def _kind(leg: JournalRecord) -> ActivityKind:
    return leg.record.kind if isinstance(leg.record, Activity) else ActivityKind.OTHER


def _currency(leg: JournalRecord) -> str:
    instrument = leg.record.instrument
    if instrument is not None:
        return instrument.profit_currency
    return leg.record.currency if isinstance(leg.record, Activity) else ""
