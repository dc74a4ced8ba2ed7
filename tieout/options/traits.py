"""What else is true of an option event: early, partial, shares called away, stock that is now short, and so on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from tieout.errors import DataError
from tieout.instruments import AssetClass, Instrument
from tieout.money import ZERO, plain
from tieout.options.deliverable import deliverable_of, standard
from tieout.options.evidence import Basis, Event, Trait
from tieout.options.legs import Outcome
from tieout.options.likelihood import COUNTS, Likelihood
from tieout.options.products import Fixing, expiration_session, product_of
from tieout.records import Execution
from tieout.sessions import Sessions

Book = Mapping[str, tuple[Instrument, Decimal]]


def traits_of(
    event: Event,
    book: Book,
    expected: Mapping[str, Likelihood],
    executions: Sequence[Execution],
    sessions: Sessions,
    day: date,
    stated: Mapping[str, Sequence[str]],
) -> Event:
    """The event with its traits and its sentence.

    day    the session of the check
    """
    found = frozenset(
        (
            *_of_contract(event, book, expected, sessions, day, stated),
            *_of_shares(event, book, executions),
        )
    )
    return replace(event, traits=found, words=_words(event, found))


def _of_contract(
    event: Event,
    book: Book,
    expected: Mapping[str, Likelihood],
    sessions: Sessions,
    day: date,
    stated: Mapping[str, Sequence[str]],
) -> Iterator[Trait]:
    contract, expires = event.contract, expiration_session(event.contract, sessions)
    _, held = book.get(contract.symbol, (contract, event.contracts))
    moved = event.outcome is not Outcome.EXPIRED
    if event.business_date < expires and moved:
        yield Trait.EARLY
    elif event.outcome is Outcome.EXERCISED:
        yield Trait.AUTOMATIC
    if abs(event.contracts) < abs(held):
        yield Trait.PARTIAL
    if product_of(contract).fixing is Fixing.AM:
        yield Trait.AM_SETTLED
    if _is_adjusted(contract, stated.get(contract.symbol, ())):
        yield Trait.ADJUSTED
    if _has_siblings(contract, book):
        yield Trait.SPREAD_LEG
    if sessions.sessions_between(event.business_date, day) > 1:
        yield Trait.LATE
    if not moved and expected.get(contract.symbol) in COUNTS:
        yield Trait.NOT_EXERCISED


def _of_shares(event: Event, book: Book, executions: Sequence[Execution]) -> Iterator[Trait]:
    for leg in event.books:
        if leg.instrument is None or leg.instrument == event.contract or not leg.quantity:
            continue
        symbol = leg.instrument.symbol
        _, held = book.get(symbol, (leg.instrument, ZERO))
        traded = sum((one.signed_quantity for one in executions if one.instrument.symbol == symbol), ZERO)
        if held > 0 and leg.quantity > 0:
            yield Trait.HELD_SHARES
        if held > 0 > leg.quantity:
            yield Trait.CALLED_AWAY
        if held + leg.quantity + traded < 0:
            yield Trait.SHORT_STOCK
        if traded and traded + leg.quantity == 0:
            yield Trait.NET_ZERO


def _has_siblings(contract: Instrument, book: Book) -> bool:
    return any(
        other.asset_class is AssetClass.OPTION
        and other.symbol != contract.symbol
        and other.expiration == contract.expiration
        and product_of(other).underlying == product_of(contract).underlying
        for other, units in book.values()
        if units
    )


def _is_adjusted(contract: Instrument, stated: Sequence[str]) -> bool:
    try:
        return deliverable_of(contract, stated) != standard(contract)
    except DataError:
        return True


_SAYS = {
    Basis.RECORD: "the broker's rows say so, and its lists show it",
    Basis.RECORD_ALONE: "the broker's rows say so; its lists do not show it yet, or show more",
    Basis.ALGEBRA: "no row says so; option, securities and cash allow no other explanation",
    Basis.PARTIAL_ALGEBRA: "no row says so; the figures point there, and do not prove it",
    Basis.RECORD_INCOMPLETE: "the broker's row for the option is there, the other half is not",
    Basis.GONE: "the option is gone from the broker's list, and nothing says why",
    Basis.NOTHING: "nothing has changed",
}


def _words(event: Event, traits: frozenset[Trait]) -> str:
    """One sentence for a person."""
    moved = [
        f"{plain(one.quantity)} {one.instrument.symbol}"
        for one in event.books
        if one.instrument is not None and one.instrument != event.contract and one.quantity
    ]
    money = f"{plain(event.cash)} {event.contract.currency}" if event.cash else ""
    moves = " and ".join(part for part in (*moved, money) if part)
    tags = f" ({', '.join(sorted(one.value.replace('_', ' ') for one in traits))})" if traits else ""
    what = f"{plain(event.contracts)} {event.contract.symbol} {event.outcome.value.replace('_', ' ')}"
    return f"{what}{': ' + moves if moves else ''}; {_SAYS[event.basis]}{tags}"
