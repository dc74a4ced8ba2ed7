"""Admission: what risk says of planned intents, in one batch against one reading of the account.

Everything a batch lets through counts as reserved for what comes after it in the same batch, so a list of signals
cannot pass one by one what it may not pass together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from tasks.clock import now
from tasks.orders.wire import not_sent
from tasks.stores import Stores
from tasks.trading.context import (
    EquityBefore,
    read_context,
    read_equity_before,
    with_equity_before,
    with_instruments,
    with_our_records,
)
from tasks.trading.usable import require_usable
from tasks.trading.venues import Venues
from tieout.errors import BrokerError, Unavailable
from tieout.ids import AccountId, IntentId, SignalId
from tieout.instruments import Instrument
from tieout.orders import Order
from tieout.placement import ApprovalNeeded, Approved, Denied, Observation, Placement
from tieout.risk.approval import approval_need, risk_numbers
from tieout.risk.assess import assess
from tieout.risk.reserve import with_reserved
from tieout.risk.types import RiskContext
from tieout.window_plan import WindowRun

RISK = "risk"
PATIENCE = timedelta(minutes=30)  # for an approval, and never longer than the window


@dataclass(frozen=True, slots=True)
class Word:
    """What risk says of one intent.

    need       why a person must agree; None where none must
    numbers    what the person is shown
    """

    row: Placement
    said: Observation
    need: str | None = None
    two_persons: bool = False
    numbers: Mapping[str, Decimal] = field(default_factory=dict)


class Admission:
    """Risk's word on planned intents of one run."""

    def __init__(self, stores: Stores, venues: Venues, work: WindowRun) -> None:
        self._stores = stores
        self._venues = venues
        self._work = work
        self._ready: dict[IntentId, Observation] = {}
        self._before: dict[AccountId, EquityBefore] = {}

    def __call__(self, row: Placement) -> Observation:
        """The word on one intent, from the last batch that it was in."""
        key = row.intent.intent_id
        if key not in self._ready:
            self.judge([row])
        return self._ready.pop(key)

    def judge(self, rows: Sequence[Placement], read: RiskContext | None = None) -> None:
        """Decide on each intent, the oldest first, and put the questions that people must answer.

        read    the run's own account as it was read just now, where it was
        """
        for word in self.words(rows, read):
            self._ready[word.row.intent.intent_id] = self._ask(word) if word.need else word.said

    def words(self, rows: Sequence[Placement], read: RiskContext | None = None) -> Iterator[Word]:
        """What risk says of each intent, with what is let through reserved for the next; nothing is written.

        Where the account cannot be read nothing is decided: it is tried again, and after that goes on elsewhere.
        """
        scores = self._scores(rows)
        for account_id in dict.fromkeys(row.intent.account_id for row in rows):
            mine = [row for row in rows if row.intent.account_id == account_id]
            try:
                context = self._context(account_id, mine, read if account_id == self._work.account_id else None)
            except Unavailable as error:
                yield from (Word(row, not_sent(error, now())) for row in mine)
                continue
            except BrokerError as error:
                yield from (Word(row, Denied(f"nothing is known of the account: {error}")) for row in mine)
                continue
            for row in mine:
                score = scores.get(row.intent.signal_id) if row.intent.signal_id is not None else None
                word = _judged(row, replace(context, convexity_score=score), self._patience())
                yield word
                if not isinstance(word.said, Denied):
                    context = with_reserved(row.intent.order, context)

    def _patience(self) -> datetime:
        return min(now() + PATIENCE, self._work.ends)

    def _context(self, account_id: AccountId, rows: Sequence[Placement], read: RiskContext | None) -> RiskContext:
        venue, account = self._venues(account_id), self._stores.settings.accounts[account_id]
        day = self._work.business_date
        if any(row.intent.routes for row in rows):
            require_usable(self._stores, account_id, now())
        context = read or read_context(venue.broker, account, day, venue.sessions, now())
        if account_id not in self._before:
            self._before[account_id] = read_equity_before(self._stores, account, day)
        context = with_equity_before(context, self._before[account_id])
        mine = {row.intent.order.client_order_id for row in rows}
        context = with_our_records(context, self._stores, day, but=mine)
        return with_instruments(context, venue.broker, _instruments(row.intent.order for row in rows))

    def _scores(self, rows: Sequence[Placement]) -> dict[SignalId, Decimal | None]:
        """The convexity scores that signals brought."""
        from sql.signals import read_wishes

        wanted = {row.intent.signal_id for row in rows} - {None}
        with self._stores.journal.read() as journal:
            wishes = read_wishes(journal, [one for one in wanted if one is not None])
        return {one.signal_id: one.convexity_score for one in wishes}

    def _ask(self, word: Word) -> Observation:
        """Put the question where people and the flow find it, with all that it rests on."""
        from sql.approvals import ask

        intent = word.row.intent
        evidence = {
            "why": word.need,
            "two_persons": word.two_persons,
            "proposer": intent.proposer,
            "signal": intent.signal_id,
            "order": told(intent.order),
            "numbers": {name: str(value) for name, value in word.numbers.items()},
        }
        until = word.said.until if isinstance(word.said, ApprovalNeeded) else self._patience()
        with self._stores.journal.write() as journal:
            ask(journal, intent.intent_id, evidence, until=until, now=now())
        return word.said


def _judged(row: Placement, context: RiskContext, until: datetime) -> Word:
    order = row.intent.order
    denials = assess(order, context)
    if denials:
        return Word(row, Denied("; ".join(f"{one.code}: {one.words}" for one in denials)))
    need = approval_need(order, context)
    if need is None or row.intent.parent_id is not None:  # a person has agreed to the whole of it already
        return Word(row, Approved(RISK))
    return Word(row, ApprovalNeeded(until), need.why, need.two_persons, risk_numbers(order, context))


def told(order: Order) -> str:
    """An order in one line, as people say it."""
    price = f" at {order.limit_price}" if order.limit_price is not None else ""
    stop = f" stop {order.stop_price}" if order.stop_price is not None else ""
    kind = order.order_type.value.replace("_", " ")
    return f"{order.side} {order.quantity} {order.instrument.symbol} {kind}{price}{stop}, {order.time_in_force}"


def _instruments(orders: Iterable[Order]) -> list[Instrument]:
    found = {}
    for order in orders:
        for one in (order.instrument, *(leg.instrument for leg in order.legs)):
            found[one.symbol] = one
    return list(found.values())
