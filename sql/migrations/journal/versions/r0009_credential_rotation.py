"""Where the rotation of each credential stands, and what happened on the way."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sql.types import BigId, Json, Utc

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create both tables."""
    op.create_table(
        "credential_rotation",
        sa.Column("credential_id", sa.String(length=64), nullable=False),
        sa.Column("part", sa.String(length=8), nullable=False),
        sa.Column("phase", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=160)),
        sa.Column("former", sa.String(length=160)),
        sa.Column("issued_at", Utc()),
        sa.Column("access_until", Utc()),
        sa.Column("refresh_until", Utc()),
        sa.Column("deadline", Utc()),
        sa.Column("not_before", Utc()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("detail", Json(), nullable=False),
        sa.Column("updated_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("credential_id", "part"),
    )
    op.create_table(
        "credential_event",
        sa.Column("event_id", BigId, autoincrement=True, nullable=False),
        sa.Column("credential_id", sa.String(length=64), nullable=False),
        sa.Column("part", sa.String(length=8), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("phase", sa.String(length=16), nullable=False),
        sa.Column("event", sa.String(length=32), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("call", sa.Boolean(), nullable=False),
        sa.Column("notice", sa.String(length=96)),
        sa.Column("told_at", Utc()),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("event_id"),
    )
    op.create_index("credential_event_by_credential", "credential_event", ["credential_id", "event_id"])
