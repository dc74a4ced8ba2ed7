"""Tables of the journal about the day's plan."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, Index, String, Table, Text

from sql.schema.journal import metadata
from sql.types import Utc

# One row per flow, account and session, whatever became of the run. See tieout/planning/keep.py.
planned_run = Table(
    "planned_run",
    metadata,
    Column("plan_key", String(200), primary_key=True),  # flow/part:account:session
    Column("flow", String(40), nullable=False),
    Column("part", String(64), nullable=False),
    Column("account_id", String(64), nullable=False),
    Column("business_date", Date, nullable=False),
    Column("due_at", Utc, nullable=False),
    Column("state", String(12), nullable=False),  # planned | begun | ended | missed | withdrawn
    Column("flow_run_id", String(64)),  # Prefect's
    Column("report", Boolean, nullable=False),  # it only looks and tells
    Column("why", Text, nullable=False),  # the rule that gave its time
    Column("words", Text, nullable=False),  # how it ended, or why it did not run
    Column("updated_at", Utc, nullable=False),
    Index("planned_run_by_account", "account_id", "business_date"),
    Index("planned_run_by_flow_run", "flow_run_id"),
)
# A session of which an account's venue says something else than the calendar; gone once they agree again.
calendar_difference = Table(
    "calendar_difference",
    metadata,
    Column("account_id", String(64), primary_key=True),
    Column("business_date", Date, primary_key=True),
    Column("words", Text, nullable=False),
    Column("first_seen", Utc, nullable=False),
)
