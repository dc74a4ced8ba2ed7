"""Looking after exits beside the breakers: those at the venue are followed, those that no venue holds are kept."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from tasks.clock import now
from tasks.log import run_logger
from tasks.orders.desk import OrderDesk
from tasks.orders.exits import ExitFollower
from tasks.orders.keeper import ExitKeeper
from tasks.orders.watch import Watch
from tasks.runs import holder, is_dead
from tasks.stores import Stores
from tasks.trading.context import read_context, with_instruments, with_our_records
from tasks.trading.venues import Venues, open_venues
from tieout.accounts import Mode
from tieout.breakers import BreakerName, TradingState
from tieout.errors import BrokerError, ConfigError, StoreError
from tieout.ids import AccountId
from tieout.kept_exits import KEPT, PATIENCE
from tieout.orders import OrderState
from tieout.placement import TERMINAL, Approved, CancelFor, Denied, Event, Observation, Placement
from tieout.risk.assess import assess
from tieout.risk.effect import only_reduces
from tieout.settings import AccountSettings
from tieout.window_plan import WindowRun

if TYPE_CHECKING:
    from sql.leases import Lease

NAP_S = 1.0
_OPEN = frozenset(OrderState) - TERMINAL


def watch_exits(stores: Stores, account: AccountSettings, day: date, *, live: bool) -> tuple[str, ...]:
    """Follow and keep the account's exits once; what people must be told, one line each.

    live    accounts with real money may send exit orders in this run
    """
    if not _any(stores, account.account.account_id):
        return ()
    try:
        with open_venues(stores.settings) as venues:
            return _Exits(stores, venues, account, day, live=live).run()
    except (BrokerError, ConfigError, StoreError) as error:
        return (f"{account.account.account_id}: exits were not looked after: {error}",)


def _any(stores: Stores, account_id: AccountId) -> bool:
    from sql.exit_plans import HeldBy, open_plans

    with stores.journal.read() as journal:
        return any(open_plans(journal, account_id, by) for by in HeldBy)


@dataclass(slots=True)
class _Exits:
    """One account's exits while they are looked after."""

    stores: Stores
    venues: Venues
    account: AccountSettings
    day: date
    live: bool
    called: list[str] = field(default_factory=list)

    def run(self) -> tuple[str, ...]:
        name = self.account.account.account_id
        follower = ExitFollower(self.stores.journal, self.venues, self._tell, now)
        troubles = follower.turn([name])
        for day in self._days():
            troubles += self._keep(day)
        for words in troubles:
            run_logger().warning("%s", words)
        return (*self.called, *troubles)

    def _days(self) -> list[date]:
        """Sessions whose exit orders have not ended, and today: each has a lease of its own."""
        return sorted({one.intent.business_date for one in self._exit_orders(_OPEN)} | {self.day})

    def _keep(self, day: date) -> tuple[str, ...]:
        """Take over what another left, then judge; all of it under the lease of that session's exit orders."""
        lease = self._lease(WindowRun(self.account.account.account_id, KEPT, day, now(), now() + PATIENCE))
        try:
            watch = Watch(OrderDesk(self.stores.journal, self.venues, self._admit, self._tell, now, lease), [])
            watch.take_in(one.intent.intent_id for one in self._exit_orders(_OPEN) if one.intent.business_date == day)
            watch.begin()
            self._follow(watch, lease)
            if day != self.day:
                return ()
            turn = self._keeper().turn(day)
            watch.take_in(turn.made)
            self._follow(watch, lease)
            return (*turn.said, *self._short(turn.made), *self._keeper().conclude())
        finally:
            self._release(lease)

    def _keeper(self) -> ExitKeeper:
        name = self.account.account.account_id
        age = timedelta(seconds=self.account.limits.max_quote_age_s)
        return ExitKeeper(self.stores.journal, self.venues(name), name, self._why_not(), age, now)

    def _why_not(self) -> str | None:
        """Kept exits go out where those at a venue would: in spite of breakers, but not against a person's halt."""
        from sql.breakers import read_breakers

        account = self.account
        if account.account.mode is Mode.LIVE and not (account.live_enabled and self.live):
            return "live trading is not enabled for this run (live)"
        if account.limits.dry_run:
            return "this is a dry run"
        with self.stores.journal.read() as journal:
            found = read_breakers(journal, account.account.account_id)
        for one in found:
            if one.name is BreakerName.MANUAL and one.holds(now()) and one.effect is TradingState.HALTED:
                return f"a person halted trading: {one.reason}"
        return None

    def _admit(self, row: Placement) -> Observation:
        """Risk's word, without approval: whoever agreed to the entry agreed to its exits. It may only reduce."""
        venue, order = self.venues(row.intent.account_id), row.intent.order
        context = read_context(venue.broker, self.account, self.day, venue.sessions, now())
        context = with_instruments(context, venue.broker, [order.instrument])
        ours = with_our_records(context, self.stores, self.day, but={order.client_order_id})
        denials = assess(order, replace(ours, flatten=True))
        if denials:
            return Denied("; ".join(f"{one.code}: {one.words}" for one in denials))
        if not only_reduces(order, ours):
            return Denied("it could carry the position across zero, with what other orders may still trade")
        return Approved("risk")

    def _follow(self, watch: Watch, lease: Lease) -> None:
        patient = _patience()
        for withdraw in (False, True):
            if withdraw:
                watch.cancel(CancelFor.WITHDRAWN, "the exit took too long; the next look sends what is left")
            while patient():
                self._renew(lease)
                due = watch.turn()
                if due is None:
                    return
                time.sleep(max(0.0, min((due - now()).total_seconds(), NAP_S)))
            patient = _patience()

    def _short(self, made: tuple[str, ...]) -> tuple[str, ...]:
        """Exit orders that did not close what they were to close."""
        rows = [one for one in self._exit_orders(None) if one.intent.intent_id in made]
        return tuple(
            f"{one.intent.account_id}: exit {one.intent.intent_id} of {one.intent.order.instrument.symbol} is "
            f"{one.state} with {one.executed.normalize():f} of {one.intent.order.quantity.normalize():f}: {one.reason}"
            for one in rows
            if one.remaining > 0
        )

    def _exit_orders(self, states: frozenset[OrderState] | None) -> list[Placement]:
        from sql.placements import read_placements

        with self.stores.journal.read() as journal:
            return list(read_placements(journal, self.account.account.account_id, states=states, window=KEPT))

    def _lease(self, work: WindowRun) -> Lease:
        from sql.leases import acquire

        with self.stores.journal.write() as journal:
            ttl = timedelta(seconds=self.stores.settings.lease_s)
            return acquire(journal, work.lease_key, holder(), now(), ttl, is_dead)

    def _renew(self, lease: Lease) -> None:
        from sql.leases import renew

        with self.stores.journal.write() as journal:
            renew(journal, lease, now(), timedelta(seconds=self.stores.settings.lease_s))

    def _release(self, lease: Lease) -> None:
        from sql.leases import release

        with self.stores.journal.write() as journal:
            release(journal, lease, now())

    def _tell(self, row: Placement, event: Event) -> None:
        order = row.intent.order
        words = f"{row.intent.account_id}: {order.side} {order.quantity} {order.instrument.symbol}: {event.words}"
        run_logger().error("%s", words)
        self.called.append(words)


def _patience() -> Callable[[], bool]:
    """Whether there still is time, by a clock that no rehearsal stops."""
    ends = time.monotonic() + PATIENCE.total_seconds()
    return lambda: time.monotonic() < ends
