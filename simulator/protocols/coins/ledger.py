"""What moved an account's wallets, entry by entry, as coin venues list it: trades, fees, funding, money in and out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from simulator.account import SimulatedAccount
from simulator.orders import WorkingOrder
from simulator.protocols.coins.state import contracts, is_maker, realised
from tieout.instruments import AssetClass, Instrument
from tieout.money import ZERO
from tieout.records import Activity, ActivityKind, Execution

_FIRST = 900_001
_PARTS = 10  # of one event: a trade with a fee in a third coin moves three wallets
FORCED = frozenset({ActivityKind.LIQUIDATION, ActivityKind.DELEVERAGING})


@dataclass(frozen=True, slots=True)
class Event:
    """One trade or activity.

    number     grows with every event
    held       signed contracts just after it, of an event in a contract
    """

    number: int
    at: datetime
    record: Execution | Activity
    held: Decimal = ZERO

    @property
    def instrument(self) -> Instrument | None:
        return self.record.instrument

    @property
    def units(self) -> Decimal:
        """Signed units that it moved."""
        return self.record.signed_quantity if isinstance(self.record, Execution) else self.record.quantity

    @property
    def is_forced(self) -> bool:
        """Whether the venue closed a position by itself."""
        return isinstance(self.record, Activity) and self.record.kind in FORCED


@dataclass(frozen=True, slots=True)
class Entry:
    """One change of one wallet.

    number     grows with every entry
    change     signed, the fee left out
    fee        what was charged in this coin, counted positive
    balance    of the wallet just after it
    trade      what it belongs to; or
    activity   the event it is
    maker      whether the trade's order had been waiting
    held       signed contracts just after it, of a trade or an event in a contract
    """

    number: int
    at: datetime
    coin: str
    change: Decimal
    fee: Decimal = ZERO
    balance: Decimal = ZERO
    trade: Execution | None = None
    activity: Activity | None = None
    maker: bool = False
    held: Decimal = ZERO

    @property
    def event(self) -> int:
        """The number of the event that it belongs to."""
        return self.number // _PARTS

    @property
    def net(self) -> Decimal:
        """What the wallet gained."""
        return self.change - self.fee

    @property
    def kind(self) -> ActivityKind | None:
        """What kind of event it is; None for a trade."""
        return None if self.activity is None else self.activity.kind


def events(account: SimulatedAccount) -> list[Event]:
    """Every trade and activity shown by now, oldest first."""
    now = account.now
    shown: set[str] = {one.execution_id for one in account.books.executions.visible(now)}
    shown |= {one.activity_id for one in account.books.activities.visible(now)}
    return [one for one in _events(account) if _id_of(one.record) in shown]


def made(account: SimulatedAccount) -> list[tuple[int, Execution]]:
    """Every trade by number, those among them that lists do not show yet: an acknowledgement tells of them."""
    return [(one.number, one.record) for one in _events(account) if isinstance(one.record, Execution)]


def trades(account: SimulatedAccount) -> list[tuple[int, Execution]]:
    """Every trade shown by now, by number."""
    return [(one.number, one.record) for one in events(account) if isinstance(one.record, Execution)]


def entries(account: SimulatedAccount) -> list[Entry]:
    """Every change of a wallet shown by now, oldest first. What was there before the story began has no entry."""
    shown = {one.number for one in events(account)}
    every = _with_balances(account, [entry for one in _events(account) for entry in _entries(account, one)])
    return [one for one in every if one.event in shown]


def trades_of(account: SimulatedAccount, working: WorkingOrder) -> list[Execution]:
    """The trades of one order that are shown by now, oldest first."""
    return [one for one in account.executions if one.broker_order_id == working.broker_order_id]


def external(account: SimulatedAccount) -> list[Activity]:
    """Deposits and withdrawals shown by now, oldest first."""
    return [one for one in account.activities if one.kind is ActivityKind.TRANSFER]


def dated(rows: Iterable[Activity], since: datetime | None, until: datetime | None) -> list[Activity]:
    """Those inside [since, until]; an end that is None is open."""
    return [one for one in rows if is_within(one.occurred_at, since, until)]


def is_within(moment: datetime, since: datetime | None, until: datetime | None) -> bool:
    """Whether a moment is inside [since, until]; an end that is None is open."""
    return (since is None or moment >= since) and (until is None or moment <= until)


def _events(account: SimulatedAccount) -> list[Event]:
    """Shown or not, contracts counted back from what is held now."""
    books = account.books
    dated_ones = [(one.executed_at, one) for one in books.executions.all]
    every: list[tuple[datetime, Execution | Activity]] = [*dated_ones]
    every += [(one.occurred_at, one) for one in books.activities.all]
    ordered = sorted(every, key=lambda one: one[0])
    left = {one.instrument.symbol: one.quantity for one in contracts(account)}
    counted: list[Event] = []
    for number, (at, record) in reversed(list(enumerate(ordered, start=_FIRST))):
        event = Event(number, at, record)
        if record.instrument is not None and record.instrument.is_margined:
            symbol = record.instrument.symbol
            event = replace(event, held=left.get(symbol, ZERO))
            left[symbol] = event.held - event.units
        counted.append(event)
    return counted[::-1]


def _entries(account: SimulatedAccount, event: Event) -> Iterator[Entry]:
    record, first = event.record, event.number * _PARTS
    if isinstance(record, Activity):
        yield Entry(first, event.at, record.currency, record.amount, activity=record, held=event.held)
        return
    for part, (coin, change, fee) in enumerate(_moved(account, record)):
        maker = is_maker(account, record)
        yield Entry(first + part, event.at, coin, change, fee, trade=record, maker=maker, held=event.held)


def _moved(account: SimulatedAccount, trade: Execution) -> Iterator[tuple[str, Decimal, Decimal]]:
    """Each coin that a trade moved, by how much, and what of its fee was charged in it."""
    instrument = trade.instrument
    moved = {instrument.profit_currency: realised(account, trade)}
    if instrument.asset_class is AssetClass.CRYPTO:
        moved = {instrument.underlying or "": trade.signed_quantity, instrument.currency: trade.cash_change}
    moved.setdefault(trade.fee_currency, ZERO)
    for coin, change in moved.items():
        fee = trade.fee if coin == trade.fee_currency else ZERO
        if change or fee or instrument.is_margined:
            yield coin, change, fee


def _with_balances(account: SimulatedAccount, every: list[Entry]) -> list[Entry]:
    """Counted back from what is there now."""
    left: dict[str, Decimal] = {}
    counted: list[Entry] = []
    for one in reversed(every):
        after = left.setdefault(one.coin, account.books.wallet(one.coin))
        left[one.coin] = after - one.net
        counted.append(replace(one, balance=after))
    return counted[::-1]


def _id_of(record: Execution | Activity) -> str:
    return record.execution_id if isinstance(record, Execution) else record.activity_id
