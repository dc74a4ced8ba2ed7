"""Seeing a halt through: orders are cancelled until that is confirmed, positions closed where that was asked for."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.clock import now
from tasks.log import run_logger
from tasks.orders.desk import OrderDesk
from tasks.orders.watch import Watch
from tasks.stores import Stores, open_stores
from tasks.trading.context import read_context, with_instruments, with_our_records
from tasks.trading.taken_over import free_lease, given_back, patience, renew_lease, take_lease
from tasks.trading.venues import Venues, open_venues
from tieout.accounts import Mode
from tieout.errors import ConfigError, Unavailable
from tieout.halting import FLATTEN, PATIENCE, Closing, Group, Halt, closing
from tieout.ids import AccountId, IntentId
from tieout.orders import OrderState
from tieout.placement import Approved, CancelFor, Denied, Event, Observation, Placement
from tieout.risk.assess import assess
from tieout.risk.effect import only_reduces
from tieout.risk.types import RiskContext
from tieout.window_plan import WindowRun

if TYPE_CHECKING:
    from sql.leases import Lease

LONGEST_NAP_S = 1.0


@dataclass(frozen=True, slots=True)
class Ended:
    """What came of some orders.

    done    ended as wanted, one line each
    left    not, and why; a person must look
    """

    done: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


@task(task_run_name="end orders {group.account_id} {group.window}", cache_policy=NO_CACHE, retries=0)
def end_orders(group: Group, halt: Halt) -> Ended:
    """Wait for the run that holds the orders to cancel them; where none lives, take its lease and do it here."""
    patient = patience(PATIENCE)
    with open_stores() as stores:
        while _any_open(stores, group.intents) and patient():
            try:
                lease = free_lease(stores, group.lease_key)
                if lease is not None:
                    _cancel(stores, lease, group, halt, patient)
            except Unavailable as error:  # the venue may answer in a moment, and the orders are still there
                run_logger().warning("%s: %s", group.lease_key, error)
            time.sleep(LONGEST_NAP_S if _any_open(stores, group.intents) else 0)
        return _came_of(_rows(stores, group.intents), lambda row: row.ended)


@task(task_run_name="flatten {account_id}", cache_policy=NO_CACHE, retries=0)
def flatten_account(account_id: AccountId, halt: Halt, key: str) -> Ended:
    """Close every position of the account with one market order each.

    raises    ConfigError for real money that this run may not touch; StoreError while another run closes them;
              Unreadable where the account could not be read whole
    """
    with open_stores() as stores, open_venues(stores.settings) as venues:
        _require_live(stores, account_id, halt)
        work = _work(stores, account_id)
        with given_back(stores, take_lease(stores, work.lease_key)) as lease:
            return _Flattening(stores, venues, halt, work, lease).run(key)


@dataclass(slots=True)
class _Flattening:
    """One account while its positions are closed."""

    stores: Stores
    venues: Venues
    halt: Halt
    work: WindowRun
    lease: Lease

    def run(self, key: str) -> Ended:
        plan, context = self._plan(key)
        ids = self._append(plan)
        desk = OrderDesk(self.stores.journal, self.venues, self._admission(context), _tell, now, self.lease)
        watch = Watch(desk, ids)
        _follow(self.stores, self.lease, watch, patience(PATIENCE))
        watch.cancel(CancelFor.WITHDRAWN, "closing it took too long")
        _follow(self.stores, self.lease, watch, patience(PATIENCE))
        came = _came_of(_rows(self.stores, ids), lambda row: row.state is OrderState.FILLED)
        return replace(came, left=(*plan.refused, *came.left))

    def _plan(self, key: str) -> tuple[Closing, RiskContext]:
        """Orders are read before positions: what trades in between is in the positions then."""
        name = self.work.account_id
        broker, sessions = self.venues(name).broker, self.venues(name).sessions
        open_orders = broker.fetch_snapshot(self.work.business_date).open_orders
        account = self.stores.settings.accounts[name]
        context = read_context(broker, account, self.work.business_date, sessions, now())
        held = context.holdings.values()
        plan = closing(self.halt, name, held, open_orders, key=key, day=self.work.business_date, now=self.work.begins)
        return plan, with_instruments(context, broker, [one.instrument for one in held])

    def _append(self, plan: Closing) -> list[IntentId]:
        from sql.placements import append_intent
        from sql.records import record_account

        told = (Event("planned", f"closes a position, {self.halt.words}"),)
        with self.stores.journal.write() as journal:
            record_account(journal, self.stores.settings.accounts[self.work.account_id].account)
            for row in plan.placements:
                append_intent(journal, row, told, now=now())
        return [row.intent.intent_id for row in plan.placements]

    def _admission(self, context: RiskContext) -> Callable[[Placement], Observation]:
        """Risk looks at each with what other orders keep by then: nothing that could open or cross zero passes."""

        def admit(row: Placement) -> Observation:
            mine = {row.intent.order.client_order_id}
            ours = with_our_records(context, self.stores, self.work.business_date, but=mine)
            denials = assess(row.intent.order, replace(ours, flatten=True))
            if not denials and not only_reduces(row.intent.order, ours):  # also where somebody resumed meanwhile
                return Denied("it could carry the position across zero, with what other orders may still trade")
            if denials:
                return Denied("; ".join(f"{one.code}: {one.words}" for one in denials))
            return Approved(self.halt.by.strip())

        return admit


def _cancel(stores: Stores, lease: Lease, group: Group, halt: Halt, patient: Callable[[], bool]) -> None:
    """Do what the dead run would have done; first of all, find out what became of its calls."""
    with given_back(stores, lease), open_venues(stores.settings) as venues:
        desk = OrderDesk(stores.journal, venues, lambda _row: Denied(halt.words), _tell, now, lease)
        watch = Watch(desk, group.intents)
        watch.begin()
        watch.cancel(CancelFor.WITHDRAWN, halt.words)
        _follow(stores, lease, watch, patient)


def _follow(stores: Stores, lease: Lease, watch: Watch, patient: Callable[[], bool]) -> None:
    """Look after the orders until all have ended and are settled, or patience is over."""
    while patient():
        renew_lease(stores, lease)
        due = watch.turn()
        if due is None:
            return
        time.sleep(max(0.0, min((due - now()).total_seconds(), LONGEST_NAP_S)))


def _any_open(stores: Stores, intents: Sequence[IntentId]) -> bool:
    return any(not row.ended for row in _rows(stores, intents))


def _rows(stores: Stores, intents: Sequence[IntentId]) -> list[Placement]:
    from sql.families import read_intents

    with stores.journal.read() as journal:
        return read_intents(journal, intents)


def _came_of(rows: Sequence[Placement], good: Callable[[Placement], bool]) -> Ended:
    return Ended(tuple(_line(row) for row in rows if good(row)), tuple(_line(row) for row in rows if not good(row)))


def _line(row: Placement) -> str:
    order, why = row.intent.order, f", {row.reason}" if row.reason else ""
    filled = f", {row.executed.normalize():f} filled" if row.executed else ""
    what = f"{order.side} {order.quantity.normalize():f} {order.instrument.symbol}"
    return f"{row.intent.account_id} {what}: {row.state}{filled}{why}"


def _work(stores: Stores, account_id: AccountId) -> WindowRun:
    from tasks.accounts import sessions_of

    sessions, moment = sessions_of(stores.settings.accounts[account_id]), now()
    return WindowRun(account_id, FLATTEN, sessions.business_date(moment), moment, moment + PATIENCE)


def _require_live(stores: Stores, account_id: AccountId, halt: Halt) -> None:
    account = stores.settings.accounts[account_id]
    if account.account.mode is Mode.LIVE and not (account.live_enabled and halt.live):
        missing = "the account (live_enabled)" if not account.live_enabled else "this halt (live)"
        raise ConfigError(f"account {account_id}: positions stay open, live trading is not enabled for {missing}")


def _tell(row: Placement, event: Event) -> None:
    order = row.intent.order
    run_logger().error("%s %s %s: %s", order.side, order.quantity, order.instrument.symbol, event.words)
