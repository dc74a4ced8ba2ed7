"""Which time step of an approver's one-time codes was used last."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sql.types import BigId, Utc

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "one_time_code",
        sa.Column("approver", sa.String(length=64), nullable=False),
        sa.Column("step", BigId, nullable=False),
        sa.Column("used_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("approver"),
    )
