"""Break locks: an instrument with an open critical break may only be reduced until it has tied out."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.clock import now
from tasks.judge import Tied
from tasks.log import run_logger
from tasks.runs import keep_lease, lease_of
from tasks.stores import open_stores
from tieout.breaker_triggers import BreakerContext, Worth, judge_breakers, judge_lifts
from tieout.breakers import BreakerName
from tieout.ids import AccountId, BreakId
from tieout.recon.types import CaseState, Severity

if TYPE_CHECKING:
    from sqlalchemy import Connection

Locks = tuple[tuple[BreakId, str], ...]


@task(task_run_name="lock breaks {tied.close.account_id}", cache_policy=NO_CACHE)
def lock_breaks(tied: Tied) -> Tied:
    """Lock what is open and critical, and unlock what has tied out; nothing in a dry run, nor without a comparison."""
    from sql.breakers import lift, read_breakers, trip
    from sql.leases import check_token

    close = tied.close
    if close.dry_run or tied.recon is None:
        return tied
    with open_stores() as stores:
        keep_lease(stores, close)
        limits, moment = stores.settings.accounts[close.account_id].limits, now()
        with stores.journal.write() as journal:
            check_token(journal, lease_of(close))
            context = BreakerContext(
                close.account_id, Worth(None, None, None), locks=read_locks(journal, close.account_id)
            )
            trips = [one for one in judge_breakers(context, limits, moment) if one.name is BreakerName.BREAK_LOCK]
            off = [one for one in read_breakers(journal, close.account_id) if one.name is BreakerName.BREAK_LOCK]
            lifts = judge_lifts(off, context, limits, moment)
            for each in trips:
                trip(journal, each, moment)
            for gone in lifts:
                lift(
                    journal,
                    close.account_id,
                    gone.breaker.name,
                    gone.breaker.scope,
                    gone.lifted_by,
                    gone.reason,
                    moment,
                )
    _log([one.scope for one in trips], [one.breaker.scope for one in lifts])
    return tied


def read_locks(journal: Connection, account_id: AccountId) -> Locks:
    """Critical breaks that are open now, since whenever, with the symbols that they concern."""
    from sql.cases import read_cases
    from sql.reference import read_instruments

    open_ = read_cases(journal, account_id, states=(CaseState.OPEN,))
    found = [row for row in open_ if row["severity"] == Severity.CRITICAL and row["instrument_id"] is not None]
    known = read_instruments(journal, {row["instrument_id"] for row in found})
    return tuple((BreakId(row["break_id"]), known[row["instrument_id"]].symbol) for row in found)


def _log(locked: Collection[str], unlocked: Collection[str]) -> None:
    if locked:
        run_logger().warning("may only be reduced: %s", ", ".join(sorted(locked)))
    if unlocked:
        run_logger().info("tied out, or locks are switched off: %s", ", ".join(sorted(unlocked)))
