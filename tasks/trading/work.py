"""Working a window: send what is decided, follow it to its end, and apply the window's policy when time is over."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.clock import now
from tasks.log import run_logger
from tasks.orders.desk import OrderDesk
from tasks.orders.exits import ExitFollower
from tasks.orders.watch import Watch
from tasks.runs import holder
from tasks.signals.gather import gather
from tasks.stores import Stores, open_stores
from tasks.trading.admit import Admission
from tasks.trading.foretell import foretell
from tasks.trading.hearing import hear
from tasks.trading.intake import take_signals
from tasks.trading.leftovers import settle_leftovers
from tasks.trading.venues import Venues, open_venues
from tieout.errors import BrokerError, PlannedOutage, StoreError, Unauthorised
from tieout.ids import IntentId
from tieout.orders import OrderReport, OrderState
from tieout.placement import CancelFor, Event, Placement
from tieout.risk.types import RiskContext
from tieout.window_plan import WindowRun
from tieout.windows import AtEnd

if TYPE_CHECKING:
    from sql.leases import Lease

LONGEST_NAP = timedelta(seconds=1)  # between looks at what else may have been decided meanwhile: approvals, halts
GATHER_EVERY_S = 5.0
GRACE = timedelta(minutes=2)  # for cancels to be confirmed once the window is over
TRIES, ASK_AGAIN = timedelta(minutes=1), timedelta(seconds=3)  # where an account cannot be read and signals wait
_CANCELS = {AtEnd.CANCEL: CancelFor.WITHDRAWN, AtEnd.MARKET: CancelFor.CONVERT}


@task(task_run_name="work {work.account_id} {work.window}", cache_policy=NO_CACHE, retries=0)
def work_window(work: WindowRun) -> WindowRun:
    """Send and follow the window's orders until each has ended. First of all, whatever an earlier run left is resolved.

    raises    StoreError where another run has taken the account over; ConfigError for a wrong mode
    """
    with open_stores() as stores, open_venues(stores.settings) as venues:
        lease = _lease(work)
        admit = Admission(stores, venues, work)
        if work.dry_run:
            return work.would_do(foretell(stores, venues, work, admit))
        settle_leftovers(stores, venues, work.account_id, but=work.lease_key, cancels=True)
        desk = OrderDesk(stores.journal, venues, admit, _tell, now, lease)
        exits = ExitFollower(stores.journal, venues, _tell, now)
        _Window(stores, venues, work, lease, admit, Watch(desk, _roots(stores, work)), exits).run()
    return work


@dataclass(frozen=True, slots=True)
class _Trouble:
    """Why signals could not be decided on, and since when, UTC; for a planned outage, since its end.

    planned    the venue is known to be away: nobody is to blame
    """

    error: BrokerError
    since: datetime
    planned: bool = False

    def is_over(self, moment: datetime) -> bool:
        """Whether a run that does not stay has tried for long enough."""
        return moment >= self.since + TRIES


@dataclass(slots=True)
class _Window:
    """One account's window while it is worked."""

    stores: Stores
    venues: Venues
    work: WindowRun
    lease: Lease
    admit: Admission
    watch: Watch
    exits: ExitFollower
    gather_at: float = 0.0
    trouble: _Trouble | None = None

    def run(self) -> None:
        """Resolve what is unknown, then trade until the window ends, then do what it says about what is left.

        raises    BrokerError where signals wait that nobody could decide on, because the account could not be read
        """
        self.watch.begin()
        self._nap_until(self.work.begins)
        left = self._until(self.work.ends, stay=self.work.stay)
        if left and self._at_end() is not AtEnd.LEAVE:
            self.watch.cancel(_CANCELS[self._at_end()], f"window {self.work.window} is over")
            if self._until(self.work.ends + GRACE, stay=False):
                open_ = "orders of window %s are still open; the next run goes on with them"
                run_logger().error(open_, self.work.window)
        if self.trouble is not None and not self.trouble.planned:
            raise self.trouble.error

    def _until(self, end: datetime, *, stay: bool) -> bool:
        """Look after the orders until all have ended, or time is over; whether any is left."""
        while True:
            due = self._turn()
            if now() >= end:
                return due is not None
            if due is None and not stay:
                return False
            self._hold()
            self._listen(min(due or end, end, now() + LONGEST_NAP))

    def _turn(self) -> datetime | None:
        """Take what came in, let risk look at it as one batch, and look after every order that is due."""
        if self.work.stay and time.monotonic() >= self.gather_at:
            self.gather_at = time.monotonic() + GATHER_EVERY_S
            gather(self.stores)
        read = self._take_signals() if now() < self.work.ends else None
        self.watch.take_in(_roots(self.stores, self.work))
        rows = self.watch.rows()
        planned = [row for row in rows if row.state is OrderState.PLANNED and _is_due(row)]
        if planned:
            self.admit.judge(planned, read)
        due = self.watch.turn(rows)
        for trouble in self.exits.turn([self.work.account_id]):
            run_logger().warning("%s", trouble)
        if self.trouble is None or self.trouble.is_over(now()):
            return due
        again = now() + ASK_AGAIN
        return again if due is None else min(due, again)

    def _take_signals(self) -> RiskContext | None:
        """The account as it was read for new signals; None where there were none, or it could not be read.

        Signals that could not be decided on wait, and are tried again, while the orders that work are looked after.
        """
        try:
            taken = take_signals(self.stores, self.venues, self.work)
        except Unauthorised:
            raise
        except PlannedOutage as error:
            if self.trouble is None or not self.trouble.planned:
                run_logger().info("signals wait: %s", error)
            self.trouble = _Trouble(error, error.until or now(), planned=True)
            return None
        except BrokerError as error:
            since = now() if self.trouble is None else self.trouble.since
            self.trouble = _Trouble(error, since)
            run_logger().error("signals wait: the account could not be read: %s", error)
            return None
        self.trouble = None
        return None if taken is None else taken.context

    def _listen(self, until: datetime) -> None:
        """Hear the venue's stream while there is nothing else to do; where it has none, polling alone goes on."""
        wait = max(0.0, (until - now()).total_seconds())
        broker = self.venues(self.work.account_id).broker
        if not broker.capabilities.streams_orders:
            time.sleep(wait)
            return
        if not hear(broker, self.stores.journal, self.work, wait, self._told):
            time.sleep(min(wait, LONGEST_NAP.total_seconds()))

    def _told(self, report: OrderReport) -> None:
        self.watch.report(report)
        self.exits.heard(report)

    def _nap_until(self, moment: datetime) -> None:
        while (left := (moment - now()).total_seconds()) > 0:
            self._hold()
            time.sleep(min(left, LONGEST_NAP.total_seconds()))

    def _hold(self) -> None:
        """Keep the lease, and a record of the calls so far. A lease that was taken over ends this run at once."""
        from sql.leases import renew

        with self.stores.journal.write() as journal:
            renew(journal, self.lease, now(), timedelta(seconds=self.stores.settings.lease_s))
            self.venues.audit(journal)

    def _at_end(self) -> AtEnd:
        return next(one.at_end for one in self.stores.settings.windows if one.name == self.work.window)


def _is_due(row: Placement) -> bool:
    """Whether risk is to look now: where the account could not be read, it is left in peace for a while."""
    return row.not_before is None or now() >= row.not_before


def _tell(row: Placement, event: Event) -> None:
    """What a person must know, into the run's log at once; the alert of the run repeats it."""
    order = row.intent.order
    run_logger().error("%s %s %s: %s", order.side, order.quantity, order.instrument.symbol, event.words)


def _lease(work: WindowRun) -> Lease:
    from sql.leases import Lease

    if work.token == 0:
        raise StoreError(f"the run of {work.account_id} in window {work.window} holds no lease")
    return Lease(work.lease_key, holder(), work.token)


def _roots(stores: Stores, work: WindowRun) -> list[IntentId]:
    """The window's own intents, oldest first; heirs are found through their parents."""
    from sql.families import read_roots

    with stores.journal.read() as journal:
        return read_roots(journal, work.account_id, work.business_date, work.window)
