"""The desk: carries out what the order machine decides, one committed step after the other.

No clock, no thread and no Prefect of its own, so that the same code runs in a flow, after a crash, and under thousands
of simulated seeds. What is written is written before what is done; nobody else may act on these intents meanwhile,
which the lease's fencing token enforces in each transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from tasks.orders.inquiry import look_up, trades
from tasks.orders.stops import stopped
from tasks.orders.wire import on_the_wire
from tieout.errors import Unavailable
from tieout.execution import step
from tieout.exits import exits_of, without_exits
from tieout.fills import busted_units_of, units_of
from tieout.heirs import heir_of
from tieout.ids import AccountId, IntentId
from tieout.kept_exits import kept_until, why_kept
from tieout.orders import OrderState
from tieout.placement import (
    Booked,
    BookFills,
    CancelFor,
    CancelWanted,
    Continue,
    Denied,
    Done,
    Event,
    LookUp,
    NotSent,
    Observation,
    Placement,
    Policy,
    Restarted,
    Seen,
    Step,
    Submit,
    Tick,
    Wait,
)
from tieout.records import Execution
from tieout.sessions import Sessions

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from brokers.base import Broker
    from sql.journal import Journal
    from sql.leases import Lease

AT_ONCE = 100  # orders whose executions are booked in one transaction: others write in between
Tell = Callable[[Placement, Event], None]


@dataclass(frozen=True, slots=True)
class Venue:
    """What the desk needs of one account: its broker, its calendar, and how patient to be with it."""

    broker: Broker
    sessions: Sessions
    policy: Policy


@dataclass(frozen=True, slots=True)
class OrderDesk:
    """Works on intents of any number of accounts.

    venue_of   account -> its venue; raises ConfigError for an account nobody opened
    admit      risk's word on an intent that is planned: Approved, Denied or ApprovalNeeded
    tell       called for events that a person must know, after they were committed
    clock      aware UTC
    lease      the run's; None only where nobody else can be there
    versions   of each intent's row, as this desk wrote or found it last
    """

    journal: Journal
    venue_of: Callable[[AccountId], Venue]
    admit: Callable[[Placement], Observation]
    tell: Tell
    clock: Callable[[], datetime]
    lease: Lease | None = None
    versions: dict[IntentId, int] = field(default_factory=dict)

    def see(self, intent_id: IntentId, seen: Observation, later: list[Step] | None = None) -> Wait | Done:
        """Take an observation in, and act until there is nothing to do but wait.

        later     takes questions to the venue that may wait, for `answer`; None puts them at once
        raises    StoreError where another run has taken over: then nothing more may be done here
        """
        while True:
            taken = self._commit(intent_id, seen)
            action = taken.action
            if isinstance(action, Continue):
                return self.begin(self._read(heir_of(taken.placement, action, self.clock()).intent.intent_id), later)
            if isinstance(action, Wait | Done):
                return action
            if later is not None and isinstance(action, BookFills | LookUp):
                later.append(taken)
                return Wait(self.clock())
            seen = self._carry_out(taken)

    def begin(self, row: Placement, later: list[Step] | None = None) -> Wait | Done:
        """Ask risk about a planned intent, and send it where risk agrees."""
        return self.see(row.intent.intent_id, self.admit(row), later)

    def answer(self, asked: Iterable[Step], later: list[Step]) -> Iterator[tuple[IntentId, Wait | Done]]:
        """Put questions that were put off, for all orders of a venue together, and take each answer in.

        What was put off and never asked, because the process died, is in the journal: it is due again after a while.
        """
        by_account: dict[AccountId, list[Step]] = {}
        for one in asked:
            by_account.setdefault(one.placement.intent.account_id, []).append(one)
        for account_id, steps in by_account.items():
            venue = self.venue_of(account_id)
            for row, seen in self._book([one.placement for one in steps if isinstance(one.action, BookFills)], venue):
                yield row.intent.intent_id, self.see(row.intent.intent_id, seen, later)
            for row, found in look_up(venue.broker, steps, self.clock()):
                yield row.intent.intent_id, self.see(row.intent.intent_id, self._seen(row, venue, found), later)

    def recover(self, rows: Iterable[Placement]) -> None:
        """Take over what another process left: first of all, what became of calls that were under way."""
        for row in rows:
            if row.state is OrderState.PLANNED:
                self.begin(row)
            else:
                self.see(row.intent.intent_id, Restarted())

    def tick(self, row: Placement, later: list[Step] | None = None) -> Wait | Done:
        """Time has passed for an intent."""
        return self.see(row.intent.intent_id, Tick(), later)

    def _commit(self, intent_id: IntentId, seen: Observation) -> Step:
        from sql.placements import continue_with, read_placement, save

        now = self.clock()
        with self.journal.write() as journal:
            row = read_placement(journal, intent_id)
            taken = step(row, seen, now, self._venue(row).policy)
            if isinstance(taken.action, Submit) and (why := stopped(journal, row, now)) is not None:
                taken = step(row, _no_more(row, why), now, self._venue(row).policy)
            report = seen.report if isinstance(seen, Seen) else None
            if isinstance(taken.action, Continue):
                heir = heir_of(taken.placement, taken.action, now)
                parent = replace(taken.placement, heir=heir.intent.intent_id, version=row.version + 1)
                continue_with(journal, parent, heir, taken.events, lease=self.lease, now=now)
                self.versions[intent_id] = parent.version
            else:
                save(journal, taken.placement, taken.events, lease=self.lease, now=now, report=report)
                self.versions[intent_id] = taken.placement.version
            if isinstance(taken.action, Submit):
                self._plan_exits(journal, taken.placement, now)
        for event in taken.events:
            if event.call:
                self.tell(taken.placement, event)
        return taken

    def _carry_out(self, taken: Step) -> Observation:
        row, action = taken.placement, taken.action
        venue = self._venue(row)
        if isinstance(action, Wait | Done | Continue):
            raise TypeError(f"{action} is nothing to carry out")
        if isinstance(action, BookFills):
            ((_, seen),) = self._book([row], venue)
            return seen
        if isinstance(action, Submit):
            if (why := self._stopped_since(row)) is not None:
                self._commit(row.intent.intent_id, CancelWanted(CancelFor.WITHDRAWN, why))
                return NotSent(why)
            row = self._as_sent(row)
            self._require_still_ours()  # nothing may come between this and the wire
        return self._seen(row, venue, on_the_wire(venue.broker, row, action, self.clock()))

    def _seen(self, row: Placement, venue: Venue, found: Observation | tuple[Execution, ...]) -> Observation:
        if not isinstance(found, tuple):
            return found
        ((_, booked),) = self._booked([(row, found)], venue)
        return booked

    def _book(self, rows: Sequence[Placement], venue: Venue) -> list[tuple[Placement, Observation]]:
        """The orders' executions into the book; where they cannot be had now, time has only passed."""
        from sql.rows import chunks

        if not rows:
            return []
        try:
            found = trades(venue.broker, rows, self.clock())
        except Unavailable:
            return [(row, Tick()) for row in rows]
        return [one for chunk in chunks(found, AT_ONCE) for one in self._booked(chunk, venue)]

    def _booked(
        self, found: Sequence[tuple[Placement, Sequence[Execution]]], venue: Venue
    ) -> list[tuple[Placement, Observation]]:
        from sql.fills import book_fills

        account_id = found[0][0].intent.account_id
        with self.journal.write() as journal:
            self._require_lease(journal)
            standing = book_fills(journal, account_id, found, sessions=venue.sessions, now=self.clock())
        return [(row, _counted(row, standing[row.intent.intent_id])) for row, _ in found]

    def _plan_exits(self, journal: Connection, row: Placement, now: datetime) -> None:
        """Who looks after the exits that come with an order: decided once, before it leaves."""
        from sql.exit_plans import plan_exits

        if exits_of(row.intent.order):
            venue = self._venue(row)
            why, until = why_kept(row.intent.order, venue.broker.capabilities), kept_until(row, venue.sessions, now)
            plan_exits(journal, row, why, until=until, now=now)

    def _as_sent(self, row: Placement) -> Placement:
        """The row with its order as this venue gets it: without exits that are kept by us."""
        from sql.exit_plans import is_kept

        if not exits_of(row.intent.order):
            return row
        with self.journal.read() as journal:
            kept = is_kept(journal, row.intent.intent_id)
        return replace(row, intent=replace(row.intent, order=without_exits(row.intent.order))) if kept else row

    def _require_still_ours(self) -> None:
        """The last look before an order leaves: whoever slept since the commit may have been overtaken meanwhile.

        A successor takes what it finds in `sending` for perhaps sent, and for absent when the venue's visibility delay
        has passed. So a sleep between this look and the first byte must be shorter than that; `Policy.visibility`
        counts a request on its way.
        """
        with self.journal.read() as journal:
            self._require_lease(journal)

    def _stopped_since(self, row: Placement) -> str | None:
        """Why trading stopped since the send was committed; None where it did not. Nothing has left us then."""
        with self.journal.read() as journal:
            return stopped(journal, row, self.clock())

    def _require_lease(self, journal: Connection) -> None:
        from sql.leases import check_token

        if self.lease is not None:
            check_token(journal, self.lease)

    def _read(self, intent_id: IntentId) -> Placement:
        from sql.placements import read_placement

        with self.journal.read() as journal:
            return read_placement(journal, intent_id)

    def _venue(self, row: Placement) -> Venue:
        return self.venue_of(row.intent.account_id)


def _counted(row: Placement, standing: Sequence[Execution]) -> Booked:
    return Booked(units_of(row.intent.order, standing), busted_units_of(row.intent.order, standing))


def _no_more(row: Placement, why: str) -> Observation:
    """What to make of an order that was about to leave: denied where none has left, else what is left is withdrawn."""
    return Denied(why) if row.sends == 0 else CancelWanted(CancelFor.WITHDRAWN, why)
