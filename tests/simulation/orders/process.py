"""One of our processes, which may die or fall asleep at every write and every call, and what it does until then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from simulator.direct import DirectBroker
from sql.journal import Journal
from sql.leases import Lease, acquire, renew
from sql.placements import append_intent, read_placements
from tasks.orders.desk import OrderDesk, Venue
from tasks.orders.watch import Watch
from tests.simulation.orders.story import ACCOUNTS, DAY
from tieout.errors import Unavailable
from tieout.ids import AccountId, IntentId
from tieout.placement import (
    ApprovalNeeded,
    Approved,
    CancelFor,
    Declined,
    Denied,
    Event,
    NotSent,
    Observation,
    Placement,
)
from tieout.sessions import Sessions

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tests.simulation.orders.world import World

LEASE_KEY = "simulation:execution-window:2026-01-14"
TTL = timedelta(seconds=20)
NYSE = Sessions("XNYS")


class ProcessDied(BaseException):
    """SIGKILL: no clause of ours sees it."""


@dataclass(frozen=True)
class PointedJournal:
    """The journal, with a point before each transaction, before each commit and after it."""

    journal: Journal
    reached: Callable[[str], None]

    @contextmanager
    def write(self) -> Iterator[Connection]:
        self.reached("before write")
        with self.journal.write() as connection:
            yield connection
            self.reached("before commit")
        self.reached("after commit")

    @contextmanager
    def read(self) -> Iterator[Connection]:
        self.reached("before read")
        with self.journal.read() as connection:
            yield connection


class Process:
    """A run of the window: takes the lease, takes over what is there, and watches until all has ended."""

    def __init__(self, world: World, number: int) -> None:
        self.world = world
        self.name = f"process {number}"
        skews = world.story.skews
        self._skew = skews[number % len(skews)]
        self._journal = cast(Journal, PointedJournal(world.journal, self.reached))
        self._lease = self._acquire()
        self.token = self._lease.token
        self._renew_at = self.clock() + TTL / 2
        self._brokers = {account: self._connect(account) for account in ACCOUNTS}
        self.desk = world.kinds.desk(
            journal=self._journal,
            venue_of=self._venue_of,
            admit=self._admit,
            tell=self._tell,
            clock=self.clock,
            lease=self._lease,
        )
        self._watch: Watch | None = None

    def clock(self) -> datetime:
        """This machine's own idea of the time."""
        return self.world.clock.now + self._skew

    def reached(self, point: str) -> None:
        self.world.reached(self, point)

    def turn(self) -> datetime | None:
        """Look after everything once. The next moment at which to come back, by the true clock; None when all ended."""
        watch = self._watch or self._begin()
        self._renew()
        self._hear(watch)
        for number, intent_id, said in self.world.answers_due():
            self.desk.see(intent_id, said)
            self.world.answered.add(number)
        for why in self.world.cancels_due():
            watch.cancel(why, "the window is over")
            self.world.cancels_done.add(why)
        due = watch.turn()
        return None if due is None else due - self._skew

    def _begin(self) -> Watch:
        """Write the decisions down, where that was not done; then go on where another stopped."""
        with self._journal.write() as journal:
            for placement in self.world.story.intents:
                append_intent(journal, placement, (), now=self.clock())
            rows = [row for account in ACCOUNTS for row in read_placements(journal, account, business_date=DAY)]
        self.world.cancels_done.clear()
        self._watch = Watch(self.desk, (row.intent.intent_id for row in rows))
        self._watch.begin()
        return self._watch

    def _hear(self, watch: Watch) -> None:
        for account, broker in self._brokers.items():
            if not self.world.story.traits[account].streams:
                continue
            try:
                for report in broker.order_updates():
                    watch.report(report)
            except Unavailable:
                continue

    def _acquire(self) -> Lease:
        with self._journal.write() as journal:
            return acquire(journal, LEASE_KEY, self.name, self.clock(), TTL, is_dead=self.world.is_thought_dead)

    def _renew(self) -> None:
        if self.clock() < self._renew_at:
            return
        self._renew_at = self.clock() + TTL / 2
        with self._journal.write() as journal:
            renew(journal, self._lease, self.clock(), TTL)

    def _connect(self, account: AccountId) -> DirectBroker:
        world = self.world
        broker = world.kinds.broker
        return broker(world.venues[account], world.faults[account], world.pass_time, self.reached)

    def _venue_of(self, account: AccountId) -> Venue:
        return Venue(cast(Any, self._brokers[account]), NYSE, self.world.story.policies[account])

    def _admit(self, row: Placement) -> Observation:
        if self.world.is_away(row.intent.account_id):
            return NotSent("the account cannot be read")
        number = self.world.number_of(row.intent.intent_id)
        if number is None:  # who goes on was agreed to with its parent
            return Approved("risk")
        if number in self.world.story.denied:
            return Denied("position_size: 120 of 100")
        ask = self.world.story.asks.get(number)
        return Approved("risk") if ask is None else ApprovalNeeded(ask.until)

    def _tell(self, row: Placement, event: Event) -> None:
        self.world.noted(self, f"CALL {event.kind}: {event.words} ({row.intent.order.client_order_id[:6]})")


def answer(says_yes: bool) -> Observation:
    """What a person says."""
    return Approved("approver") if says_yes else Declined("approver", "not today")


@dataclass(frozen=True)
class Kinds:
    """What a simulation is made of; tests of the test put something broken in its place."""

    desk: type[OrderDesk] = OrderDesk
    broker: type[DirectBroker] = DirectBroker


__all__ = ["CancelFor", "IntentId", "Kinds", "Process", "ProcessDied", "answer"]
