"""Seeing: the broker's whole account and what it says happened, stored with the proof that it is complete."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.accounts import open_broker, prove_identity, sessions_of
from tasks.clock import now
from tasks.log import run_logger
from tasks.retries import if_unavailable
from tasks.runs import keep_lease
from tasks.stores import Stores, open_stores
from tieout.accounts import Identity
from tieout.closing import Close
from tieout.errors import BrokerError, Unauthorised
from tieout.ids import SnapshotId
from tieout.records import Statement
from tieout.settings import AccountSettings
from tieout.snapshots import Snapshot

if TYPE_CHECKING:
    from brokers.base import Broker
    from sql.snapshots import Baseline

# Venues publish option events up to a day or two late, dated on the day they belong to: each statement looks back over
# a week, and what an earlier statement held is left out again.
LOOK_BACK = timedelta(days=7)


@task(
    task_run_name="snapshot {close.account_id} {close.business_date}",
    retry_condition_fn=if_unavailable,
    cache_policy=NO_CACHE,
)
def take_snapshot(close: Close) -> Close:
    """Ask the broker for everything and keep it, raw answers too. May be retried: reading twice changes nothing.

    raises    ConfigError for a wrong mode; Unauthorised for a refused key; Unavailable where not even the identity
              could be read. A snapshot that is partial or failed does not raise: it is stored as what it is.
    """
    with open_stores() as stores:
        keep_lease(stores, close)
        account = stores.settings.accounts[close.account_id]
        baseline = _baseline(stores, close)
        with open_broker(stores.settings, account) as broker:
            identity = _identity(broker, account, stores, close)
            snapshot = broker.fetch_snapshot(close.business_date)
            statement, why = _statement(broker, account, stores, close.business_date, snapshot.captured_at, baseline)
            snapshot = _with_all_answers(snapshot, broker, why)
        snapshot_id = _store(stores, close, account, snapshot, statement, baseline)
        _remember_credential(stores, account, identity)
    _say(snapshot, statement)
    return close.with_snapshot(snapshot_id, why)


def _say(snapshot: Snapshot, statement: Statement | None) -> None:
    moves = (
        f"{len(statement.executions.records)} executions and {len(statement.activities.records)} activities"
        if statement
        else "no statement"
    )
    run_logger().info(
        "snapshot %s after %d readings: %d positions, %d open orders, %s%s",
        snapshot.proof.completeness,
        snapshot.proof.reads,
        len(snapshot.positions),
        len(snapshot.open_orders),
        moves,
        "".join(f"; {note}" for note in snapshot.proof.notes),
    )


def _identity(broker: Broker, account: AccountSettings, stores: Stores, close: Close) -> Identity:
    try:
        return prove_identity(broker, account)
    except BrokerError:
        _quarantine_answers(stores, close, broker, "the account could not be identified")
        raise


def _baseline(stores: Stores, close: Close) -> Baseline | None:
    from sql.snapshots import read_baseline

    with stores.warehouse.write() as warehouse:
        return read_baseline(warehouse, close.account_id, close.business_date)


def _statement(
    broker: Broker, account: AccountSettings, stores: Stores, day: date, until: datetime, baseline: Baseline | None
) -> tuple[Statement | None, str]:
    """What happened since the baseline; None with the reason where the broker would not say all of it."""
    since = window_start(stores, account, day, baseline)
    try:
        executions = broker.fetch_executions(since, until)
        activities = broker.fetch_activities(since, until)
    except Unauthorised:
        raise
    except BrokerError as error:
        return None, f"no statement: {error}"
    return _without_earlier(stores, account, day, Statement(since, until, executions, activities)), ""


def window_start(stores: Stores, account: AccountSettings, day: date, baseline: Baseline | None) -> datetime:
    """From when on what the broker says happened is the book's business, UTC."""
    from sql.statements import first_statement_since, opening_date

    name, sessions = account.account.account_id, sessions_of(account)
    if baseline is not None:
        with stores.warehouse.write() as warehouse:
            first = first_statement_since(warehouse, name)
        return max(first, baseline.captured_at - LOOK_BACK) if first else baseline.captured_at
    with stores.journal.read() as journal:
        opened = opening_date(journal, name)
    if opened is None or opened >= day:
        opened = sessions.previous(day)
    return sessions.closes_at(opened if sessions.is_session(opened) else sessions.previous(opened)).astimezone(UTC)


def _without_earlier(stores: Stores, account: AccountSettings, day: date, statement: Statement) -> Statement:
    from sql.statements import drop_seen

    with stores.warehouse.write() as warehouse:
        return drop_seen(warehouse, account.account.account_id, day, statement)


def _with_all_answers(snapshot: Snapshot, broker: Broker, note: str) -> Snapshot:
    """The snapshot with every raw answer of the session, the statement's too."""
    proof = snapshot.proof
    if note:
        proof = replace(proof, notes=(*proof.notes, note))
    return replace(snapshot, raw=broker.answers, proof=proof)


def _store(
    stores: Stores,
    close: Close,
    account: AccountSettings,
    snapshot: Snapshot,
    statement: Statement | None,
    baseline: Baseline | None,
) -> SnapshotId:
    from sql.records import instrument_ids
    from sql.reference import mirror_reference
    from sql.snapshots import append_snapshot
    from tieout.coins import CoinRule, holdings_of
    from tieout.snapshots import instruments_of

    with stores.journal.write() as journal:
        coins = holdings_of(CoinRule.of(account.account), statement)
        ids = instrument_ids(journal, (*instruments_of(snapshot, statement), *coins))
    with stores.journal.read() as journal, stores.warehouse.write() as warehouse:
        mirror_reference(journal, warehouse)
        return append_snapshot(
            warehouse,
            snapshot,
            run_id=close.run,
            ids=ids,
            statement=statement,
            baseline=baseline,
            sessions=sessions_of(account),
        )


def _quarantine_answers(stores: Stores, close: Close, broker: Broker, reason: str) -> None:
    from sql.quarantine import keep

    with stores.journal.write() as journal:
        for answer in broker.answers:
            keep(journal, close.account_id, close.run, answer.part, reason, answer.received_at, answer.body)


def _remember_credential(stores: Stores, account: AccountSettings, identity: Identity) -> None:
    from sql.credentials import record_credential

    with stores.journal.write() as journal:
        record_credential(journal, account, identity, now())
