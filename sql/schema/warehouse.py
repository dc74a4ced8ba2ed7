"""Tables of the warehouse: everything measured in rows.

No primary keys or foreign keys on bulk tables (an index makes DuckDB's Arrow inserts five times slower); uniqueness is
a quality check. Joins run on the integers `snapshot_id` and `instrument_id`.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Date, Integer, LargeBinary, MetaData, String, Table, Text

from sql.types import Exact, Json, Utc

metadata = MetaData()

snapshot = Table(
    "snapshot",
    metadata,
    Column("snapshot_id", BigInteger, nullable=False),
    Column("account_id", String(64), nullable=False),
    Column("business_date", Date, nullable=False),
    Column("captured_at", Utc, nullable=False),
    Column("broker_time", Utc),
    Column("completeness", String(12), nullable=False),
    Column("status", String(12), nullable=False),
    Column("run_id", String(80), nullable=False),
    Column("reads", Integer, nullable=False),
    Column("positions", Integer, nullable=False),  # rows the broker sent, to be found again in snapshot_position
    Column("proof", Json, nullable=False),
    Column("unmapped", Json, nullable=False),
    Column("reason", Text),
)

snapshot_position = Table(
    "snapshot_position",
    metadata,
    Column("snapshot_id", BigInteger, nullable=False),
    Column("account_id", String(64), nullable=False),
    Column("instrument_id", BigInteger, nullable=False),
    Column("symbol", String(64), nullable=False),
    Column("asset_class", String(16), nullable=False),
    Column("quantity", Exact, nullable=False),
    Column("side", String(8), nullable=False),
    Column("avg_entry_price", Exact),
    Column("market_price", Exact),
    Column("market_value", Exact),
    Column("cost_basis", Exact),
    Column("unrealized_pnl", Exact),
    Column("multiplier", Exact, nullable=False),
    Column("currency", String(12), nullable=False),
    Column("underlying", String(64)),
    Column("expiration", Date),
    Column("option_right", String(4)),
    Column("strike", Exact),
    Column("priced_at", Utc),
)

snapshot_balance = Table(
    "snapshot_balance",
    metadata,
    Column("snapshot_id", BigInteger, nullable=False),
    Column("account_id", String(64), nullable=False),
    Column("currency", String(12), nullable=False),
    Column("cash", Exact, nullable=False),
    Column("settled_cash", Exact),
    Column("equity", Exact),
    Column("buying_power", Exact),
)

snapshot_order = Table(
    "snapshot_order",
    metadata,
    Column("snapshot_id", BigInteger, nullable=False),
    Column("account_id", String(64), nullable=False),
    Column("broker_order_id", String(64), nullable=False),
    Column("client_order_id", String(64)),
    Column("instrument_id", BigInteger),
    Column("side", String(4)),
    Column("quantity", Exact),
    Column("filled_quantity", Exact, nullable=False),
    Column("limit_price", Exact),
    Column("state", String(24), nullable=False),
    Column("venue_status", String(48), nullable=False),
    Column("submitted_at", Utc),
)

snapshot_raw = Table(
    "snapshot_raw",
    metadata,
    Column("snapshot_id", BigInteger, nullable=False),
    Column("part", String(32), nullable=False),
    Column("path", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("received_at", Utc, nullable=False),
    Column("body", LargeBinary, nullable=False),  # zlib, secrets removed
)

# One statement per snapshot: what the broker says happened between the baseline and this close.
statement = Table(
    "statement",
    metadata,
    Column("snapshot_id", BigInteger, nullable=False),
    Column("account_id", String(64), nullable=False),
    Column("since", Utc, nullable=False),
    Column("until", Utc, nullable=False),
    Column("complete", Boolean, nullable=False),
    Column("pages", Integer, nullable=False),
    Column("baseline_snapshot_id", BigInteger),  # the accepted snapshot that the window starts from; null at first
    Column("baseline_date", Date),
    Column("unmapped", Json, nullable=False),
)

statement_execution = Table(
    "statement_execution",
    metadata,
    Column("snapshot_id", BigInteger, nullable=False),
    Column("account_id", String(64), nullable=False),
    Column("execution_id", String(128), nullable=False),
    Column("client_order_id", String(64)),
    Column("broker_order_id", String(64)),
    Column("instrument_id", BigInteger, nullable=False),
    Column("side", String(4), nullable=False),
    Column("quantity", Exact, nullable=False),
    Column("price", Exact, nullable=False),
    Column("amount", Exact),  # signed cash without the fee: no store multiplies two 38-digit numbers exactly
    Column("fee", Exact, nullable=False),
    Column("fee_currency", String(12), nullable=False),
    Column("executed_at", Utc, nullable=False),
    Column("business_date", Date, nullable=False),
    Column("settles_on", Date, nullable=False),
    Column("status", String(12), nullable=False),
)

statement_activity = Table(
    "statement_activity",
    metadata,
    Column("snapshot_id", BigInteger, nullable=False),
    Column("account_id", String(64), nullable=False),
    Column("activity_id", String(128), nullable=False),
    Column("kind", String(24), nullable=False),
    Column("instrument_id", BigInteger),
    Column("quantity", Exact, nullable=False),
    Column("price", Exact),
    Column("amount", Exact, nullable=False),
    Column("currency", String(12), nullable=False),
    Column("occurred_at", Utc, nullable=False),
    Column("business_date", Date, nullable=False),
    Column("settles_on", Date),
    Column("group_id", String(128)),
    Column("ratio", Exact),
    Column("status", String(12), nullable=False),
    Column("venue_kind", String(32), nullable=False),
    Column("description", Text, nullable=False),
)

# The last journal sequence that the ledger holds, per account, and nothing else: appended with each posting.
posting = Table(
    "posting",
    metadata,
    Column("account_id", String(64), nullable=False),
    Column("last_seq", BigInteger, nullable=False),
    Column("entries", Integer, nullable=False),
    Column("posted_at", Utc, nullable=False),
)

# Two legs per journal record: units of the instrument (instrument_id set) and money (instrument_id null).
ledger_entry = Table(
    "ledger_entry",
    metadata,
    Column("entry_id", BigInteger, nullable=False),  # derived from account, seq and leg: posting twice is visible
    Column("account_id", String(64), nullable=False),
    Column("seq", BigInteger, nullable=False),  # journal sequence of the record
    Column("leg", Integer, nullable=False),
    Column("record_kind", String(12), nullable=False),  # execution | activity
    Column("record_id", String(128), nullable=False),
    Column("event", String(24), nullable=False),  # trade, fee, or the activity's kind
    Column("instrument_id", BigInteger),
    Column("currency", String(12), nullable=False),
    Column("quantity", Exact, nullable=False),  # signed: units on an instrument leg, money on a cash leg
    Column("cost_basis", Exact, nullable=False),  # signed change, fees included; zero on a cash leg
    Column("realized_pnl", Exact, nullable=False),
    Column("business_date", Date, nullable=False),
    Column("settles_on", Date, nullable=False),
)

# Append-only: a lot's state at any moment is the sum of its rows up to there.
lot = Table(
    "lot",
    metadata,
    Column("lot_id", String(64), nullable=False),
    Column("account_id", String(64), nullable=False),
    Column("instrument_id", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("acquired_on", Date, nullable=False),
    Column("quantity", Exact, nullable=False),  # signed change
    Column("cost_basis", Exact, nullable=False),  # signed change
    Column("business_date", Date, nullable=False),
)

price = Table(
    "price",
    metadata,
    Column("instrument_id", BigInteger, nullable=False),
    Column("business_date", Date, nullable=False),
    Column("price", Exact, nullable=False),
    Column("currency", String(12), nullable=False),
    Column("source", String(64), nullable=False),
    Column("priced_at", Utc, nullable=False),
)

nav = Table(
    "nav",
    metadata,
    Column("account_id", String(64), nullable=False),
    Column("business_date", Date, nullable=False),
    Column("run_id", String(80), nullable=False),
    Column("currency", String(12), nullable=False),
    Column("cash", Exact, nullable=False),
    Column("long_value", Exact, nullable=False),
    Column("short_value", Exact, nullable=False),
    Column("equity", Exact, nullable=False),
    Column("source", String(12), nullable=False),  # broker | book
)

recon_run = Table(
    "recon_run",
    metadata,
    Column("run_id", String(80), nullable=False),
    Column("account_id", String(64), nullable=False),
    Column("business_date", Date, nullable=False),
    Column("state", String(24), nullable=False),
    Column("coverage", Exact, nullable=False),  # 0 to 1
    Column("rows_compared", BigInteger, nullable=False),
    Column("breaks_opened", Integer, nullable=False),
    Column("breaks_closed", Integer, nullable=False),
    Column("breaks_open", Integer, nullable=False),
    Column("critical_open", Integer, nullable=False),
    Column("snapshot_id", BigInteger),
    Column("ledger_seq", BigInteger),  # the book as it stood: entries up to this journal sequence
    Column("inputs", Json, nullable=False),  # everything else a replay needs: tolerances, dates, versions
    Column("result", Text, nullable=False),  # canonical JSON, what a replay must equal byte for byte
    Column("result_sha256", String(64), nullable=False),
    Column("finished_at", Utc, nullable=False),
)

quality_result = Table(
    "quality_result",
    metadata,
    Column("snapshot_id", BigInteger, nullable=False),
    Column("account_id", String(64), nullable=False),
    Column("suite", String(32), nullable=False),
    Column("expectation", String(120), nullable=False),
    Column("severity", String(12), nullable=False),
    Column("success", Boolean, nullable=False),
    Column("observed", Text, nullable=False),
    Column("rows_failed", BigInteger, nullable=False),
    Column("sample", Json, nullable=False),
)

# The journal's two reference tables again, so that analytics need one file. On a shared PostgreSQL they are the same.
account = Table(
    "account",
    metadata,
    Column("account_id", String(64), nullable=False),
    Column("broker", String(32), nullable=False),
    Column("mode", String(8), nullable=False),
    Column("base_currency", String(12), nullable=False),
    Column("calendar", String(16), nullable=False),
)

instrument = Table(
    "instrument",
    metadata,
    Column("instrument_id", BigInteger, nullable=False),
    Column("asset_class", String(16), nullable=False),
    Column("symbol", String(64), nullable=False),
    Column("underlying", String(64)),
    Column("expiration", Date),
    Column("option_right", String(4)),
    Column("strike", Exact),
    Column("multiplier", Exact, nullable=False),
    Column("currency", String(12), nullable=False),
)
