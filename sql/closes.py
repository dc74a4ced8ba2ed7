"""What is known of an account's closes, for whoever asks whether they were made."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, func, select

from sql.rows import read_rows
from sql.schema.alerts import broker_health_event
from sql.schema.journal import run
from tieout.alert import CLOSE
from tieout.ids import AccountId


def read_close_runs(connection: Connection, account_id: AccountId, day: date) -> list[dict[str, Any]]:
    """Runs of the close of one session, the oldest first; dry runs are none."""
    mine = (run.c.account_id == account_id, run.c.flow == CLOSE, run.c.business_date == day)
    rows = read_rows(connection, select(run).where(*mine).order_by(run.c.number))
    return [row for row in rows if not (row["outcome"] or {}).get("dry_run")]


def expected_from(connection: Connection, account_id: AccountId) -> datetime | None:
    """Since when somebody looks after an account, UTC: its first close, or its first probe. None: nobody does."""
    closed = select(func.min(run.c.started_at)).where(run.c.account_id == account_id, run.c.flow == CLOSE)
    probed = select(func.min(broker_health_event.c.at)).where(broker_health_event.c.account_id == account_id)
    found = [connection.execute(one).scalar() for one in (closed, probed)]
    return min((one for one in found if one is not None), default=None)
