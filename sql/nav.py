"""What a close adds to the record of values: prices and net asset value, straight from the accepted snapshot."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import Connection

from sql.load import query
from tieout.ids import AccountId, RunId, SnapshotId


def append_values(warehouse: Connection, snapshot_id: SnapshotId, run_id: RunId, source: str) -> None:
    """Prices and net asset value of one accepted snapshot. Adding them twice for one run changes nothing.

    source    the broker's name, as the source of its prices
    """
    binds = {"snapshot_id": snapshot_id, "run_id": run_id}
    warehouse.execute(query("append_prices"), {"snapshot_id": snapshot_id, "source": source})
    warehouse.execute(query("append_nav"), binds)


def read_equity_before(
    warehouse: Connection, account_id: AccountId, business_date: date, currency: str
) -> tuple[Decimal | None, Decimal | None]:
    """Equity at the end of the session before a day, and the highest until then; None where no close has been run."""
    binds = {"account_id": account_id, "business_date": business_date, "currency": currency}
    row = warehouse.execute(query("nav_before"), binds).one()
    return row.last_equity, row.peak_equity
