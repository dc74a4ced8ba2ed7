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
from tasks.orders.watch import Watch
from tasks.runs import holder
from tasks.signals.gather import gather
from tasks.stores import Stores, open_stores
from tasks.trading.admit import Admission
from tasks.trading.intake import take_signals
from tasks.trading.venues import Venues, open_venues
from tieout.errors import StoreError, Unavailable, Unsupported
from tieout.ids import IntentId
from tieout.orders import OrderState
from tieout.placement import CancelFor, Event, Placement
from tieout.window_plan import WindowRun
from tieout.windows import AtEnd

if TYPE_CHECKING:
    from sql.leases import Lease

LONGEST_NAP = timedelta(seconds=1)  # between looks at what else may have been decided meanwhile: approvals, halts
GATHER_EVERY_S = 5.0
GRACE = timedelta(minutes=2)  # for cancels to be confirmed once the window is over
_CANCELS = {AtEnd.CANCEL: CancelFor.WITHDRAWN, AtEnd.MARKET: CancelFor.CONVERT}


@task(task_run_name="work {work.account_id} {work.window}", cache_policy=NO_CACHE, retries=0)
def work_window(work: WindowRun) -> WindowRun:
    """Send and follow the window's orders until each has ended. First of all, whatever an earlier run left is resolved.

    raises    StoreError where another run has taken the account over; ConfigError for a wrong mode
    """
    with open_stores() as stores, open_venues(stores.settings) as venues:
        lease = _lease(work)
        admit = Admission(stores, venues, work)
        desk = OrderDesk(stores.journal, venues, admit, _tell, now, lease)
        _Window(stores, venues, work, lease, admit, Watch(desk, _roots(stores, work))).run()
    return work


@dataclass(slots=True)
class _Window:
    """One account's window while it is worked."""

    stores: Stores
    venues: Venues
    work: WindowRun
    lease: Lease
    admit: Admission
    watch: Watch
    gather_at: float = 0.0

    def run(self) -> None:
        """Resolve what is unknown, then trade until the window ends, then do what it says about what is left."""
        self.watch.begin()
        self._nap_until(self.work.begins)
        left = self._until(self.work.ends, stay=self.work.stay)
        if not left or self._at_end() is AtEnd.LEAVE:
            return
        self.watch.cancel(_CANCELS[self._at_end()], f"window {self.work.window} is over")
        if self._until(self.work.ends + GRACE, stay=False):
            run_logger().error("orders of window %s are still open; the next run goes on with them", self.work.window)

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
        if now() < self.work.ends:
            take_signals(self.stores, self.venues, self.work)
        self.watch.take_in(_roots(self.stores, self.work))
        planned = [row for row in self.watch.rows() if row.state is OrderState.PLANNED]
        if planned:
            self.admit.judge(planned)
        return self.watch.turn()

    def _listen(self, until: datetime) -> None:
        """Hear the venue's stream while there is nothing else to do; where it has none, polling alone goes on."""
        wait = max(0.0, (until - now()).total_seconds())
        broker = self.venues(self.work.account_id).broker
        if not broker.capabilities.streams_orders:
            time.sleep(wait)
            return
        try:
            for report in broker.order_updates(wait):
                self.watch.report(report)
        except (Unavailable, Unsupported):  # changes may have been missed: the polls find them
            time.sleep(min(wait, LONGEST_NAP.total_seconds()))

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
    from sql.placements import read_placements

    with stores.journal.read() as journal:
        rows = read_placements(journal, work.account_id, business_date=work.business_date, window=work.window)
    return [row.intent.intent_id for row in rows if row.intent.parent_id is None]
