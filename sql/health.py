"""The health of brokers in the journal: as it stands in `broker_health`, each change in `broker_health_event`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from sql.rows import read_rows
from sql.schema.alerts import broker_health as table
from sql.schema.alerts import broker_health_event
from tieout.health import Answer, Health, HealthState
from tieout.ids import AccountId


def read_health(connection: Connection, account_id: AccountId | None = None) -> dict[AccountId, Health]:
    """By account, or of one."""
    wanted = select(table).order_by(table.c.account_id)
    if account_id is not None:
        wanted = wanted.where(table.c.account_id == account_id)
    return {AccountId(row["account_id"]): _health(row) for row in read_rows(connection, wanted)}


def record_health(connection: Connection, before: HealthState, now: Health) -> None:
    """Write down how it is, and the change where there was one."""
    values = {
        "account_id": now.account_id,
        "broker": now.broker,
        "state": now.state.value,
        "since": now.since,
        "checked_at": now.checked_at,
        "watched_since": now.watched_since,
        "latency_ms": now.latency_ms,
        "requests_left": now.left,
        "requests_most": now.most,
        "reason": now.reason,
        "recent": [one.value for one in now.recent],
    }
    connection.execute(delete(table).where(table.c.account_id == now.account_id))
    connection.execute(insert(table), values)
    if before is not now.state:
        event = {"account_id": now.account_id, "was": before.value, "state": now.state.value}
        connection.execute(insert(broker_health_event).values(**event, at=now.checked_at, reason=now.reason))


def read_health_events(connection: Connection, account_id: AccountId, since: datetime) -> list[dict[str, Any]]:
    """Changes of an account's broker since then, UTC, the oldest first."""
    mine = (broker_health_event.c.account_id == account_id, broker_health_event.c.at >= since)
    return read_rows(connection, select(broker_health_event).where(*mine).order_by(broker_health_event.c.event_id))


def _health(row: Mapping[str, Any]) -> Health:
    return Health(
        AccountId(row["account_id"]),
        row["broker"],
        HealthState(row["state"]),
        row["since"],
        row["checked_at"],
        row["watched_since"],
        row["reason"],
        row["latency_ms"],
        row["requests_left"],
        row["requests_most"],
        tuple(Answer(one) for one in row["recent"]),
    )
