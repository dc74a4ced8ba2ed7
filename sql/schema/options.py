"""Tables of the journal about options: what is expected, what cash is kept for it, what was told, what was proven."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, Index, Integer, String, Table, Text

from sql.schema.journal import metadata
from sql.types import BigId, Exact, Json, Utc

# Forecasts are ours: they prove nothing and book nothing. The newest of a position counts; older ones stay.
option_forecast = Table(
    "option_forecast",
    metadata,
    Column("forecast_id", BigId, primary_key=True, autoincrement=True),
    Column("account_id", String(64), nullable=False),
    Column("run_id", String(80), nullable=False),
    Column("business_date", Date, nullable=False),  # the session it was made in
    Column("moment", String(12), nullable=False),  # forecast | decide | expect
    Column("instrument_id", BigId, nullable=False),
    Column("contracts", Exact, nullable=False),  # signed
    Column("expires", Date, nullable=False),
    Column("likelihood", String(12), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("cash", Exact, nullable=False),  # signed, what exercise or assignment would move
    Column("decide_by", Utc, nullable=False),
    Column("report_only", Boolean, nullable=False),
    Column("detail", Json, nullable=False),  # legs, price, cut-offs, suggestions; see tieout/options/told.py
    Column("at", Utc, nullable=False),
    Index("option_forecast_by_account", "account_id", "instrument_id", "forecast_id"),
)

# Cash kept from new orders until the position has ended, or is not expected to cost anything any more.
option_reservation = Table(
    "option_reservation",
    metadata,
    Column("account_id", String(64), primary_key=True),
    Column("instrument_id", BigId, primary_key=True, autoincrement=False),
    Column("contracts", Exact, nullable=False),
    Column("amount", Exact, nullable=False),  # above zero
    Column("currency", String(12), nullable=False),
    Column("until", Date, nullable=False),  # its cash date
    Column("why", Text, nullable=False),
    Column("run_id", String(80), nullable=False),
    Column("since", Utc, nullable=False),
    Column("released_at", Utc),
    Column("released_why", Text),
    Index("option_reservation_by_account", "account_id", "released_at"),
)

# How positions ended, by the broker's evidence; one row for each event, brought up to what is known of it.
option_event = Table(
    "option_event",
    metadata,
    Column("event_id", String(64), primary_key=True),
    Column("account_id", String(64), nullable=False),
    Column("instrument_id", BigId, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("contracts", Exact, nullable=False),  # signed, as they were held
    Column("business_date", Date, nullable=False),
    Column("basis", String(24), nullable=False),
    Column("confidence", Exact, nullable=False),  # zero to one
    Column("state", String(12), nullable=False),  # confirmed | waiting | unproven
    Column("traits", Json, nullable=False),
    Column("words", Text, nullable=False),
    Column("forecast_id", BigId),  # what was expected last
    Column("booked", Json, nullable=False),  # ids of the activities that booked it
    Column("booked_seq", Integer),  # the account's journal sequence after that
    Column("run_id", String(80), nullable=False),
    Column("at", Utc, nullable=False),
    Index("option_event_by_account", "account_id", "instrument_id"),
)

# The word of a long option's holder to the broker; written down before it is told, as an order is.
option_instruction = Table(
    "option_instruction",
    metadata,
    Column("instruction_id", String(64), primary_key=True),
    Column("act_id", String(64), nullable=False),  # the question to a person
    Column("account_id", String(64), nullable=False),
    Column("instrument_id", BigId, nullable=False),
    Column("choice", String(16), nullable=False),  # exercise | do_not_exercise
    Column("contracts", Exact, nullable=False),  # above zero
    Column("business_date", Date, nullable=False),  # whose evening carries it out
    Column("until", Utc, nullable=False),  # the broker's last hour
    Column("source", Text, nullable=False),  # who says so
    Column("proposer", String(64), nullable=False),
    Column("why", Text, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("state", String(20), nullable=False),
    Column("told", Integer, nullable=False),  # how often it was told, or may have been
    Column("words", Text, nullable=False),  # the venue's, or why it went no further
    Column("version", Integer, nullable=False),
    Column("updated_at", Utc, nullable=False),
    Index("option_instruction_by_account", "account_id", "state"),
)
