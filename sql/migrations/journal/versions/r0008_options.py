"""What is expected of options, the cash kept for it, and what was proven of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sql.types import BigId, Exact, Json, Utc

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the three tables."""
    op.create_table("option_forecast", *_forecast_columns())
    op.create_index("option_forecast_by_account", "option_forecast", ["account_id", "instrument_id", "forecast_id"])
    op.create_table("option_reservation", *_reservation_columns())
    op.create_index("option_reservation_by_account", "option_reservation", ["account_id", "released_at"])
    op.create_table("option_event", *_event_columns())
    op.create_index("option_event_by_account", "option_event", ["account_id", "instrument_id"])


def _forecast_columns() -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("forecast_id", BigId, autoincrement=True, nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("run_id", sa.String(length=80), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("moment", sa.String(length=12), nullable=False),
        sa.Column("instrument_id", BigId, nullable=False),
        sa.Column("contracts", Exact(), nullable=False),
        sa.Column("expires", sa.Date(), nullable=False),
        sa.Column("likelihood", sa.String(length=12), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("cash", Exact(), nullable=False),
        sa.Column("decide_by", Utc(), nullable=False),
        sa.Column("report_only", sa.Boolean(), nullable=False),
        sa.Column("detail", Json(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("forecast_id"),
    )


def _reservation_columns() -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("instrument_id", BigId, autoincrement=False, nullable=False),
        sa.Column("contracts", Exact(), nullable=False),
        sa.Column("amount", Exact(), nullable=False),
        sa.Column("currency", sa.String(length=12), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("run_id", sa.String(length=80), nullable=False),
        sa.Column("since", Utc(), nullable=False),
        sa.Column("released_at", Utc()),
        sa.Column("released_why", sa.Text()),
        sa.PrimaryKeyConstraint("account_id", "instrument_id"),
    )


def _event_columns() -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("event_id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("instrument_id", BigId, nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("contracts", Exact(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("basis", sa.String(length=24), nullable=False),
        sa.Column("confidence", Exact(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("traits", Json(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("forecast_id", BigId),
        sa.Column("booked", Json(), nullable=False),
        sa.Column("booked_seq", sa.Integer()),
        sa.Column("run_id", sa.String(length=80), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("event_id"),
    )
