"""The evidence matcher: from what the broker says this morning to how each option position ended.

First its own rows. What they leave unexplained is asked of the figures (`algebra.py`). Our forecast proves nothing;
its price has one power only: an option that seems to have run out although it was in the money is not confirmed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from tieout.errors import DataError
from tieout.instruments import AssetClass, Instrument
from tieout.money import ZERO
from tieout.options.algebra import Explained, Gone, explain
from tieout.options.booked import records_of
from tieout.options.deliverable import Deliverable, deliverable_of
from tieout.options.evidence import Basis, Event
from tieout.options.legs import Outcome, outcome_of
from tieout.options.likelihood import COUNTS, Likelihood
from tieout.options.products import expiration_session, product_of
from tieout.options.rows import Joined, Sorted, is_option, sort_rows
from tieout.options.traits import traits_of
from tieout.records import Activity, ActivityKind, Execution
from tieout.sessions import Sessions


@dataclass(frozen=True, slots=True)
class Morning:
    """Everything that is known of one account before the open.

    day          the session that is about to open, or is open
    book         what our ledger holds: instrument and signed units by symbol
    listed       what the broker's complete list holds, signed units by symbol
    book_cash    of the base currency by our ledger; broker_cash by the broker, None where it does not say
    executions   trades of the broker's statement that are not in the book
    activities   rows of the broker's statement that are not in the book, of every kind
    expected     what was forecast last, by symbol of contract
    stated       deliverables by symbol of contract, as the venue lists them
    patience     sessions after expiration that the venue's rows may take: figures book nothing before
    """

    day: date
    sessions: Sessions
    currency: str
    book: Mapping[str, tuple[Instrument, Decimal]]
    listed: Mapping[str, Decimal]
    book_cash: Decimal
    broker_cash: Decimal | None
    executions: Sequence[Execution] = ()
    activities: Sequence[Activity] = ()
    expected: Mapping[str, Likelihood] = field(default_factory=dict)
    stated: Mapping[str, Sequence[str]] = field(default_factory=dict)
    patience: int = 0


@dataclass(frozen=True, slots=True)
class Night:
    """What became of the options.

    orphans     security or cash rows of an option event without the option's row
    unknown     contracts that left and whose deliverable nobody states
    """

    events: tuple[Event, ...]
    orphans: tuple[Activity, ...] = ()
    unknown: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()


def match(morning: Morning) -> Night:
    """How each option position ended, as far as the broker's evidence goes. What is still there is left out."""
    rows = sort_rows(morning.activities, morning.stated)
    implied = _implied(morning)
    by_rows = [_by_rows(one, morning, implied) for one in rows.joined]
    by_figures, unknown = _by_figures(morning, implied)
    return Night((*by_rows, *by_figures), rows.orphans, unknown, rows.repeated)


def _implied(morning: Morning) -> dict[str, Decimal]:
    """Units that the book holds once everything the broker states is in it; what was netted away counts as zero."""
    found = {symbol: units for symbol, (_, units) in morning.book.items()}
    moves = [(one.instrument.symbol, one.signed_quantity) for one in morning.executions]
    moves += [(one.instrument.symbol, one.quantity) for one in _standing(morning) if one.instrument and one.quantity]
    for symbol, units in moves:
        found[symbol] = found.get(symbol, ZERO) + units
    return found


def _standing(morning: Morning) -> Iterator[Activity]:
    """Rows that stand, each once, whatever they are about."""
    sorted_rows: Sorted = sort_rows(morning.activities, morning.stated)
    for joined in sorted_rows.joined:
        yield from (joined.row, *joined.legs)
    yield from sorted_rows.orphans
    seen: set[str] = set()
    for one in morning.activities:
        if one.kind not in _OPTION_KINDS and one.activity_id not in seen:
            seen.add(one.activity_id)
            yield one


_OPTION_KINDS = frozenset(
    {ActivityKind.ASSIGNMENT, ActivityKind.EXERCISE, ActivityKind.EXPIRATION, ActivityKind.OPTION_TRADE}
)
_OUTCOMES = {
    ActivityKind.ASSIGNMENT: Outcome.ASSIGNED,
    ActivityKind.EXERCISE: Outcome.EXERCISED,
    ActivityKind.EXPIRATION: Outcome.EXPIRED,
}


def _by_rows(joined: Joined, morning: Morning, implied: Mapping[str, Decimal]) -> Event:
    contract, contracts = joined.contract, -joined.row.quantity
    outcome = _OUTCOMES[joined.row.kind]
    if not product_of(contract).is_physical and joined.legs:
        outcome = Outcome.CASH_SETTLED
    day = morning.sessions.business_date(joined.row.occurred_at)
    event = Event(contract, outcome, contracts, _basis(joined, morning, implied), day, joined.books)
    return traits_of(
        event, morning.book, morning.expected, morning.executions, morning.sessions, morning.day, morning.stated
    )


def _basis(joined: Joined, morning: Morning, implied: Mapping[str, Decimal]) -> Basis:
    if not joined.whole:
        return Basis.RECORD_INCOMPLETE
    symbols = {one.instrument.symbol for one in joined.books if one.instrument is not None and one.quantity}
    agrees = all(implied.get(symbol, ZERO) == morning.listed.get(symbol, ZERO) for symbol in symbols)
    return Basis.RECORD if agrees else Basis.RECORD_ALONE


