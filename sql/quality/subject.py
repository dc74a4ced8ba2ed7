"""What a judgement is about: one snapshot, its statement's window, its baseline, and the tolerances that hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from sql.load import query, query_file
from tieout.errors import StoreError
from tieout.ids import AccountId, SnapshotId
from tieout.instruments import AssetClass
from tieout.settings import Tolerances
from tieout.snapshots import Completeness


@dataclass(frozen=True, slots=True)
class Subject:
    """One snapshot as the batches' queries need it.

    account_id, business_date, captured_at   what was asked for; a snapshot that says otherwise fails
    positions        rows the broker sent
    base_currency    currency of the balance that states equity; empty where none does
    since, until     statement window, UTC, (since, until]
    baseline_id      accepted snapshot of the session before; None at first
    priced_since     a price from before this moment is stale; None: freshness is not asked
    equity_proven    cash and positions were shown to make equity
    """

    snapshot_id: SnapshotId
    account_id: AccountId
    business_date: date
    captured_at: datetime
    run_id: str
    completeness: Completeness
    positions: int
    base_currency: str
    since: datetime | None
    until: datetime | None
    baseline_id: SnapshotId | None
    baseline_date: date | None
    tolerances: Tolerances
    priced_since: datetime | None = None
    equity_proven: bool = False

    def binds(self, batch: str) -> dict[str, Any]:
        """The parameters of that batch's query."""
        known = {
            "money": self.tolerances.cash,
            **{f"tolerance_{one.value}": self._tolerance(one) for one in AssetClass},
        }
        return {name: known[name] if name in known else getattr(self, name) for name in query_file(batch).params}

    def _tolerance(self, asset_class: AssetClass) -> Any:
        return self.tolerances.value.get(asset_class, self.tolerances.default_value)


def read_subject(
    connection: Connection,
    snapshot_id: SnapshotId,
    *,
    account_id: AccountId,
    business_date: date,
    captured_at: datetime,
    tolerances: Tolerances,
    priced_since: datetime | None,
) -> Subject:
    """The snapshot with what surrounds it.

    raises    StoreError for a snapshot that is not stored, or is stored twice
    """
    rows = connection.execute(query("quality_subject"), {"snapshot_id": snapshot_id}).all()
    if len(rows) != 1:
        raise StoreError(f"snapshot {snapshot_id} of {account_id}: stored {len(rows)} times, expected once")
    row = rows[0]
    return Subject(
        snapshot_id,
        account_id,
        business_date,
        captured_at,
        row.run_id,
        Completeness(row.completeness),
        row.positions,
        row.base_currency or "",
        row.since,
        row.until,
        row.baseline_id,
        row.baseline_date,
        tolerances,
        priced_since,
    )
