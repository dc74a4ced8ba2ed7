"""What an intent's way to a venue needs: its whole placement, approvals, and exposure held in escrow."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sql.types import BigId, Exact, Json, Utc

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Widen `intent`, create `approval` and `escrow`, and make histories quick to find."""
    for column in _intent_columns():
        op.add_column("intent", column)
    op.create_index("intent_by_account_date", "intent", ["account_id", "business_date"])
    op.create_index("intent_by_parent", "intent", ["parent_id"])
    op.create_index("order_event_by_intent", "order_event", ["intent_id", "event_id"])
    op.create_index("order_event_by_client", "order_event", ["client_order_id", "event_id"])
    op.create_table(
        "approval",
        sa.Column("intent_id", sa.String(length=64), nullable=False),
        sa.Column("asked_at", Utc(), nullable=False),
        sa.Column("until", Utc(), nullable=False),
        sa.Column("evidence", Json(), nullable=False),
        sa.Column("decided_at", Utc()),
        sa.Column("decision", sa.String(length=16)),
        sa.Column("approver", sa.String(length=200)),
        sa.Column("agreed", Json(), server_default="[]", nullable=False),
        sa.Column("wrong_codes", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("intent_id"),
    )
    op.create_table(
        "escrow",
        sa.Column("intent_id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("instrument_id", BigId, autoincrement=False, nullable=False),
        sa.Column("side", sa.String(length=4), nullable=False),
        sa.Column("quantity", Exact(), nullable=False),
        sa.Column("since", Utc(), nullable=False),
        sa.Column("released_at", Utc()),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("intent_id", "account_id", "instrument_id", "side"),
    )
    op.create_index("escrow_by_account", "escrow", ["account_id", "released_at"])


def _intent_columns() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("filled", Exact(), server_default="0", nullable=False),
        sa.Column("booked", Exact(), server_default="0", nullable=False),
        sa.Column("parent_id", sa.String(length=64)),
        sa.Column("business_date", sa.Date()),
        sa.Column("window", sa.String(length=64), server_default="", nullable=False),
        sa.Column("valid_until", Utc()),
        sa.Column("not_before", Utc()),
        sa.Column("broker_order_id", sa.String(length=64)),
        sa.Column("sends", sa.Integer(), server_default="0", nullable=False),
        sa.Column("detail", Json(), server_default="{}", nullable=False),
    )
