"""The journal's first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sql.types import BigId, Exact, Json, Utc

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them. `account` and `instrument` may be there: a PostgreSQL database can hold both stores."""
    op.create_table(
        "account",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("broker", sa.String(length=32), nullable=False),
        sa.Column("mode", sa.String(length=8), nullable=False),
        sa.Column("base_currency", sa.String(length=12), nullable=False),
        sa.Column("calendar", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("account_id"),
        if_not_exists=True,
    )
    op.create_table(
        "activity",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("activity_id", sa.String(length=128), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("seq", BigId, nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("instrument_id", BigId),
        sa.Column("quantity", Exact(), nullable=False),
        sa.Column("price", Exact()),
        sa.Column("amount", Exact(), nullable=False),
        sa.Column("currency", sa.String(length=12), nullable=False),
        sa.Column("occurred_at", Utc(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("settles_on", sa.Date()),
        sa.Column("group_id", sa.String(length=128)),
        sa.Column("ratio", Exact()),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("venue_kind", sa.String(length=32), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=24), nullable=False),
        sa.Column("evidence", Json()),
        sa.Column("recorded_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "activity_id", "revision"),
        sa.UniqueConstraint("account_id", "seq"),
    )
    op.create_table(
        "audit_event",
        sa.Column("event_id", BigId, autoincrement=True, nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=64)),
        sa.Column("detail", Json(), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("event_hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("event_id"),
        sa.UniqueConstraint("event_hash"),
    )
    op.create_table(
        "break_case",
        sa.Column("break_id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("cause", sa.String(length=32), nullable=False),
        sa.Column("severity", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("instrument_id", BigId),
        sa.Column("currency", sa.String(length=12)),
        sa.Column("pair", sa.String(length=24), nullable=False),
        sa.Column("ours", Exact()),
        sa.Column("theirs", Exact()),
        sa.Column("first_seen", sa.Date(), nullable=False),
        sa.Column("last_seen", sa.Date(), nullable=False),
        sa.Column("age_sessions", sa.Integer(), nullable=False),
        sa.Column("money_at_risk", Exact(), nullable=False),
        sa.Column("owner", sa.String(length=64)),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.Column("evidence", Json(), nullable=False),
        sa.Column("resolution", sa.Text()),
        sa.Column("resolved_on", sa.Date()),
        sa.Column("expected_until", sa.Date()),
        sa.Column("updated_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("break_id"),
    )
    op.create_index("break_case_by_account_state", "break_case", ["account_id", "state"], unique=False)
    op.create_table(
        "break_event",
        sa.Column("event_id", BigId, autoincrement=True, nullable=False),
        sa.Column("break_id", sa.String(length=64), nullable=False),
        sa.Column("run_id", sa.String(length=80), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("event", sa.String(length=16), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("detail", Json(), nullable=False),
        sa.PrimaryKeyConstraint("event_id"),
    )
    op.create_index("break_event_by_break", "break_event", ["break_id", "event_id"], unique=False)
    op.create_table(
        "breaker",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=48), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", Utc(), nullable=False),
        sa.Column("until", Utc()),
        sa.Column("lifted_by", sa.String(length=64)),
        sa.PrimaryKeyConstraint("account_id", "name"),
    )
    op.create_table(
        "broker_order",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("broker_order_id", sa.String(length=64), nullable=False),
        sa.Column("client_order_id", sa.String(length=64)),
        sa.Column("instrument_id", BigId),
        sa.Column("side", sa.String(length=4)),
        sa.Column("quantity", Exact()),
        sa.Column("filled_quantity", Exact(), nullable=False),
        sa.Column("average_fill_price", Exact()),
        sa.Column("limit_price", Exact()),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("venue_status", sa.String(length=48), nullable=False),
        sa.Column("submitted_at", Utc()),
        sa.Column("updated_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "broker_order_id"),
    )
    op.create_index("broker_order_by_client", "broker_order", ["account_id", "client_order_id"], unique=False)
    op.create_table(
        "credential_state",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=False),
        sa.Column("venue_account", sa.String(length=64)),
        sa.Column("mode", sa.String(length=8)),
        sa.Column("checked_at", Utc(), nullable=False),
        sa.Column("expires_at", Utc()),
        sa.Column("healthy", sa.Boolean(), nullable=False),
        sa.Column("detail", Json(), nullable=False),
        sa.PrimaryKeyConstraint("account_id"),
    )
    op.create_table(
        "execution",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("execution_id", sa.String(length=128), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("seq", BigId, nullable=False),
        sa.Column("client_order_id", sa.String(length=64)),
        sa.Column("broker_order_id", sa.String(length=64)),
        sa.Column("instrument_id", BigId, nullable=False),
        sa.Column("side", sa.String(length=4), nullable=False),
        sa.Column("quantity", Exact(), nullable=False),
        sa.Column("price", Exact(), nullable=False),
        sa.Column("fee", Exact(), nullable=False),
        sa.Column("fee_currency", sa.String(length=12), nullable=False),
        sa.Column("executed_at", Utc(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("settles_on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("source", sa.String(length=24), nullable=False),
        sa.Column("evidence", Json()),
        sa.Column("recorded_at", Utc(), nullable=False),
        sa.CheckConstraint("side IN ('buy', 'sell')", name="execution_side"),
        sa.PrimaryKeyConstraint("account_id", "execution_id", "revision"),
        sa.UniqueConstraint("account_id", "seq"),
    )
    op.create_table(
        "instrument",
        sa.Column("instrument_id", BigId, autoincrement=True, nullable=False),
        sa.Column("asset_class", sa.String(length=16), nullable=False),
        sa.Column("symbol", sa.String(length=64), nullable=False),
        sa.Column("underlying", sa.String(length=64)),
        sa.Column("expiration", sa.Date()),
        sa.Column("option_right", sa.String(length=4)),
        sa.Column("strike", Exact()),
        sa.Column("multiplier", Exact(), nullable=False),
        sa.Column("currency", sa.String(length=12), nullable=False),
        sa.PrimaryKeyConstraint("instrument_id"),
        sa.UniqueConstraint("symbol"),
        if_not_exists=True,
    )
    op.create_table(
        "intent",
        sa.Column("intent_id", sa.String(length=64), nullable=False),
        sa.Column("signal_id", sa.String(length=64)),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("client_order_id", sa.String(length=64), nullable=False),
        sa.Column("instrument_id", BigId, nullable=False),
        sa.Column("side", sa.String(length=4), nullable=False),
        sa.Column("quantity", Exact(), nullable=False),
        sa.Column("order_type", sa.String(length=16), nullable=False),
        sa.Column("limit_price", Exact()),
        sa.Column("stop_price", Exact()),
        sa.Column("time_in_force", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("updated_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("intent_id"),
        sa.UniqueConstraint("client_order_id"),
    )
    op.create_index("intent_by_account_state", "intent", ["account_id", "state"], unique=False)
    op.create_table(
        "journal_sequence",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("last_seq", BigId, nullable=False),
        sa.PrimaryKeyConstraint("account_id"),
    )
    op.create_table(
        "lease",
        sa.Column("lease_key", sa.String(length=160), nullable=False),
        sa.Column("holder", sa.String(length=128), nullable=False),
        sa.Column("token", BigId, nullable=False),
        sa.Column("acquired_at", Utc(), nullable=False),
        sa.Column("expires_at", Utc(), nullable=False),
        sa.Column("released", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("lease_key"),
    )
    op.create_table(
        "order_event",
        sa.Column("event_id", BigId, autoincrement=True, nullable=False),
        sa.Column("intent_id", sa.String(length=64)),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("client_order_id", sa.String(length=64)),
        sa.Column("event", sa.String(length=32), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("detail", Json(), nullable=False),
        sa.PrimaryKeyConstraint("event_id"),
    )
    op.create_table(
        "quarantine",
        sa.Column("quarantine_id", BigId, autoincrement=True, nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("run_id", sa.String(length=80)),
        sa.Column("part", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("received_at", Utc(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("quarantine_id"),
    )
    op.create_table(
        "run",
        sa.Column("run_id", sa.String(length=80), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("flow", sa.String(length=40), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("started_at", Utc(), nullable=False),
        sa.Column("ended_at", Utc()),
        sa.Column("flow_run_id", sa.String(length=64)),
        sa.Column("outcome", Json()),
        sa.PrimaryKeyConstraint("run_id"),
        sa.UniqueConstraint("account_id", "flow", "business_date", "number"),
    )
    op.create_table(
        "signal",
        sa.Column("signal_id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=64)),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("received_at", Utc(), nullable=False),
        sa.Column("payload", Json(), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.PrimaryKeyConstraint("signal_id"),
    )
