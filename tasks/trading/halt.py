"""Halting by hand, and letting go on: the breaker first, then the orders. Everything is kept with who and why.

Tripping and lifting need the journal only, so that both work while a Prefect server or a venue does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.clock import now
from tasks.log import run_logger
from tasks.settings import load_settings
from tasks.stores import Stores, open_stores
from tieout.breakers import ALL_ACCOUNTS, Breaker, BreakerName, BreakerState
from tieout.closing import choose_accounts
from tieout.errors import DataError, StoreError
from tieout.execution import note
from tieout.halting import FLATTEN, Group, Halt
from tieout.ids import AccountId, IntentId
from tieout.orders import OrderState
from tieout.placement import TERMINAL, CancelFor, CancelWanted, Placement, Policy
from tieout.window_plan import WindowRun

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tasks.acts import Came

TRIES = 5  # to write a wish down beside a run that works on the same order
_OPEN = frozenset(OrderState) - TERMINAL


def plan_halt(
    account: str | None,
    reason: str,
    by: str,
    *,
    cancel: bool = False,
    flatten: bool = False,
    reduce_only: bool = False,
    live: bool = False,
) -> Halt:
    """What a person wants, with the accounts that it is about; disabled ones too where it is about all.

    raises    ConfigError for an unknown account; DataError without a name or a reason
    """
    settings = load_settings()
    chosen = choose_accounts(settings, [account] if account else list(settings.accounts))
    names = tuple(one.account.account_id for one in chosen)
    scope = AccountId(account) if account else ALL_ACCOUNTS
    return Halt(scope, names, reason, by, cancel, flatten, reduce_only, live)


def plan_resume(account: str | None) -> AccountId:
    """The scope that is let go; ALL_ACCOUNTS where none is named.

    raises    ConfigError for an unknown account
    """
    settings = load_settings()
    choose_accounts(settings, [account] if account else list(settings.accounts))
    return AccountId(account) if account else ALL_ACCOUNTS


def stop(stores: Stores, halt: Halt) -> Breaker:
    """Let the breaker go off. From this commit on risk denies what is new."""
    from sql.breakers import trip

    with stores.journal.write() as journal:
        return trip(journal, halt.trip, now(), actor=halt.by.strip())


def let_go(
    stores: Stores, account_id: AccountId, reason: str, by: str, name: BreakerName = BreakerName.MANUAL
) -> tuple[Breaker, ...]:
    """Lift the account's breakers of that name, of whatever scope, and say which they were.

    account_id    ALL_ACCOUNTS lifts the one that holds for all, and none that an account has of its own
    raises        DataError where none of them is off, or name or reason are empty
    """
    from sql.breakers import lift, read_breakers

    with stores.journal.write() as journal:
        off = [one for one in read_breakers(journal) if (one.account_id, one.name) == (account_id, name)]
        off = [one for one in off if one.state is BreakerState.TRIPPED]
        if not off:
            who = "all accounts together" if account_id == ALL_ACCOUNTS else account_id
            raise DataError(f"{name} of {who} is not off: there is nothing to lift. `tieout breakers` lists what is")
        return tuple(lift(journal, account_id, name, one.scope, by, reason, now()) for one in off)


def still_off(stores: Stores, account_id: AccountId) -> tuple[Breaker, ...]:
    """Breakers that still hold for the account; for ALL_ACCOUNTS, for any."""
    from sql.breakers import read_breakers

    wanted = None if account_id == ALL_ACCOUNTS else account_id
    with stores.journal.read() as journal:
        return tuple(one for one in read_breakers(journal, wanted) if one.holds(now()))


def withdraw(stores: Stores, halt: Halt) -> tuple[Group, ...]:
    """Want the orders cancelled that the halt is about; those that somebody must now see to, by their lease.

    Closing orders of another halt are left to whoever holds their lease, which is asked for before they are touched.
    """
    found: dict[str, Group] = {}
    for row in _concerned(stores, halt):
        after = row if row.intent.window == FLATTEN else _want_cancelled(stores, row.intent.intent_id, halt)
        if after.ended:
            continue
        group = _group(stores, after)
        known = found.get(group.lease_key, group)
        intents = tuple(dict.fromkeys((*known.intents, *group.intents)))
        found[group.lease_key] = Group(group.lease_key, group.account_id, group.window, intents)
    return tuple(found.values())


@task(task_run_name="stop {halt.who}", cache_policy=NO_CACHE)
def stop_trading(halt: Halt) -> Breaker:
    """The breaker goes off; asked again, nothing changes."""
    with open_stores() as stores:
        after = stop(stores, halt)
    run_logger().warning("%s: %s, by %s: %s", halt.who, after.effect, halt.by, halt.reason)
    return after


@task(task_run_name="withdraw {halt.who}", cache_policy=NO_CACHE)
def withdraw_orders(halt: Halt) -> tuple[Group, ...]:
    """Write down which orders are to end."""
    with open_stores() as stores:
        return withdraw(stores, halt)


@task(task_run_name="resume {account_id}", cache_policy=NO_CACHE)
def resume_trading(account_id: AccountId, reason: str, by: str, name: BreakerName) -> Came:
    """Lift what a person says may be lifted, or ask those who must agree first."""
    from tasks.acts import Wish, propose
    from tieout.agreement import ActKind

    wish = Wish(ActKind.RESUME, account_id, {"breaker": name.value}, by, reason)
    with open_stores() as stores:
        return propose(stores, wish, None)


def _concerned(stores: Stores, halt: Halt) -> list[Placement]:
    from sql.placements import read_placements

    with stores.journal.read() as journal:
        rows = [row for name in halt.accounts for row in read_placements(journal, name, states=_OPEN)]
    return [row for row in rows if halt.concerns(row)]


def _want_cancelled(stores: Stores, intent_id: IntentId, halt: Halt) -> Placement:
    """Say so beside whoever works on it; overtaken by them, say it again to what stands then."""
    for _ in range(TRIES - 1):
        try:
            return _note(stores, intent_id, halt)
        except StoreError as error:
            run_logger().info("said again: %s", error)
    return _note(stores, intent_id, halt)


def _note(stores: Stores, intent_id: IntentId, halt: Halt) -> Placement:
    from sql.placements import read_placement, save

    moment = now()
    with stores.journal.write() as journal:
        row = read_placement(journal, intent_id)
        after, events = note(row, CancelWanted(CancelFor.WITHDRAWN, halt.words), moment, Policy())
        save(journal, after, events, lease=None, now=moment)
    return after


def _group(stores: Stores, row: Placement) -> Group:
    with stores.journal.read() as journal:
        root = _root(journal, row).intent
    work = WindowRun(root.account_id, root.window, root.business_date, root.created_at, root.created_at)
    return Group(work.lease_key, root.account_id, root.window, (row.intent.intent_id,))


def _root(journal: Connection, row: Placement) -> Placement:
    from sql.placements import read_placement

    while row.intent.parent_id is not None:
        row = read_placement(journal, row.intent.parent_id)
    return row
