"""Outcomes of runs that are over, read back from the stores, so that their report can be made again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tieout.ids import AccountId, RunId
from tieout.verdict import AccountOutcome, OutcomeState

if TYPE_CHECKING:
    from tasks.stores import Stores


def read_outcomes(stores: Stores, *, run_id: str | None = None, day: date | None = None) -> tuple[AccountOutcome, ...]:
    """What came of one close: every account that its flow run worked on.

    run_id    any account's run of that close; None takes the last one, or the last one of `day`
    raises    StoreError where there is no such run, or it has not ended
    """
    from sql.chain.runs import runs_beside

    with stores.journal.read() as journal, stores.warehouse.read() as warehouse:
        return tuple(_outcome(row) for row in runs_beside(journal, warehouse, run_id, day))


def _outcome(row: Mapping[str, Any]) -> AccountOutcome:
    told = row["outcome"] or {}
    return AccountOutcome(
        account_id=AccountId(row["account_id"]),
        business_date=row["business_date"],
        state=OutcomeState(row["state"]),
        run_id=RunId(row["run_id"]),
        snapshot_id=row["snapshot_id"],
        coverage=Decimal(told.get("coverage", "0")),
        rows_compared=row["rows_compared"] or 0,
        breaks_opened=row["breaks_opened"] or 0,
        breaks_closed=row["breaks_closed"] or 0,
        breaks_open=row["breaks_open"] or 0,
        critical_open=row["critical_open"] or 0,
        resolved=told.get("resolved", 0),
        quarantined_because=tuple(told.get("quarantined", ())),
        error=told.get("error"),
        dry_run=told.get("dry_run", False),
    )
