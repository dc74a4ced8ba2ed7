"""The day's plan, and where a venue's calendar differs from ours."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sql.types import Utc

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create `planned_run` and `calendar_difference`."""
    op.create_table(
        "planned_run",
        sa.Column("plan_key", sa.String(length=200), nullable=False),
        sa.Column("flow", sa.String(length=40), nullable=False),
        sa.Column("part", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("due_at", Utc(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("flow_run_id", sa.String(length=64)),
        sa.Column("report", sa.Boolean(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("updated_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("plan_key"),
    )
    op.create_index("planned_run_by_account", "planned_run", ["account_id", "business_date"])
    op.create_index("planned_run_by_flow_run", "planned_run", ["flow_run_id"])
    op.create_table(
        "calendar_difference",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("first_seen", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "business_date"),
    )
