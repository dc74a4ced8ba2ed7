"""Tables of the journal: what happens and must survive a crash at any instruction."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from sql.types import BigId, Exact, Json, Utc

metadata = MetaData()

account = Table(
    "account",
    metadata,
    Column("account_id", String(64), primary_key=True),
    Column("broker", String(32), nullable=False),
    Column("mode", String(8), nullable=False),
    Column("base_currency", String(12), nullable=False),
    Column("calendar", String(16), nullable=False),
)

instrument = Table(
    "instrument",
    metadata,
    Column("instrument_id", BigId, primary_key=True, autoincrement=True),
    Column("asset_class", String(16), nullable=False),
    Column("symbol", String(64), nullable=False, unique=True),
    Column("underlying", String(64)),
    Column("expiration", Date),
    Column("option_right", String(4)),
    Column("strike", Exact),
    Column("multiplier", Exact, nullable=False),
    Column("currency", String(12), nullable=False),
)

# One counter per account gives executions and activities one common order. The row lock taken by the increment is held
# until commit, so sequence order is commit order, and a reader that has seen n has seen everything below n.
journal_sequence = Table(
    "journal_sequence",
    metadata,
    Column("account_id", String(64), primary_key=True),
    Column("last_seq", BigId, nullable=False),
)

signal = Table(
    "signal",
    metadata,
    Column("signal_id", String(64), primary_key=True),
    Column("account_id", String(64)),
    Column("source", String(32), nullable=False),
    Column("received_at", Utc, nullable=False),
    Column("payload", Json, nullable=False),  # as it was sent, secrets removed
    Column("state", String(24), nullable=False),
    Column("reason", Text),
    Column("strategy", String(64)),
    Column("content_hash", String(64)),
    Column("expires_at", Utc),
    Column("updated_at", Utc),
    Column("wish", Json),  # see tieout/signals/record.py; none in a refused one
    Index("signal_by_state", "state", "received_at"),
)

# Where other programs put their signals: a row of text each, answered in the same row. Nothing of it is believed.
signal_inbox = Table(
    "signal_inbox",
    metadata,
    Column("inbox_id", BigId, primary_key=True, autoincrement=True),
    Column("strategy", String(64)),
    Column("payload", Text, nullable=False),  # JSON, in a format that is known
    Column("signal_id", String(64)),  # ours, once it was read
    Column("reason", Text),  # why it was refused
    Index("signal_inbox_by_signal", "signal_id"),
)

intent = Table(
    "intent",
    metadata,
    Column("intent_id", String(64), primary_key=True),
    Column("signal_id", String(64)),
    Column("account_id", String(64), nullable=False),
    Column("client_order_id", String(64), nullable=False, unique=True),
    Column("instrument_id", BigId, nullable=False),
    Column("side", String(4), nullable=False),
    Column("quantity", Exact, nullable=False),
    Column("order_type", String(16), nullable=False),
    Column("limit_price", Exact),
    Column("stop_price", Exact),
    Column("time_in_force", String(8), nullable=False),
    Column("state", String(24), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("updated_at", Utc, nullable=False),
    Column("version", Integer, nullable=False, server_default="0"),  # one higher with each change
    Column("filled", Exact, nullable=False, server_default="0"),
    Column("booked", Exact, nullable=False, server_default="0"),
    Column("parent_id", String(64)),
    Column("business_date", Date),
    Column("window", String(64), nullable=False, server_default=""),
    Column("valid_until", Utc),
    Column("not_before", Utc),
    Column("broker_order_id", String(64)),
    Column("sends", Integer, nullable=False, server_default="0"),
    Column("detail", Json, nullable=False, server_default="{}"),  # the rest of a placement; see sql/placement_rows.py
    Index("intent_by_account_state", "account_id", "state"),
    Index("intent_by_account_date", "account_id", "business_date"),
    Index("intent_by_parent", "parent_id"),
)

# A question to a person about one intent. It is answered once; `wrong_codes` counts answers that were not proven.
approval = Table(
    "approval",
    metadata,
    Column("intent_id", String(64), primary_key=True),
    Column("asked_at", Utc, nullable=False),
    Column("until", Utc, nullable=False),  # silence until then is a no
    Column("evidence", Json, nullable=False),
    Column("decided_at", Utc),
    Column("decision", String(16)),  # approved | declined | lapsed
    Column("approver", String(200)),  # names, where more than one said yes
    Column("agreed", Json, nullable=False, server_default="[]"),  # who said yes so far
    Column("wrong_codes", Integer, nullable=False, server_default="0"),
)

# The newest time step whose code an approver has used: each code serves once, and none goes back in time.
one_time_code = Table(
    "one_time_code",
    metadata,
    Column("approver", String(64), primary_key=True),
    Column("step", BigId, nullable=False, autoincrement=False),
    Column("used_at", Utc, nullable=False),
)

# Units that an intent may still trade, kept free at its own account and at each account that may get the rest. Released
# only when nothing more can trade under it and nobody goes on; then the heir has rows of its own.
escrow = Table(
    "escrow",
    metadata,
    Column("intent_id", String(64), primary_key=True),
    Column("account_id", String(64), primary_key=True),
    Column("instrument_id", BigId, primary_key=True, autoincrement=False),
    Column("side", String(4), primary_key=True),
    Column("quantity", Exact, nullable=False),
    Column("since", Utc, nullable=False),
    Column("released_at", Utc),
    Column("why", Text, nullable=False),
    Index("escrow_by_account", "account_id", "released_at"),
)

broker_order = Table(
    "broker_order",
    metadata,
    Column("account_id", String(64), primary_key=True),
    Column("broker_order_id", String(64), primary_key=True),
    Column("client_order_id", String(64)),
    Column("instrument_id", BigId),
    Column("side", String(4)),
    Column("quantity", Exact),
    Column("filled_quantity", Exact, nullable=False),
    Column("average_fill_price", Exact),
    Column("limit_price", Exact),
    Column("state", String(24), nullable=False),
    Column("venue_status", String(48), nullable=False),
    Column("submitted_at", Utc),
    Column("updated_at", Utc, nullable=False),
    Index("broker_order_by_client", "account_id", "client_order_id"),
)

order_event = Table(
    "order_event",
    metadata,
    Column("event_id", BigId, primary_key=True, autoincrement=True),
    Column("intent_id", String(64)),
    Column("account_id", String(64), nullable=False),
    Column("client_order_id", String(64)),
    Column("event", String(32), nullable=False),
    Column("at", Utc, nullable=False),
    Column("detail", Json, nullable=False),
    Index("order_event_by_intent", "intent_id", "event_id"),
    Index("order_event_by_client", "client_order_id", "event_id"),
)

# The book's side of trading: fills that our own orders got, that were imported with a signature, or that a rule or a
# person accepted from a statement (`source` says which). What the broker merely claims stands in the warehouse.
execution = Table(
    "execution",
    metadata,
    Column("account_id", String(64), primary_key=True),
    Column("execution_id", String(128), primary_key=True),
    Column("revision", Integer, primary_key=True),  # 0, then one higher for each correction or bust
    Column("seq", BigId, nullable=False),
    Column("client_order_id", String(64)),
    Column("broker_order_id", String(64)),
    Column("instrument_id", BigId, nullable=False),
    Column("side", String(4), nullable=False),
    Column("quantity", Exact, nullable=False),
    Column("price", Exact, nullable=False),
    Column("fee", Exact, nullable=False),
    Column("fee_currency", String(12), nullable=False),
    Column("executed_at", Utc, nullable=False),
    Column("business_date", Date, nullable=False),
    Column("settles_on", Date, nullable=False),
    Column("status", String(12), nullable=False),
    Column("source", String(24), nullable=False),  # order | import | statement | resolution
    Column("evidence", Json),
    Column("recorded_at", Utc, nullable=False),
    UniqueConstraint("account_id", "seq"),
    CheckConstraint("side IN ('buy', 'sell')", name="execution_side"),
    Index("execution_by_order", "account_id", "client_order_id"),
)

activity = Table(
    "activity",
    metadata,
    Column("account_id", String(64), primary_key=True),
    Column("activity_id", String(128), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("seq", BigId, nullable=False),
    Column("kind", String(24), nullable=False),
    Column("instrument_id", BigId),
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
    Column("source", String(24), nullable=False),
    Column("evidence", Json),
    Column("recorded_at", Utc, nullable=False),
    UniqueConstraint("account_id", "seq"),
)

break_case = Table(
    "break_case",
    metadata,
    Column("break_id", String(64), primary_key=True),
    Column("account_id", String(64), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("cause", String(32), nullable=False),
    Column("severity", String(12), nullable=False),
    Column("state", String(16), nullable=False),  # open | resolved | closed
    Column("subject", String(200), nullable=False),  # what differs: symbol, currency, execution or activity id
    Column("instrument_id", BigId),
    Column("currency", String(12)),
    Column("pair", String(24), nullable=False),  # which two of the three sources disagree
    Column("ours", Exact),
    Column("theirs", Exact),
    Column("first_seen", Date, nullable=False),
    Column("last_seen", Date, nullable=False),
    Column("age_sessions", Integer, nullable=False),
    Column("money_at_risk", Exact, nullable=False),
    Column("owner", String(64)),
    Column("explanation", Text, nullable=False),
    Column("evidence", Json, nullable=False),
    Column("resolution", Text),
    Column("resolved_on", Date),
    Column("expected_until", Date),  # a timing difference must be gone after this date
    Column("updated_at", Utc, nullable=False),
    Index("break_case_by_account_state", "account_id", "state"),
)

break_event = Table(
    "break_event",
    metadata,
    Column("event_id", BigId, primary_key=True, autoincrement=True),
    Column("break_id", String(64), nullable=False),
    Column("run_id", String(80), nullable=False),
    Column("business_date", Date, nullable=False),
    Column("event", String(16), nullable=False),  # opened | seen | changed | resolved | closed | reopened | undone
    Column("at", Utc, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("detail", Json, nullable=False),  # the case after the event, and the rows that prove it
    Index("break_event_by_break", "break_id", "event_id"),
)

# Runs of a flow for one account and session. `run_id` is what people type after `tieout replay`.
run = Table(
    "run",
    metadata,
    Column("run_id", String(80), primary_key=True),
    Column("account_id", String(64), nullable=False),
    Column("flow", String(40), nullable=False),
    Column("business_date", Date, nullable=False),
    Column("number", Integer, nullable=False),
    Column("state", String(24), nullable=False),
    Column("started_at", Utc, nullable=False),
    Column("ended_at", Utc),
    Column("flow_run_id", String(64)),
    Column("outcome", Json),
    UniqueConstraint("account_id", "flow", "business_date", "number"),
)

lease = Table(
    "lease",
    metadata,
    Column("lease_key", String(160), primary_key=True),  # account:flow:session
    Column("holder", String(128), nullable=False),
    Column("token", BigId, nullable=False),  # fencing token: only ever grows
    Column("acquired_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("released", Boolean, nullable=False),
)

breaker = Table(
    "breaker",
    metadata,
    Column("account_id", String(64), primary_key=True),
    Column("name", String(48), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("since", Utc, nullable=False),
    Column("until", Utc),
    Column("lifted_by", String(64)),
)

credential_state = Table(
    "credential_state",
    metadata,
    Column("account_id", String(64), primary_key=True),
    Column("reference", String(200), nullable=False),  # where the secret is kept, never the secret
    Column("venue_account", String(64)),
    Column("mode", String(8)),
    Column("checked_at", Utc, nullable=False),
    Column("expires_at", Utc),
    Column("healthy", Boolean, nullable=False),
    Column("detail", Json, nullable=False),
)

# One chain per database: each event carries the hash of the one before it. Numbers have no gap; no row changes.
audit_event = Table(
    "audit_event",
    metadata,
    Column("event_id", BigId, primary_key=True, autoincrement=True),
    Column("at", Utc, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("action", String(64), nullable=False),
    Column("subject", String(200), nullable=False, server_default=""),
    Column("account_id", String(64)),
    Column("detail", Json, nullable=False),
    Column("previous_hash", String(64), nullable=False),
    Column("event_hash", String(64), nullable=False, unique=True),
    Index("audit_event_by_action", "action", "event_id"),
    Index("audit_event_by_time", "at"),
)

# Where that chain ends. Whoever appends locks this row until commit, so that no two events follow the same one.
audit_chain = Table(
    "audit_chain",
    metadata,
    Column("chain_id", Integer, primary_key=True, autoincrement=False),
    Column("event_id", BigId, nullable=False, autoincrement=False),
    Column("event_hash", String(64), nullable=False),
)

# Something that takes the yes of one or two people: going live, lifting a halt, adjusting the book, a dangerous key.
act = Table(
    "act",
    metadata,
    Column("act_id", String(64), primary_key=True),
    Column("kind", String(24), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("terms", Json, nullable=False),  # all that is needed to carry it out
    Column("proposer", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Column("needed", Integer, nullable=False),  # people who must say yes
    Column("asked_at", Utc, nullable=False),
    Column("until", Utc, nullable=False),
    Column("agreed", Json, nullable=False, server_default="[]"),
    Column("wrong_codes", Integer, nullable=False, server_default="0"),
    Column("state", String(16), nullable=False),  # asked | agreed | declined | done | revoked
    Column("decided_at", Utc),
    Column("decided_by", String(200)),
    Index("act_by_state", "state", "until"),
    Index("act_by_subject", "kind", "subject"),
)

# What each account's flags were when somebody last looked, and up to when its transfers have been judged.
account_flags = Table(
    "account_flags",
    metadata,
    Column("account_id", String(64), primary_key=True),
    Column("flags", Json, nullable=False),
    Column("seen_at", Utc, nullable=False),
    Column("watched_until", Utc),
)

# Answers nobody could read, and rows nobody could map: kept until a person or a newer parser has dealt with them.
quarantine = Table(
    "quarantine",
    metadata,
    Column("quarantine_id", BigId, primary_key=True, autoincrement=True),
    Column("account_id", String(64), nullable=False),
    Column("run_id", String(80)),
    Column("part", String(32), nullable=False),
    Column("reason", Text, nullable=False),
    Column("received_at", Utc, nullable=False),
    Column("body", LargeBinary, nullable=False),  # zlib, secrets removed
)

# One part of one credential: where its rotation or refresh stands, and when it lapses. See tieout/rotation_types.py.
credential_rotation = Table(
    "credential_rotation",
    metadata,
    Column("credential_id", String(64), primary_key=True),
    Column("part", String(8), primary_key=True),  # key | token | login
    Column("phase", String(16), nullable=False),
    Column("number", Integer, nullable=False),
    Column("label", String(160)),  # the new version's name, never the secret
    Column("former", String(160)),
    Column("issued_at", Utc),
    Column("access_until", Utc),
    Column("refresh_until", Utc),
    Column("deadline", Utc),
    Column("not_before", Utc),
    Column("reason", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("detail", Json, nullable=False),  # the rest of the row; see sql/rotations.py
    Column("updated_at", Utc, nullable=False),
)

credential_event = Table(
    "credential_event",
    metadata,
    Column("event_id", BigId, primary_key=True, autoincrement=True),
    Column("credential_id", String(64), nullable=False),
    Column("part", String(8), nullable=False),
    Column("number", Integer, nullable=False),
    Column("phase", String(16), nullable=False),  # after the event
    Column("event", String(32), nullable=False),
    Column("words", Text, nullable=False),
    Column("call", Boolean, nullable=False),  # a person must hear of it
    Column("notice", String(96)),  # of a deadline: the same for the same news, so that it is told once
    Column("told_at", Utc),  # when a person was told
    Column("at", Utc, nullable=False),
    Index("credential_event_by_credential", "credential_id", "event_id"),
)
