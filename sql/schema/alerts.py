"""Tables of the journal about what people are told, and about the health of brokers. Nothing in them is a secret."""

from __future__ import annotations

from sqlalchemy import Column, Date, Index, Integer, String, Table, Text

from sql.schema.journal import metadata
from sql.types import BigId, Exact, Json, Utc

# One row for each subject that was ever told. See tieout/alerts.py.
alert = Table(
    "alert",
    metadata,
    Column("alert_id", BigId, primary_key=True, autoincrement=True),
    Column("subject", String(200), nullable=False, unique=True),
    Column("source", String(40), nullable=False),  # flow or service
    Column("account_id", String(64)),
    Column("fingerprint", String(64), nullable=False),  # the same for the same thing said of it
    Column("severity", String(12), nullable=False),
    Column("title", Text, nullable=False),
    Column("state", String(16), nullable=False),  # open | acknowledged | snoozed | over
    Column("first_seen", Utc, nullable=False),
    Column("last_seen", Utc, nullable=False),
    Column("occurrences", Integer, nullable=False),
    Column("tellings", Integer, nullable=False),
    Column("told_at", Utc),
    Column("until", Utc),  # when the acknowledgement or snooze ends
    Column("taken_by", String(64)),
    Column("reason", Text),
    Column("money_at_risk", Exact),
    Index("alert_by_state", "state", "last_seen"),
)

# One row for each message and channel: what waits is tried until somebody took it. See tieout/alerts_delivery.py.
alert_message = Table(
    "alert_message",
    metadata,
    Column("message_id", BigId, primary_key=True, autoincrement=True),
    Column("channel", String(200), nullable=False),  # the reference of its URL
    Column("subjects", Json, nullable=False),
    Column("source", String(40), nullable=False),
    Column("severity", String(12), nullable=False),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("state", String(16), nullable=False),  # waiting | sent | rerouted | superseded | dropped
    Column("created_at", Utc, nullable=False),
    Column("due_at", Utc, nullable=False),
    Column("claimed_until", Utc),  # while somebody sends it
    Column("attempts", Integer, nullable=False),
    Column("left_at", Utc),
    Column("via", String(200)),  # the channel that took it
    Column("batch", BigId),  # messages that left as one share it
    Column("error", Text),  # why the last try failed, without a URL
    Index("alert_message_by_state", "state", "due_at"),
    Index("alert_message_by_left", "left_at"),
)

# What was seen and what left, by day, for the noise report.
alert_tally = Table(
    "alert_tally",
    metadata,
    Column("day", Date, primary_key=True),  # UTC
    Column("source", String(40), primary_key=True),
    Column("severity", String(12), primary_key=True),
    Column("occurrences", Integer, nullable=False),
    Column("tellings", Integer, nullable=False),
)

# The health of each account's broker as it stands. See tieout/health.py.
broker_health = Table(
    "broker_health",
    metadata,
    Column("account_id", String(64), primary_key=True),
    Column("broker", String(32), nullable=False),
    Column("state", String(16), nullable=False),  # unknown | up | degraded | down | maintenance | unauthorised | …
    Column("since", Utc, nullable=False),
    Column("checked_at", Utc, nullable=False),
    Column("watched_since", Utc, nullable=False),  # without a gap
    Column("latency_ms", Integer),
    Column("requests_left", Integer),
    Column("requests_most", Integer),
    Column("reason", Text, nullable=False),
    Column("recent", Json, nullable=False),  # the answers of the last probes, oldest first
)

broker_health_event = Table(
    "broker_health_event",
    metadata,
    Column("event_id", BigId, primary_key=True, autoincrement=True),
    Column("account_id", String(64), nullable=False),
    Column("was", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("at", Utc, nullable=False),
    Column("reason", Text, nullable=False),
    Index("broker_health_event_by_account", "account_id", "event_id"),
)
