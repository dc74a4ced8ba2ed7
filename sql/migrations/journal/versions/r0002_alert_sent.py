"""Which alerts went out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sql.types import Utc

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "alert_sent",
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("severity", sa.String(length=12), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("sent_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint"),
    )
