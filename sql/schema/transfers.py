"""Table of the journal about what people said beforehand would leave, enter or change in an account."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table, Text

from sql.schema.journal import metadata
from sql.types import Utc

# Each is matched once, by the transfers watch. See tieout/announced.py.
expected_transfer = Table(
    "expected_transfer",
    metadata,
    Column("announced_id", String(64), primary_key=True),
    Column("account_id", String(64), nullable=False),
    Column("what", String(8), nullable=False),  # money | units | flag
    Column("subject", String(64), nullable=False),  # currency, symbol or name of the flag
    Column("value", Text, nullable=False),  # signed amount or units, below zero leaves; what the flag becomes
    Column("announced_by", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Column("since", Utc, nullable=False),
    Column("until", Utc, nullable=False),
    Column("state", String(8), nullable=False),  # open | came | missed | revoked
    Column("decided_at", Utc),
    Column("movement", String(200)),  # the movement that it was
    Index("expected_transfer_by_account", "account_id", "state"),
)
