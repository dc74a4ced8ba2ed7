"""A venue without a wire: one simulated account, asked and told in the same process, with everything that goes wrong.

`DirectAccount` is the venue's side and outlives our processes; `DirectBroker` is one process's connection to it, with
the verbs of every broker and the same errors. Simulations of thousands of days use it in virtual time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from simulator.account import SimulatedAccount
from simulator.clock import SimulatedClock
from simulator.faults import Faults, Traits, Trouble, Verb
from simulator.orders import WorkingOrder
from tieout.errors import Ambiguous, InvalidOrder, NotFound, RateLimited, Rejected, Unavailable
from tieout.ids import ClientOrderId
from tieout.money import ZERO
from tieout.orders import Order, OrderReport, OrderState
from tieout.records import Execution, Fetched, RecordStatus

T = TypeVar("T")

_BROKER = "simulator"
_AGAIN = "#"  # stands between a client order id and the number of its use, where a venue takes one twice
_SLOWEST_S = 4.0
_LONGEST_RETRY_AFTER_S = 6.0
_BEFORE = frozenset({Trouble.TIMED_OUT_BEFORE, Trouble.RESET_BEFORE, Trouble.ARRIVES_LATE})
_AFTER = frozenset({Trouble.TIMED_OUT_AFTER, Trouble.RESET_AFTER, Trouble.SERVER_ERROR})

Told = Callable[[], OrderReport]


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A request whose sender gave up, and when it arrives, UTC."""

    arrives_at: datetime
    told: Told


class DirectAccount:
    """The venue's side of one account.

    under_way   requests that have not arrived yet
    uses        how many orders were taken under each client order id
    noted       called after each order taken
    """

    def __init__(
        self, account: SimulatedAccount, clock: SimulatedClock, traits: Traits, noted: Callable[[], None] = lambda: None
    ) -> None:
        self.account = account
        self.traits = traits
        self.clock = clock
        self.under_way: list[UnderWay] = []
        self.uses: Counter[str] = Counter()
        self.emptied: set[Verb] = set()  # lists whose last page came empty for no reason
        self._noted = noted

    def arrive(self) -> None:
        """Let requests that were on their way until now arrive."""
        here = [one for one in self.under_way if one.arrives_at <= self.clock.now]
        self.under_way = [one for one in self.under_way if one.arrives_at > self.clock.now]
        for one in here:
            try:
                one.told()
            except Rejected:
                continue  # nobody is there any more to hear the no

    def submit(self, order: Order) -> OrderReport:
        """Take an order; under a client order id that was used before only where the venue does not care."""
        key = order.client_order_id
        if self.uses[key] and not self.traits.enforces_ids:
            order = replace(order, client_order_id=ClientOrderId(f"{key}{_AGAIN}{self.uses[key]}"))
        self.account.submit(order, late=self.traits.trades_late)
        self.uses[key] += 1
        self._noted()
        return self.shown(self.account.desk.orders[-1])

    def cancel(self, client_order_id: str) -> OrderReport:
        """End an order. NotFound where it is not shown yet, InvalidOrder where it is over."""
        found = self.orders(client_order_id)
        if not found:
            raise NotFound(_BROKER, f"there is no order {client_order_id}")
        for one in found:
            if one.state.is_live:
                self.account.cancel(one.order.client_order_id)
                return self.shown(one)
        raise InvalidOrder(_BROKER, f"order {client_order_id} is {found[0].state} already")

    def orders(self, client_order_id: str | None = None, at: datetime | None = None) -> list[WorkingOrder]:
        """Orders that look-ups show at a moment, now where none is given: all, or those under one id."""
        moment = at or self.clock.now
        every = (one for one in self.account.desk.orders if one.shown_from <= moment)
        return [one for one in every if client_order_id in (None, _ours(one.order.client_order_id))]

    def shown(self, working: WorkingOrder, at: datetime | None = None) -> OrderReport:
        """An order as the venue shows it at a moment: its own state, and no more filled than its trades are shown."""
        moment = at or self.clock.now
        report = working.report() if at is None else self._as_it_was(working, at)
        report = replace(report, client_order_id=_ours(report.client_order_id or ""))
        visible = (
            one.quantity
            for one in self.account.books.executions.visible(moment)
            if one.broker_order_id == working.broker_order_id and one.status is not RecordStatus.CANCELLED
        )
        filled = min(sum(visible, ZERO), report.filled_quantity)
        return report if filled == report.filled_quantity else _less_filled(report, filled)

    def _as_it_was(self, working: WorkingOrder, moment: datetime) -> OrderReport:
        updates = (one for one in self.account.desk.updates if one.working is working)
        earlier = [one.report for one in updates if one.at <= moment]
        return earlier[-1] if earlier else working.report()


