"""The warehouse's first tables and the two views of the book."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sql.types import BigId, Exact, Json, Utc

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "ledger_entry",
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("leg", sa.Integer(), nullable=False),
        sa.Column("record_kind", sa.String(length=12), nullable=False),
        sa.Column("record_id", sa.String(length=128), nullable=False),
        sa.Column("event", sa.String(length=24), nullable=False),
        sa.Column("instrument_id", sa.BigInteger()),
        sa.Column("currency", sa.String(length=12), nullable=False),
        sa.Column("quantity", Exact(), nullable=False),
        sa.Column("cost_basis", Exact(), nullable=False),
        sa.Column("realized_pnl", Exact(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("settles_on", sa.Date(), nullable=False),
    )
    op.create_table(
        "lot",
        sa.Column("lot_id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("instrument_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("acquired_on", sa.Date(), nullable=False),
        sa.Column("quantity", Exact(), nullable=False),
        sa.Column("cost_basis", Exact(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
    )
    op.create_table(
        "nav",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("run_id", sa.String(length=80), nullable=False),
        sa.Column("currency", sa.String(length=12), nullable=False),
        sa.Column("cash", Exact(), nullable=False),
        sa.Column("long_value", Exact(), nullable=False),
        sa.Column("short_value", Exact(), nullable=False),
        sa.Column("equity", Exact(), nullable=False),
        sa.Column("source", sa.String(length=12), nullable=False),
    )
    op.create_table(
        "posting",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("posted_at", Utc(), nullable=False),
    )
    op.create_table(
        "price",
        sa.Column("instrument_id", sa.BigInteger(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("price", Exact(), nullable=False),
        sa.Column("currency", sa.String(length=12), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("priced_at", Utc(), nullable=False),
    )
    op.create_table(
        "quality_result",
        sa.Column("snapshot_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("suite", sa.String(length=32), nullable=False),
        sa.Column("expectation", sa.String(length=120), nullable=False),
        sa.Column("severity", sa.String(length=12), nullable=False),
        sa.Column("success", sa.Boolean(), nullable=False),
        sa.Column("observed", sa.Text(), nullable=False),
        sa.Column("rows_failed", sa.BigInteger(), nullable=False),
        sa.Column("sample", Json(), nullable=False),
    )
    op.create_table(
        "recon_run",
        sa.Column("run_id", sa.String(length=80), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("coverage", Exact(), nullable=False),
        sa.Column("rows_compared", sa.BigInteger(), nullable=False),
        sa.Column("breaks_opened", sa.Integer(), nullable=False),
        sa.Column("breaks_closed", sa.Integer(), nullable=False),
        sa.Column("breaks_open", sa.Integer(), nullable=False),
        sa.Column("critical_open", sa.Integer(), nullable=False),
        sa.Column("snapshot_id", sa.BigInteger()),
        sa.Column("ledger_seq", sa.BigInteger()),
        sa.Column("inputs", Json(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("result_sha256", sa.String(length=64), nullable=False),
        sa.Column("finished_at", Utc(), nullable=False),
    )
    op.create_table(
        "snapshot",
        sa.Column("snapshot_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("captured_at", Utc(), nullable=False),
        sa.Column("broker_time", Utc()),
        sa.Column("completeness", sa.String(length=12), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("run_id", sa.String(length=80), nullable=False),
        sa.Column("reads", sa.Integer(), nullable=False),
        sa.Column("positions", sa.Integer(), nullable=False),
        sa.Column("proof", Json(), nullable=False),
        sa.Column("unmapped", Json(), nullable=False),
        sa.Column("reason", sa.Text()),
    )
    op.create_table(
        "snapshot_balance",
        sa.Column("snapshot_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("currency", sa.String(length=12), nullable=False),
        sa.Column("cash", Exact(), nullable=False),
        sa.Column("settled_cash", Exact()),
        sa.Column("equity", Exact()),
        sa.Column("buying_power", Exact()),
    )
    op.create_table(
        "snapshot_order",
        sa.Column("snapshot_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("broker_order_id", sa.String(length=64), nullable=False),
        sa.Column("client_order_id", sa.String(length=64)),
        sa.Column("instrument_id", sa.BigInteger()),
        sa.Column("side", sa.String(length=4)),
        sa.Column("quantity", Exact()),
        sa.Column("filled_quantity", Exact(), nullable=False),
        sa.Column("limit_price", Exact()),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("venue_status", sa.String(length=48), nullable=False),
        sa.Column("submitted_at", Utc()),
    )
    op.create_table(
        "snapshot_position",
        sa.Column("snapshot_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("instrument_id", sa.BigInteger(), nullable=False),
        sa.Column("symbol", sa.String(length=64), nullable=False),
        sa.Column("asset_class", sa.String(length=16), nullable=False),
        sa.Column("quantity", Exact(), nullable=False),
        sa.Column("side", sa.String(length=8), nullable=False),
        sa.Column("avg_entry_price", Exact()),
        sa.Column("market_price", Exact()),
        sa.Column("market_value", Exact()),
        sa.Column("cost_basis", Exact()),
        sa.Column("unrealized_pnl", Exact()),
        sa.Column("multiplier", Exact(), nullable=False),
        sa.Column("currency", sa.String(length=12), nullable=False),
        sa.Column("underlying", sa.String(length=64)),
        sa.Column("expiration", sa.Date()),
        sa.Column("option_right", sa.String(length=4)),
        sa.Column("strike", Exact()),
        sa.Column("priced_at", Utc()),
    )
    op.create_table(
        "snapshot_raw",
        sa.Column("snapshot_id", sa.BigInteger(), nullable=False),
        sa.Column("part", sa.String(length=32), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("received_at", Utc(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "statement",
        sa.Column("snapshot_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("since", Utc(), nullable=False),
        sa.Column("until", Utc(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("baseline_snapshot_id", sa.BigInteger()),
        sa.Column("baseline_date", sa.Date()),
        sa.Column("unmapped", Json(), nullable=False),
    )
    op.create_table(
        "statement_activity",
        sa.Column("snapshot_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("activity_id", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("instrument_id", sa.BigInteger()),
        sa.Column("quantity", Exact(), nullable=False),
        sa.Column("price", Exact()),
        sa.Column("amount", Exact(), nullable=False),
        sa.Column("currency", sa.String(length=12), nullable=False),
        sa.Column("occurred_at", Utc(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("settles_on", sa.Date()),
        sa.Column("group_id", sa.String(length=128)),
        sa.Column("ratio", Exact()),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("venue_kind", sa.String(length=32), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
    )
    op.create_table(
        "statement_execution",
        sa.Column("snapshot_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("execution_id", sa.String(length=128), nullable=False),
        sa.Column("client_order_id", sa.String(length=64)),
        sa.Column("broker_order_id", sa.String(length=64)),
        sa.Column("instrument_id", sa.BigInteger(), nullable=False),
        sa.Column("side", sa.String(length=4), nullable=False),
        sa.Column("quantity", Exact(), nullable=False),
        sa.Column("price", Exact(), nullable=False),
        sa.Column("amount", Exact()),
        sa.Column("fee", Exact(), nullable=False),
        sa.Column("fee_currency", sa.String(length=12), nullable=False),
        sa.Column("executed_at", Utc(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("settles_on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
    )
    op.execute(_BOOK_POSITION)
    op.execute(_BOOK_CASH)
    if op.get_bind().dialect.name == "postgresql":
        _create_shared_tables()
    else:
        _create_mirrors()


def _create_shared_tables() -> None:
    """In the journal's form, with its keys: both stores may live in this database, whichever is opened first."""
    op.create_table(
        "account",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("broker", sa.String(length=32), nullable=False),
        sa.Column("mode", sa.String(length=8), nullable=False),
        sa.Column("base_currency", sa.String(length=12), nullable=False),
        sa.Column("calendar", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("account_id"),
        if_not_exists=True,
    )
    op.create_table(
        "instrument",
        sa.Column("instrument_id", BigId, autoincrement=True, nullable=False),
        sa.Column("asset_class", sa.String(length=16), nullable=False),
        sa.Column("symbol", sa.String(length=64), nullable=False),
        sa.Column("underlying", sa.String(length=64)),
        sa.Column("expiration", sa.Date()),
        sa.Column("option_right", sa.String(length=4)),
        sa.Column("strike", Exact()),
        sa.Column("multiplier", Exact(), nullable=False),
        sa.Column("currency", sa.String(length=12), nullable=False),
        sa.PrimaryKeyConstraint("instrument_id"),
        sa.UniqueConstraint("symbol"),
        if_not_exists=True,
    )


def _create_mirrors() -> None:
    op.create_table(
        "account",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("broker", sa.String(length=32), nullable=False),
        sa.Column("mode", sa.String(length=8), nullable=False),
        sa.Column("base_currency", sa.String(length=12), nullable=False),
        sa.Column("calendar", sa.String(length=16), nullable=False),
    )
    op.create_table(
        "instrument",
        sa.Column("instrument_id", sa.BigInteger(), nullable=False),
        sa.Column("asset_class", sa.String(length=16), nullable=False),
        sa.Column("symbol", sa.String(length=64), nullable=False),
        sa.Column("underlying", sa.String(length=64)),
        sa.Column("expiration", sa.Date()),
        sa.Column("option_right", sa.String(length=4)),
        sa.Column("strike", Exact()),
        sa.Column("multiplier", Exact(), nullable=False),
        sa.Column("currency", sa.String(length=12), nullable=False),
    )


# What we hold now: a flat position is no position. For an earlier day sum the entries up to that day.
_BOOK_POSITION = """
CREATE VIEW book_position AS
SELECT account_id, instrument_id,
       CAST(SUM(quantity) AS NUMERIC(38, 18)) AS quantity,
       CAST(SUM(cost_basis) AS NUMERIC(38, 18)) AS cost_basis,
       MAX(business_date) AS business_date
FROM ledger_entry
WHERE instrument_id IS NOT NULL
GROUP BY account_id, instrument_id
HAVING SUM(quantity) <> 0 OR SUM(cost_basis) <> 0
"""

# Trade-date cash by currency. Cash costs what it is.
_BOOK_CASH = """
CREATE VIEW book_cash AS
SELECT account_id, currency,
       CAST(SUM(quantity) AS NUMERIC(38, 18)) AS quantity,
       CAST(SUM(quantity) AS NUMERIC(38, 18)) AS cost_basis,
       MAX(business_date) AS business_date
FROM ledger_entry
WHERE instrument_id IS NULL
GROUP BY account_id, currency
"""
