"""The audit trail becomes a chain: what an event is about, where the chain ends, and acts that two people decide."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sql.types import BigId, Json, Utc

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Widen `audit_event`; create `audit_chain`, `act` and `account_flags`."""
    op.add_column("audit_event", sa.Column("subject", sa.String(length=200), server_default="", nullable=False))
    op.create_index("audit_event_by_action", "audit_event", ["action", "event_id"])
    op.create_index("audit_event_by_time", "audit_event", ["at"])
    op.create_table(
        "audit_chain",
        sa.Column("chain_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("event_id", BigId, nullable=False),
        sa.Column("event_hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("chain_id"),
    )
    op.create_table(
        "act",
        sa.Column("act_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("terms", Json(), nullable=False),
        sa.Column("proposer", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("needed", sa.Integer(), nullable=False),
        sa.Column("asked_at", Utc(), nullable=False),
        sa.Column("until", Utc(), nullable=False),
        sa.Column("agreed", Json(), server_default="[]", nullable=False),
        sa.Column("wrong_codes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("decided_at", Utc()),
        sa.Column("decided_by", sa.String(length=200)),
        sa.PrimaryKeyConstraint("act_id"),
    )
    op.create_index("act_by_state", "act", ["state", "until"])
    op.create_index("act_by_subject", "act", ["kind", "subject"])
    op.create_table(
        "account_flags",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("flags", Json(), nullable=False),
        sa.Column("seen_at", Utc(), nullable=False),
        sa.Column("watched_until", Utc()),
        sa.PrimaryKeyConstraint("account_id"),
    )
