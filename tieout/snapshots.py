"""What the broker said at one moment, with the proof that it said all of it.

An empty list of positions proves nothing by itself: a failed download looks the same. A snapshot therefore carries its
proof, and only a complete one may open or close breaks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from tieout.ids import AccountId
from tieout.instruments import Instrument
from tieout.orders import OrderReport
from tieout.records import Statement


class Completeness(StrEnum):
    COMPLETE = "complete"  # every part was read to its end, and reading again gave the same
    PARTIAL = "partial"  # some part is missing or changed between two reads
    FAILED = "failed"  # nothing usable


class SnapshotStatus(StrEnum):
    PENDING = "pending"  # stored, quality not judged yet
    ACCEPTED = "accepted"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class Position:
    """One line of the broker's position list.

    quantity          signed units, negative is short
    avg_entry_price   currency per unit of underlying
    market_value      signed, currency
    cost_basis        signed, currency, as the venue states it
    """

    instrument: Instrument
    quantity: Decimal
    avg_entry_price: Decimal | None
    market_price: Decimal | None
    market_value: Decimal | None
    cost_basis: Decimal | None
    unrealized_pnl: Decimal | None = None
    side: str = ""  # `long` or `short` in the venue's own words, for the sign check
    priced_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Balance:
    """Cash of one currency as the broker states it.

    cash            trade-date balance, pending settlement included
    settled_cash    None where the venue does not say
    equity          cash and positions together; only on the base currency's row
    rate            base currency for one unit, by the venue; None where it does not say. It is not stored
    """

    currency: str
    cash: Decimal
    settled_cash: Decimal | None = None
    equity: Decimal | None = None
    buying_power: Decimal | None = None
    rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """One answer as it came, secrets removed, so that a parse can be redone."""

    part: str  # `positions`, `account`, `orders`, `executions`, `activities`
    path: str
    status: int
    received_at: datetime
    body: bytes


@dataclass(frozen=True, slots=True)
class Proof:
    """Why we believe the snapshot is whole.

    reads        how often the account was read; two that agree, or more until two did
    agreed       the last two reads gave the same positions, balances and open orders
    end_markers  parts whose last page was seen (`positions`, `orders`)
    broker_time  the venue's own clock, UTC
    off_rules    what was read whole and still cannot be by the market's own steps and limits, a sentence each
    """

    completeness: Completeness
    reads: int
    agreed: bool
    pages: dict[str, int] = field(default_factory=dict)
    end_markers: tuple[str, ...] = ()
    broker_time: datetime | None = None
    notes: tuple[str, ...] = ()
    off_rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The broker's whole account at `captured_at` (UTC), for one business date."""

    account_id: AccountId
    business_date: date
    captured_at: datetime
    positions: tuple[Position, ...]
    balances: tuple[Balance, ...]
    open_orders: tuple[OrderReport, ...]
    proof: Proof
    raw: tuple[RawAnswer, ...] = ()
    unmapped: tuple[str, ...] = ()  # rows that could not be turned into an instrument, word for word


def instruments_of(snapshot: Snapshot, statement: Statement | None) -> tuple[Instrument, ...]:
    """Every instrument that a snapshot and its statement name, each once, in order of appearance."""
    found: dict[str, Instrument] = {}
    named = [position.instrument for position in snapshot.positions]
    named += [order.instrument for order in snapshot.open_orders if order.instrument]
    if statement is not None:
        named += [execution.instrument for execution in statement.executions.records]
        named += [activity.instrument for activity in statement.activities.records if activity.instrument]
    for instrument in named:
        found.setdefault(instrument.symbol, instrument)
    return tuple(found.values())
