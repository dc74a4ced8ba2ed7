"""What people say beforehand will leave, enter or change in an account."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sql.types import Utc

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create `expected_transfer`."""
    op.create_table(
        "expected_transfer",
        sa.Column("announced_id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("what", sa.String(length=8), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("announced_by", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", Utc(), nullable=False),
        sa.Column("until", Utc(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("decided_at", Utc()),
        sa.Column("movement", sa.String(length=200)),
        sa.PrimaryKeyConstraint("announced_id"),
    )
    op.create_index("expected_transfer_by_account", "expected_transfer", ["account_id", "state"])
