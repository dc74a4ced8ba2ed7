"""Admission: what risk says of planned intents, in one batch against one reading of the account.

Everything a batch lets through counts as reserved for what comes after it in the same batch, so a list of signals
cannot pass one by one what it may not pass together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from tasks.clock import now
from tasks.stores import Stores
from tasks.trading.context import read_context, with_equity_before, with_instruments, with_our_records
from tasks.trading.venues import Venues
from tieout.errors import BrokerError
from tieout.ids import AccountId, IntentId
from tieout.instruments import Instrument
from tieout.orders import Order
from tieout.placement import ApprovalNeeded, Approved, Denied, Observation, Placement
from tieout.risk.approval import ApprovalNeed, approval_need, risk_numbers
from tieout.risk.assess import assess
from tieout.risk.reserve import with_reserved
from tieout.risk.types import RiskContext
from tieout.window_plan import WindowRun

RISK = "risk"
PATIENCE = timedelta(minutes=30)  # for an approval, and never longer than the window


class Admission:
    """Risk's word on planned intents of one run."""

    def __init__(self, stores: Stores, venues: Venues, work: WindowRun) -> None:
        self._stores = stores
        self._venues = venues
        self._work = work
        self._ready: dict[IntentId, Observation] = {}

    def __call__(self, row: Placement) -> Observation:
        """The word on one intent, from the last batch that it was in."""
        key = row.intent.intent_id
        if key not in self._ready:
            self.judge([row])
        return self._ready.pop(key)

    def judge(self, rows: Sequence[Placement]) -> None:
        """Read the account, and decide on each intent, the oldest first."""
        for account_id in dict.fromkeys(row.intent.account_id for row in rows):
            mine = [row for row in rows if row.intent.account_id == account_id]
            try:
                context = self._context(account_id, mine)
            except BrokerError as error:
                unknown = Denied(f"nothing is known of the account: {error}")
                self._ready |= {row.intent.intent_id: unknown for row in mine}
                continue
            for row in mine:
                self._ready[row.intent.intent_id] = self._decide(row, context)
                if not isinstance(self._ready[row.intent.intent_id], Denied):
                    context = with_reserved(row.intent.order, context)

    def _context(self, account_id: AccountId, rows: Sequence[Placement]) -> RiskContext:
        venue, account = self._venues(account_id), self._stores.settings.accounts[account_id]
        day = self._work.business_date
        context = read_context(venue.broker, account, day, venue.sessions, now())
        context = with_equity_before(context, self._stores, day)
        mine = {row.intent.order.client_order_id for row in rows}
        context = with_our_records(context, self._stores, day, but=mine)
        return with_instruments(context, venue.broker, _instruments(row.intent.order for row in rows))

    def _decide(self, row: Placement, context: RiskContext) -> Observation:
        order = row.intent.order
        context = replace(context, convexity_score=self._score(row))
        denials = assess(order, context)
        if denials:
            return Denied("; ".join(f"{one.code}: {one.words}" for one in denials))
        need = approval_need(order, context)
        if need is None or row.intent.parent_id is not None:  # a person has agreed to the whole of it already
            return Approved(RISK)
        until = min(now() + PATIENCE, self._work.ends)
        self._ask(row, context, need, until)
        return ApprovalNeeded(until)

    def _score(self, row: Placement) -> Decimal | None:
        """The convexity score that the signal brought; None where it brought none, or there was no signal."""
        from sql.signals import read_wish

        if row.intent.signal_id is None:
            return None
        with self._stores.journal.read() as journal:
            wish = read_wish(journal, row.intent.signal_id)
        return None if wish is None else wish.convexity_score

    def _ask(self, row: Placement, context: RiskContext, need: ApprovalNeed, until: datetime) -> None:
        """Put the question where people and the flow find it, with all that it rests on."""
        from sql.approvals import ask

        intent, numbers = row.intent, risk_numbers(row.intent.order, context)
        evidence = {
            "why": need.why,
            "two_persons": need.two_persons,
            "proposer": intent.proposer,
            "signal": intent.signal_id,
            "order": told(intent.order),
            "numbers": {name: str(value) for name, value in numbers.items()},
        }
        with self._stores.journal.write() as journal:
            ask(journal, intent.intent_id, evidence, until=until, now=now())


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