class DirectBroker:
    """One process's connection to a direct account.

    faults     what goes wrong
    passing    lets time pass while a slow call is under way
    reached    told before and after each call; may not come back where the process dies there
    """

    def __init__(
        self,
        venue: DirectAccount,
        faults: Faults,
        passing: Callable[[timedelta], None],
        reached: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._venue = venue
        self._faults = faults
        self._passing = passing
        self._reached = reached
        self._told = len(venue.account.updates)
        self._held: list[OrderReport] = []

    def submit(self, order: Order) -> OrderReport:
        """Send the order once. Raises as every broker does."""
        return self._write(Verb.SUBMIT, lambda: self._venue.submit(order))

    def cancel(self, client_order_id: ClientOrderId) -> OrderReport:
        """End an order. Raises as every broker does."""
        return self._write(Verb.CANCEL, lambda: self._venue.cancel(client_order_id))

    def fetch_order(self, client_order_id: ClientOrderId) -> OrderReport | None:
        """None where the venue does not show it."""
        if not self._venue.traits.looks_up_by_id:
            raise Unavailable(_BROKER, "this venue knows no look-up by client order id")

        def asked(at: datetime | None) -> OrderReport | None:
            found = self._venue.orders(client_order_id, at)
            return self._venue.shown(found[0], at) if found else None

        return self._read(Verb.ORDER, asked, None)

    def fetch_orders(self, since: datetime, until: datetime) -> tuple[OrderReport, ...]:
        """Orders submitted in (since, until] that the venue shows."""

        def asked(at: datetime | None) -> tuple[OrderReport, ...]:
            orders = [one for one in self._venue.orders(at=at) if since < one.submitted_at <= until]
            return tuple(self._venue.shown(one, at) for one in orders)

        return self._read(Verb.ORDERS, asked, ())

    def fetch_executions(self, since: datetime, until: datetime) -> Fetched[Execution]:
        """Trades of (since, until] that the venue shows, each in its newest revision."""

        def asked(at: datetime | None) -> Fetched[Execution]:
            visible = self._venue.account.books.executions.visible(at or self._venue.clock.now)
            within = (one for one in visible if since < one.executed_at <= until)
            return Fetched(tuple(replace(one, client_order_id=_ours(one.client_order_id or "")) for one in within), 1)

        return self._read(Verb.EXECUTIONS, asked, Fetched((), 1))

    def order_updates(self, _wait_s: float = 0) -> Iterator[OrderReport]:
        """What the venue told since it was last asked: perhaps twice, late or in another sequence."""
        trouble = self._faults.strikes(Verb.UPDATES, self._venue.clock.now)
        if trouble in (Trouble.REFUSED, Trouble.OUTAGE):
            raise Unavailable(_BROKER, "the stream broke off")
        news = self._venue.account.updates[self._told :]
        self._told += len(news)
        told = [*self._held, *(replace(one, client_order_id=_ours(one.client_order_id or "")) for one in news)]
        self._held = []
        if trouble is Trouble.DUPLICATE:
            told = [*told, *told]
        elif trouble is Trouble.OUT_OF_ORDER:
            told.reverse()
        elif trouble is Trouble.LATE:
            told, self._held = [], told
        yield from told

    def _write(self, verb: Verb, told: Told) -> OrderReport:
        self._reached(f"before {verb}")
        trouble = self._faults.strikes(verb, self._venue.clock.now)
        self._refuse(verb, trouble)
        if trouble is Trouble.ARRIVES_LATE:
            late = self._faults.between(0.1, self._venue.traits.on_the_way.total_seconds())
            self._venue.under_way.append(UnderWay(self._venue.clock.now + late, told))
        if trouble in _BEFORE:
            raise Ambiguous(_BROKER, f"{verb}: {trouble}")
        self._dawdle(trouble)
        report = told()
        self._dawdle(trouble)
        self._reached(f"after {verb}")
        if trouble in _AFTER:
            raise Ambiguous(_BROKER, f"{verb}: {trouble}")
        return report

    def _read(self, verb: Verb, asked: Callable[[datetime | None], T], empty: T) -> T:
        self._reached(f"before {verb}")
        trouble = self._faults.strikes(verb, self._venue.clock.now)
        self._refuse(verb, trouble)
        if trouble in _BEFORE:
            raise Unavailable(_BROKER, f"{verb}: {trouble}")
        self._dawdle(trouble)
        at = None
        if trouble is Trouble.STALE:
            at = self._venue.clock.now - self._faults.between(0.05, self._venue.traits.stale.total_seconds())
        answer = empty if self._is_emptied(verb, trouble) else asked(at)
        self._dawdle(trouble)
        self._reached(f"after {verb}")
        return answer

    def _is_emptied(self, verb: Verb, trouble: Trouble | None) -> bool:
        """Never twice running: a venue that lies for ever cannot be told from one that has nothing."""
        if trouble is Trouble.EMPTY_PAGE and verb not in self._venue.emptied:
            self._venue.emptied.add(verb)
            return True
        self._venue.emptied.discard(verb)
        return False

    def _refuse(self, verb: Verb, trouble: Trouble | None) -> None:
        if trouble in (Trouble.REFUSED, Trouble.OUTAGE):
            raise Unavailable(_BROKER, f"{verb}: {trouble}")
        if trouble in (Trouble.RATE_LIMITED, Trouble.RATE_LIMITED_FOR):
            limited = RateLimited(_BROKER, f"{verb}: {trouble}")
            if trouble is Trouble.RATE_LIMITED_FOR:
                limited.retry_after_s = self._faults.between(0.5, _LONGEST_RETRY_AFTER_S).total_seconds()
            raise limited
        if trouble is Trouble.TURNED_DOWN:
            raise InvalidOrder(_BROKER, f"{verb}: {trouble}")

    def _dawdle(self, trouble: Trouble | None) -> None:
        if trouble is Trouble.SLOW:
            self._passing(self._faults.between(0.1, _SLOWEST_S))


def _ours(client_order_id: str) -> ClientOrderId:
    return ClientOrderId(client_order_id.partition(_AGAIN)[0])


def _less_filled(report: OrderReport, filled: Decimal) -> OrderReport:
    state = report.state
    if state in (OrderState.FILLED, OrderState.PARTIALLY_FILLED):
        state = OrderState.PARTIALLY_FILLED if filled else OrderState.WORKING
    return replace(report, state=state, filled_quantity=filled, average_fill_price=None)