def _by_figures(morning: Morning, implied: Mapping[str, Decimal]) -> tuple[list[Event], tuple[str, ...]]:
    """Events of options that left the list without a row."""
    gone, settled, unknown = _gone(morning, implied)
    units = {symbol: _left(morning, implied, symbol) for symbol in (*morning.listed, *implied)}
    moved = {symbol: change for symbol, change in units.items() if change and symbol not in unknown}
    cash = _unexplained_cash(morning)
    known = cash if not settled else None  # what a settlement in cash paid is not known beforehand
    events = [event for one in explain(gone, moved, known) for event in _events(one, morning)]
    return [*events, *_settled(settled, gone, cash, morning)], unknown


def _gone(
    morning: Morning, implied: Mapping[str, Decimal]
) -> tuple[dict[str, list[Gone]], list[Gone], tuple[str, ...]]:
    """Options that left, by underlying; those settled in cash; and those that nobody can explain."""
    physical: dict[str, list[Gone]] = {}
    settled: list[Gone] = []
    unknown: list[str] = []
    for symbol, (contract, _) in sorted(morning.book.items()):
        held, left = implied.get(symbol, ZERO), _left(morning, implied, symbol)
        if contract.asset_class is not AssetClass.OPTION or not left or left * held >= 0:
            continue
        delivers = _delivers(contract, morning)
        if delivers is None:
            unknown.append(symbol)
            continue
        expired = expiration_session(contract, morning.sessions) < morning.day
        one = Gone(contract, -left, delivers, expired)
        if product_of(contract).is_physical:
            physical.setdefault(product_of(contract).underlying, []).append(one)
        else:
            settled.append(one)
    return physical, settled, tuple(unknown)


def _left(morning: Morning, implied: Mapping[str, Decimal], symbol: str) -> Decimal:
    return morning.listed.get(symbol, ZERO) - implied.get(symbol, ZERO)


def _unexplained_cash(morning: Morning) -> Decimal | None:
    if morning.broker_cash is None:
        return None
    known = morning.book_cash
    for trade in morning.executions:
        fee = trade.fee if trade.fee_currency == morning.currency else ZERO
        known += (trade.cash_change if trade.instrument.currency == morning.currency else ZERO) - fee
    known += sum((one.amount for one in _standing(morning) if one.currency == morning.currency), ZERO)
    return morning.broker_cash - known


def _events(explained: Explained, morning: Morning) -> Iterator[Event]:
    if explained.told is None:
        for one in explained.gone:
            yield _event(one, outcome_of(one.contract, one.contracts), one.contracts, Basis.GONE, morning)
        return
    for one, count in explained.told.counts:
        sign = 1 if one.contracts > 0 else -1
        if count:
            basis = Basis.ALGEBRA if explained.exact else Basis.PARTIAL_ALGEBRA
            yield _event(one, outcome_of(one.contract, one.contracts), sign * count, basis, morning)
        if rest := abs(one.contracts) - count:
            yield _event(one, Outcome.EXPIRED, sign * rest, _ran_out(one, explained, morning), morning)


def _ran_out(one: Gone, explained: Explained, morning: Morning) -> Basis:
    """Nothing moved, and its day has passed. One that was in the money did not simply run out."""
    expected = morning.expected.get(one.contract.symbol)
    if expected is None or expected in COUNTS or expected is Likelihood.UNKNOWN or not explained.exact:
        return Basis.GONE
    return Basis.ALGEBRA


def _settled(
    settled: Sequence[Gone], gone: Mapping[str, Sequence[Gone]], cash: Decimal | None, morning: Morning
) -> Iterator[Event]:
    """One settlement in cash alone can be told from the money that is left over; of several nobody can say which."""
    for one in settled:
        alone = len(settled) == 1 and not gone and cash is not None
        if alone and cash:
            event = _event(one, Outcome.CASH_SETTLED, one.contracts, Basis.PARTIAL_ALGEBRA, morning, cash)
        elif alone and morning.expected.get(one.contract.symbol) is Likelihood.UNLIKELY:
            event = _event(one, Outcome.EXPIRED, one.contracts, Basis.ALGEBRA, morning)
        else:
            event = _event(one, Outcome.CASH_SETTLED, one.contracts, Basis.GONE, morning)
        yield event


def _event(
    one: Gone, outcome: Outcome, contracts: Decimal, basis: Basis, morning: Morning, cash: Decimal = ZERO
) -> Event:
    """An event that figures tell, with the records that would book it."""
    ended = (
        expiration_session(one.contract, morning.sessions) if one.expired else morning.sessions.previous(morning.day)
    )
    books = records_of(one.contract, contracts, outcome, one.delivers, ended, morning.sessions, cash)
    late = morning.sessions.sessions_between(ended, morning.day)
    event = Event(one.contract, outcome, contracts, basis, ended, books, waits=late <= morning.patience)
    return traits_of(
        event, morning.book, morning.expected, morning.executions, morning.sessions, morning.day, morning.stated
    )


def _delivers(contract: Instrument, morning: Morning) -> Deliverable | None:
    try:
        return deliverable_of(contract, morning.stated.get(contract.symbol, ()))
    except DataError:
        return None


def still_listed(morning: Morning) -> Iterable[str]:
    """Contracts whose expiration has passed and that the broker still lists: no evidence either way."""
    for symbol, (contract, _) in sorted(morning.book.items()):
        is_over = contract.asset_class is AssetClass.OPTION and contract.expiration is not None
        if is_over and expiration_session(contract, morning.sessions) < morning.day and morning.listed.get(symbol):
            yield symbol


def option_rows(activities: Iterable[Activity]) -> list[Activity]:
    """The rows that end options."""
    return [one for one in activities if is_option(one)]
