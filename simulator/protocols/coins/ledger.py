"""What moved an account's wallets, entry by entry, as coin venues list it: trades, fees, funding, money in and out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from simulator.account import SimulatedAccount
from simulator.protocols.coins.state import is_maker, realised
from tieout.instruments import AssetClass
from tieout.money import ZERO
from tieout.records import Activity, ActivityKind, Execution

_FIRST = 900_001


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

    @property
    def net(self) -> Decimal:
        """What the wallet gained."""
        return self.change - self.fee

    @property
    def kind(self) -> ActivityKind | None:
        """What kind of event it is; None for a trade."""
        return None if self.activity is None else self.activity.kind


def entries(account: SimulatedAccount) -> list[Entry]:
    """Everything shown by now, oldest first. What was there before the story began has no entry."""
    shown = {one.execution_id for one in account.executions} | {one.activity_id for one in account.activities}
    every = sorted(_moved(account), key=lambda one: one.at)
    numbered = [replace(one, number=number) for number, one in enumerate(every, start=_FIRST)]
    return [one for one in _with_balances(account, numbered) if _id_of(one) in shown]


def external(account: SimulatedAccount) -> list[Activity]:
    """Deposits and withdrawals shown by now, oldest first."""
    return [one for one in account.activities if one.kind is ActivityKind.TRANSFER]


def dated(rows: Iterable[Activity], since: datetime | None, until: datetime | None) -> list[Activity]:
    """Those inside [since, until]; an end that is None is open."""
    return [
        one
        for one in rows
        if (since is None or one.occurred_at >= since) and (until is None or one.occurred_at <= until)
    ]


def _moved(account: SimulatedAccount) -> Iterator[Entry]:
    for trade in account.books.executions.all:
        yield from _of_trade(account, trade)
    for one in account.books.activities.all:
        yield Entry(0, one.occurred_at, one.currency, one.amount, activity=one)


def _of_trade(account: SimulatedAccount, trade: Execution) -> Iterator[Entry]:
    instrument, at, maker = trade.instrument, trade.executed_at, is_maker(account, trade)
    moved = {instrument.profit_currency: realised(account, trade)}
    if instrument.asset_class is AssetClass.CRYPTO:
        moved = {instrument.underlying or "": trade.signed_quantity, instrument.currency: trade.cash_change}
    moved.setdefault(trade.fee_currency, ZERO)
    for coin, change in moved.items():
        fee = trade.fee if coin == trade.fee_currency else ZERO
        if change or fee or instrument.is_margined:
            yield Entry(0, at, coin, change, fee, trade=trade, maker=maker)


def _with_balances(account: SimulatedAccount, every: list[Entry]) -> list[Entry]:
    """Counted back from what is there now."""
    left: dict[str, Decimal] = {}
    counted: list[Entry] = []
    for one in reversed(every):
        after = left.setdefault(one.coin, account.books.wallet(one.coin))
        left[one.coin] = after - one.net
        counted.append(replace(one, balance=after))
    return counted[::-1]


def _id_of(one: Entry) -> str:
    if one.trade is not None:
        return one.trade.execution_id
    return "" if one.activity is None else one.activity.activity_id
