"""How well each intent traded, and who looks after the exits of a position."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sql.types import Exact, Utc

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    _figures()
    _exits_at_the_venue()
    _kept_exits()


def _figures() -> None:
    op.create_table(
        "fill_figures",
        sa.Column("intent_id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("executed", Exact(), nullable=False),
        sa.Column("average_price", Exact()),
        sa.Column("arrival_price", Exact()),
        sa.Column("slippage_bp", Exact()),
        sa.Column("vwap", Exact()),
        sa.Column("vwap_of", sa.String(length=12)),
        sa.Column("vwap_since", Utc()),
        sa.Column("vwap_until", Utc()),
        sa.Column("vwap_bp", Exact()),
        sa.Column("fill_s", Exact()),
        sa.Column("measured_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("intent_id"),
    )


def _exits_at_the_venue() -> None:
    op.create_table(
        "exit_plan",
        sa.Column("intent_id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("held_by", sa.String(length=8), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("since", Utc(), nullable=False),
        sa.Column("until", Utc()),
        sa.Column("gone", Exact(), nullable=False, server_default="0"),
        sa.Column("looked_at", Utc()),
        sa.Column("said", sa.Text(), nullable=False, server_default=""),
        sa.Column("over_at", Utc()),
        sa.Column("version", sa.Integer(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("intent_id"),
    )
    op.create_index("exit_plan_by_account", "exit_plan", ["account_id", "over_at"])
    op.create_table(
        "venue_exit",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("broker_order_id", sa.String(length=64), nullable=False),
        sa.Column("intent_id", sa.String(length=64), nullable=False),
        sa.Column("client_order_id", sa.String(length=64)),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("side", sa.String(length=4)),
        sa.Column("price", Exact()),
        sa.Column("quantity", Exact()),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("filled", Exact(), nullable=False),
        sa.Column("booked", Exact(), nullable=False, server_default="0"),
        sa.Column("ended_at", Utc()),
        sa.Column("counted_at", Utc()),
        sa.Column("updated_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "broker_order_id"),
    )
    op.create_index("venue_exit_by_intent", "venue_exit", ["intent_id"])


def _kept_exits() -> None:
    op.create_table(
        "kept_exit",
        sa.Column("intent_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("price", Exact(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("reached_at", Utc()),
        sa.Column("reached_price", Exact()),
        sa.Column("reason", sa.Text(), nullable=False, server_default=""),
        sa.Column("updated_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("intent_id", "kind"),
    )
    op.create_table(
        "kept_exit_order",
        sa.Column("exit_intent_id", sa.String(length=64), nullable=False),
        sa.Column("intent_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("made_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("exit_intent_id"),
        sa.UniqueConstraint("intent_id", "kind", "number"),
    )
