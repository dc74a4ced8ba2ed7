"""Tables of the journal about what became of orders: at what price, and who looks after the exits of a position."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, String, Table, Text, UniqueConstraint

from sql.schema.journal import metadata
from sql.types import Exact, Utc

# How well an intent traded. Slippage in basis points, above zero is a cost to us; `vwap_of` says of which span the
# market's price is: `interval` (the minutes from the arrival to the last fill) or `session`.
fill_figures = Table(
    "fill_figures",
    metadata,
    Column("intent_id", String(64), primary_key=True),
    Column("account_id", String(64), nullable=False),
    Column("executed", Exact, nullable=False),
    Column("average_price", Exact),
    Column("arrival_price", Exact),
    Column("slippage_bp", Exact),
    Column("vwap", Exact),
    Column("vwap_of", String(12)),
    Column("vwap_since", Utc),
    Column("vwap_until", Utc),
    Column("vwap_bp", Exact),
    Column("fill_s", Exact),
    Column("measured_at", Utc, nullable=False),
)

# The exits that came with an order: who holds them, and until when. Written in the transaction that lets the order go.
exit_plan = Table(
    "exit_plan",
    metadata,
    Column("intent_id", String(64), primary_key=True),  # of the entry
    Column("account_id", String(64), nullable=False),
    Column("held_by", String(8), nullable=False),  # venue | us
    Column("why", Text, nullable=False),  # they are not at the venue
    Column("since", Utc, nullable=False),
    Column("until", Utc),  # kept no longer than that
    Column("gone", Exact, nullable=False, server_default="0"),  # units of the entry that were closed by others
    Column("looked_at", Utc),
    Column("said", Text, nullable=False, server_default=""),  # at the last look
    Column("over_at", Utc),
    Column("version", Integer, nullable=False, server_default="0"),
    Index("exit_plan_by_account", "account_id", "over_at"),
)

# An exit that works at the venue under an id that the venue made up.
venue_exit = Table(
    "venue_exit",
    metadata,
    Column("account_id", String(64), primary_key=True),
    Column("broker_order_id", String(64), primary_key=True),
    Column("intent_id", String(64), nullable=False),
    Column("client_order_id", String(64)),
    Column("kind", String(16), nullable=False),  # take_profit | stop_loss
    Column("side", String(4)),
    Column("price", Exact),
    Column("quantity", Exact),
    Column("state", String(24), nullable=False),
    Column("filled", Exact, nullable=False),  # the most that the venue ever said
    Column("booked", Exact, nullable=False, server_default="0"),
    Column("ended_at", Utc),
    Column("counted_at", Utc),  # when all that the venue shows of its trades was last in the book
    Column("updated_at", Utc, nullable=False),
    Index("venue_exit_by_intent", "intent_id"),
)

# An exit that the venue does not hold: we compare its price, and send an order of our own once it is reached.
kept_exit = Table(
    "kept_exit",
    metadata,
    Column("intent_id", String(64), primary_key=True),  # of the entry
    Column("kind", String(16), primary_key=True),  # take_profit | stop_loss
    Column("price", Exact, nullable=False),
    Column("state", String(12), nullable=False),  # waiting | reached | over
    Column("reached_at", Utc),
    Column("reached_price", Exact),
    Column("reason", Text, nullable=False, server_default=""),  # why it is over
    Column("updated_at", Utc, nullable=False),
)

# The orders of a kept exit, each an intent of its own; a next one only after the one before has ended.
kept_exit_order = Table(
    "kept_exit_order",
    metadata,
    Column("exit_intent_id", String(64), primary_key=True),
    Column("intent_id", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("number", Integer, nullable=False),  # from 1
    Column("made_at", Utc, nullable=False),
    UniqueConstraint("intent_id", "kind", "number"),
)
