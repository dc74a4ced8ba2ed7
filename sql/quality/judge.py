"""Whether a stored snapshot may be reconciled.

What is partial or failed is quarantined before any of its rows is looked at. Everything else is held against all
suites; any critical failure quarantines it, and its rows stay exactly as the broker sent them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import Connection

from sql.bulk import arrow_table, insert_arrow
from sql.load import query
from sql.quality.docs import publish
from sql.quality.engine import context
from sql.quality.subject import Subject, read_subject
from sql.quality.suites.activities import ACTIVITIES
from sql.quality.suites.balances import BALANCES
from sql.quality.suites.executions import EXECUTIONS
from sql.quality.suites.orders import ORDERS
from sql.quality.suites.positions import POSITIONS
from sql.quality.suites.snapshot import COMPLETENESS, SNAPSHOT, VANISHED
from sql.quality.types import CheckResult, Verdict, verdict
from sql.quality.validate import Validated, validate
from sql.schema import warehouse as tables
from sql.warehouse import Warehouse
from tieout.ids import AccountId, SnapshotId
from tieout.settings import Tolerances
from tieout.snapshots import Completeness

ROWS = (POSITIONS, ORDERS, EXECUTIONS, ACTIVITIES, VANISHED)


def judge(
    warehouse: Warehouse,
    snapshot_id: SnapshotId,
    *,
    account_id: AccountId,
    business_date: date,
    captured_at: datetime,
    tolerances: Tolerances,
    docs_dir: Path | None,
    priced_since: datetime | None = None,
) -> Verdict:
    """Hold a stored snapshot against its expectations, keep the results, and publish them as Data Docs.

    account_id, business_date, captured_at   what the snapshot is believed to be; it fails if it says otherwise
    docs_dir         root of the Data Docs site; None publishes nothing
    priced_since     UTC: a price from before it is stale (a warning); None asks nothing of a price's age
    raises           StoreError for a snapshot that is not stored

    Judging again gives the same, and replaces the results kept before. The warehouse is held while the suites run, and
    neither during the import that comes before nor during the writing of pages that comes after.
    """
    context()
    with warehouse.write(account_id) as connection:
        subject = read_subject(
            connection,
            snapshot_id,
            account_id=account_id,
            business_date=business_date,
            captured_at=captured_at,
            tolerances=tolerances,
            priced_since=priced_since,
        )
        validated = hold(connection, subject)
        results = tuple(result for one in validated for result in one.results)
        _keep(connection, subject, results)
    page = publish(docs_dir, subject, validated) if docs_dir else None
    return verdict(results, page)


def hold(connection: Connection, subject: Subject) -> tuple[Validated, ...]:
    """The suites' results, the snapshot's own first."""
    if subject.completeness is not Completeness.COMPLETE:
        return (validate(connection, COMPLETENESS, subject),)
    balances = validate(connection, BALANCES, subject)
    proven = subject.base_currency != "" and balances.holds(
        "expect_cash_and_positions_to_make_equity", "expect_equity_to_be_provable"
    )
    snapshot = validate(connection, SNAPSHOT, replace(subject, equity_proven=proven))
    return (snapshot, balances, *(validate(connection, suite, subject) for suite in ROWS))


def _keep(connection: Connection, subject: Subject, results: Iterable[CheckResult]) -> None:
    connection.execute(query("forget_quality_results"), {"snapshot_id": subject.snapshot_id})
    rows = [
        {
            "snapshot_id": subject.snapshot_id,
            "account_id": subject.account_id,
            "suite": one.suite,
            "expectation": one.expectation,
            "severity": one.severity.value,
            "success": one.success,
            "observed": one.observed,
            "rows_failed": one.rows_failed,
            "sample": one.sample,
        }
        for one in results
    ]
    insert_arrow(connection, tables.quality_result, arrow_table(tables.quality_result, rows))
