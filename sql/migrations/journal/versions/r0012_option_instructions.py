"""What the holder of a long option told the broker, or is about to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sql.types import BigId, Exact, Utc

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create `option_instruction`."""
    op.create_table(
        "option_instruction",
        sa.Column("instruction_id", sa.String(length=64), nullable=False),
        sa.Column("act_id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("instrument_id", BigId, nullable=False),
        sa.Column("choice", sa.String(length=16), nullable=False),
        sa.Column("contracts", Exact(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("until", Utc(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("proposer", sa.String(length=64), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("instruction_id"),
    )
    op.create_index("option_instruction_by_account", "option_instruction", ["account_id", "state"])
