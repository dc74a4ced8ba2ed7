"""An order's executions are looked up with every booking: by an index, however many years of them there are."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the index."""
    op.create_index("execution_by_order", "execution", ["account_id", "client_order_id"])
