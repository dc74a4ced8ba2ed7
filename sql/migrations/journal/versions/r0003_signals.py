"""What a signal wishes and until when, and a table into which other programs write theirs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sql.types import BigId, Json, Utc

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Widen `signal` and create `signal_inbox`."""
    op.add_column("signal", sa.Column("strategy", sa.String(length=64)))
    op.add_column("signal", sa.Column("content_hash", sa.String(length=64)))
    op.add_column("signal", sa.Column("expires_at", Utc()))
    op.add_column("signal", sa.Column("updated_at", Utc()))
    op.add_column("signal", sa.Column("wish", Json()))
    op.create_index("signal_by_state", "signal", ["state", "received_at"])
    op.create_table(
        "signal_inbox",
        sa.Column("inbox_id", BigId, autoincrement=True, nullable=False),
        sa.Column("strategy", sa.String(length=64)),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("signal_id", sa.String(length=64)),
        sa.Column("reason", sa.Text()),
        sa.PrimaryKeyConstraint("inbox_id"),
    )
    op.create_index("signal_inbox_by_signal", "signal_inbox", ["signal_id"])
