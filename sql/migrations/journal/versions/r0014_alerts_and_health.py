"""What people are told, what waits to be delivered, and the health of brokers.

`alert_sent` goes: its memory of outcomes is in `alert` from now on. A session that was told before the update and is
run again after it with the same outcome is told once more.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sql.types import BigId, Exact, Json, Utc

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    _create_alerts()
    _create_health()
    op.drop_index("alert_sent_by_account", table_name="alert_sent")
    op.drop_table("alert_sent")


def _create_alerts() -> None:
    op.create_table(
        "alert",
        sa.Column("alert_id", BigId, autoincrement=True, nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("account_id", sa.String(length=64)),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("severity", sa.String(length=12), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("first_seen", Utc(), nullable=False),
        sa.Column("last_seen", Utc(), nullable=False),
        sa.Column("occurrences", sa.Integer(), nullable=False),
        sa.Column("tellings", sa.Integer(), nullable=False),
        sa.Column("told_at", Utc()),
        sa.Column("until", Utc()),
        sa.Column("taken_by", sa.String(length=64)),
        sa.Column("reason", sa.Text()),
        sa.Column("money_at_risk", Exact()),
        sa.PrimaryKeyConstraint("alert_id"),
        sa.UniqueConstraint("subject"),
    )
    op.create_index("alert_by_state", "alert", ["state", "last_seen"])
    op.create_table(
        "alert_message",
        sa.Column("message_id", BigId, autoincrement=True, nullable=False),
        sa.Column("channel", sa.String(length=200), nullable=False),
        sa.Column("subjects", Json(), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("severity", sa.String(length=12), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("due_at", Utc(), nullable=False),
        sa.Column("claimed_until", Utc()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("left_at", Utc()),
        sa.Column("via", sa.String(length=200)),
        sa.Column("batch", BigId),
        sa.Column("error", sa.Text()),
        sa.PrimaryKeyConstraint("message_id"),
    )
    op.create_index("alert_message_by_state", "alert_message", ["state", "due_at"])
    op.create_index("alert_message_by_left", "alert_message", ["left_at"])
    op.create_table(
        "alert_tally",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("severity", sa.String(length=12), nullable=False),
        sa.Column("occurrences", sa.Integer(), nullable=False),
        sa.Column("tellings", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "source", "severity"),
    )


def _create_health() -> None:
    op.create_table(
        "broker_health",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("broker", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("since", Utc(), nullable=False),
        sa.Column("checked_at", Utc(), nullable=False),
        sa.Column("watched_since", Utc(), nullable=False),
        sa.Column("latency_ms", sa.Integer()),
        sa.Column("requests_left", sa.Integer()),
        sa.Column("requests_most", sa.Integer()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recent", Json(), nullable=False),
        sa.PrimaryKeyConstraint("account_id"),
    )
    op.create_table(
        "broker_health_event",
        sa.Column("event_id", BigId, autoincrement=True, nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("was", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("event_id"),
    )
    op.create_index("broker_health_event_by_account", "broker_health_event", ["account_id", "event_id"])
