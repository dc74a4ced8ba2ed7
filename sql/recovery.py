"""What the journal knows of runs that have no end: their rows, their leases, and the processes that began them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from sql import audit
from sql.rows import read_rows
from sql.runs import STARTED
from sql.schema.journal import audit_event, lease, run
from tieout.ids import AccountId, RunId
from tieout.recovery import Begun, Held

LOOK_BACK = timedelta(days=7)
_NOBODY = "no flow run"


def read_begun(connection: Connection) -> tuple[Begun, ...]:
    """Runs without an end, the oldest first."""
    rows = read_rows(connection, select(run).where(run.c.state == STARTED).order_by(run.c.started_at, run.c.run_id))
    return tuple(
        Begun(
            RunId(row["run_id"]),
            AccountId(row["account_id"]),
            row["flow"],
            row["business_date"],
            row["flow_run_id"],
            _is_followed(connection, row),
        )
        for row in rows
    )


def read_held(connection: Connection) -> tuple[Held, ...]:
    """Leases that were not given back."""
    rows = read_rows(connection, select(lease).where(~lease.c.released).order_by(lease.c.lease_key))
    return tuple(
        Held(row["lease_key"], row["holder"], flow_run_of(row["holder"]), row["token"], row["expires_at"])
        for row in rows
    )


def read_processes(connection: Connection, now: datetime) -> dict[str, str]:
    """Flow run -> the process that it last ran in, as the audit trail has its beginning; of the last seven days."""
    began = select(audit_event.c.detail).where(
        audit_event.c.action == "flow.started", audit_event.c.at >= now - LOOK_BACK
    )
    told = connection.execute(began.order_by(audit_event.c.event_id)).scalars()
    return {one["flow_run_id"]: one["holder"] for one in told if one.get("holder")}


def flow_run_of(holder: str) -> str | None:
    """The flow run that a lease's holder names: machine, process, flow run and when the process began."""
    parts = holder.split(":")
    return parts[2] if len(parts) > 2 and parts[2] != _NOBODY else None


def end_as_failed(connection: Connection, run_id: RunId, why: str, now: datetime, detail: dict[str, Any]) -> bool:
    """Write down that a run died. False where it has ended by itself meanwhile."""
    mine = (run.c.run_id == run_id) & (run.c.state == STARTED)
    started = connection.execute(select(run.c.started_at).where(mine)).scalar()
    if started is None:
        return False
    # When it died nobody knows; its start keeps it before whatever has ended since.
    outcome = {"error": why, "swept": True}
    connection.execute(update(run).where(mine).values(state="failed", outcome=outcome, ended_at=started))
    audit.append(connection, actor=audit.ACTOR, action="run.swept", subject=run_id, detail=detail, now=now)
    return True


def release_dead(connection: Connection, key: str, token: int, now: datetime, detail: dict[str, Any]) -> bool:
    """Give a dead run's lease back. False where somebody has taken it over meanwhile."""
    mine = (lease.c.lease_key == key) & (lease.c.token == token) & ~lease.c.released
    if connection.execute(update(lease).where(mine).values(released=True, expires_at=now)).rowcount == 0:
        return False
    audit.append(connection, actor=audit.ACTOR, action="lease.swept", subject=key, detail=detail, now=now)
    return True


def _is_followed(connection: Connection, row: dict[str, Any]) -> bool:
    """Whether another run has taken its lease since: a lease goes on naming who had it last, given back or not."""
    kind = lease.c.lease_key.startswith(f"{row['account_id']}:{row['flow']}", autoescape=True)
    mine = select(lease.c.lease_key).where(kind, lease.c.holder.contains(row["flow_run_id"] or _NOBODY)).limit(1)
    return connection.execute(mine).first() is None
