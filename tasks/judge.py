"""Judging: is the snapshot fit to be compared, and does the book tie out with it?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.accounts import sessions_of
from tasks.clock import now
from tasks.log import run_logger
from tasks.runs import keep_lease, lease_of
from tasks.stores import Stores, open_stores
from tieout.closing import Close
from tieout.settings import Settings
from tieout.verdict import percent

if TYPE_CHECKING:
    from sql.quality import Verdict
    from sql.reconcile import ReconOutcome


@dataclass(frozen=True, slots=True)
class Tied:
    """A close that went through its last step.

    recon    None where the snapshot was quarantined, so that nothing was compared
    """

    close: Close
    recon: ReconOutcome | None


@task(task_run_name="quality {close.account_id} {close.business_date}", cache_policy=NO_CACHE)
def check_quality(close: Close) -> Close:
    """Run the expectations over the stored snapshot; a failed critical one quarantines it."""
    from sql.quality import judge
    from sql.snapshots import read_snapshot, set_status
    from tieout.snapshots import SnapshotStatus

    with open_stores() as stores:
        keep_lease(stores, close)
        with stores.warehouse.write() as warehouse:
            stored = read_snapshot(warehouse, close.snapshot)
        verdict = judge(
            stores.warehouse,
            close.snapshot,
            account_id=close.account_id,
            business_date=close.business_date,
            captured_at=stored.captured_at,
            tolerances=stores.settings.tolerances,
            docs_dir=Path(stores.settings.output_dir) / "data-docs",
            priced_since=_priced_since(close, stores.settings),
        )
        status = SnapshotStatus.ACCEPTED if verdict.accepted else SnapshotStatus.QUARANTINED
        reasons = _reasons(verdict)
        with stores.warehouse.write() as warehouse:
            set_status(warehouse, close.snapshot, status, "; ".join(reasons) or None)
    run_logger().info("%d checks, %d warnings", len(verdict.results), len(verdict.warnings))
    for reason in reasons:
        run_logger().error("quarantined: %s", reason)
    return close.with_quarantine(reasons)


def _reasons(verdict: Verdict) -> tuple[str, ...]:
    """Each failed critical check with its finding and a few of its rows; none where the snapshot was accepted."""
    return () if verdict.accepted else tuple(result.told for result in verdict.critical_failures)


def _priced_since(close: Close, settings: Settings) -> datetime:
    """Prices from before this moment are stale: the close so many sessions back as the tolerances allow."""
    sessions = sessions_of(settings.accounts[close.account_id])
    back = settings.tolerances.price_age_sessions
    return sessions.closes_at(sessions.previous(close.business_date, back))


def _record_unfit(stores: Stores, close: Close) -> None:
    """Nothing was compared, and the runs' table says so: coverage zero, never a missing row that reads as no news."""
    from sql.recon_store import append_unfit

    if not close.dry_run:
        with stores.warehouse.write(close.account_id) as warehouse:
            append_unfit(warehouse, close.run, close.account_id, close.business_date, close.snapshot, now())


@task(task_run_name="reconcile {close.account_id} {close.business_date}", cache_policy=NO_CACHE)
def reconcile_account(close: Close) -> Tied:
    """Post the journal, match the three sources, explain, resolve what is proven, and advance the cases.

    A quarantined snapshot is not reconciled: nothing is opened or closed by it.
    """
    from sql.nav import append_values
    from sql.posting import post
    from sql.reconcile import reconcile

    with open_stores() as stores:
        keep_lease(stores, close)
        if close.quarantined:
            _record_unfit(stores, close)
            return Tied(close, None)
        settings = stores.settings
        account = settings.accounts[close.account_id]
        post(stores.journal, stores.warehouse, close.account_id, account.lot_method, now(), account.rates)
        outcome = reconcile(
            stores.journal,
            stores.warehouse,
            run_id=close.run,
            settings=account,
            business_date=close.business_date,
            snapshot_id=close.snapshot,
            sessions=sessions_of(account),
            tolerances=settings.tolerances,
            caps=settings.caps,
            severities=settings.severities,
            now=now(),
            dry_run=close.dry_run,
            lease=lease_of(close),
        )
        with stores.warehouse.write() as warehouse:
            append_values(warehouse, close.snapshot, close.run, account.account.broker)
    run_logger().info(
        "%s: %d rows compared, coverage %s, %d opened, %d resolved, %d closed, %d open (%d critical)",
        outcome.state,
        outcome.rows_compared,
        percent(outcome.coverage),
        outcome.opened,
        outcome.resolved,
        outcome.closed,
        outcome.open_breaks,
        outcome.critical_open,
    )
    return Tied(close, outcome)
