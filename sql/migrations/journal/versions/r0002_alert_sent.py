"""What was told last of each account's session, and to whom."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sql.types import BigId, Json, Utc

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "alert_sent",
        sa.Column("alert_id", BigId, autoincrement=True, nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("severity", sa.String(length=12), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("targets", Json(), nullable=False),
        sa.Column("sent_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("alert_id"),
    )
    op.create_index("alert_sent_by_account", "alert_sent", ["account_id", "business_date"])
