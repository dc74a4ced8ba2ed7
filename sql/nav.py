"""What a close adds to the record of values: prices and net asset value, straight from the accepted snapshot."""

from __future__ import annotations

from sqlalchemy import Connection

from sql.load import query
from tieout.ids import RunId, SnapshotId


def append_values(warehouse: Connection, snapshot_id: SnapshotId, run_id: RunId, source: str) -> None:
    """Prices and net asset value of one accepted snapshot. Adding them twice for one run changes nothing.

    source    the broker's name, as the source of its prices
    """
    binds = {"snapshot_id": snapshot_id, "run_id": run_id}
    warehouse.execute(query("append_prices"), {"snapshot_id": snapshot_id, "source": source})
    warehouse.execute(query("append_nav"), binds)
