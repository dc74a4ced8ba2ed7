"""Opening records: what an account held when tieout began to keep its book."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal

from tieout.ids import AccountId, ActivityId, derived_text
from tieout.imports.batch import Sourced
from tieout.imports.csv_table import SourceFile
from tieout.instruments import Instrument
from tieout.money import ZERO
from tieout.records import Activity, ActivityKind
from tieout.sessions import Sessions


@dataclass(frozen=True, slots=True)
class OpeningLine:
    """One position, or the cash of one currency where `instrument` is None.

    quantity    signed units, or money
    unit_cost   currency per unit of underlying; None for cash
    """

    line: int
    instrument: Instrument | None
    quantity: Decimal
    unit_cost: Decimal | None
    currency: str


def moment_of(day: date, sessions: Sessions) -> datetime:
    """The moment that stands for a day of which no time is known: its first, in the exchange's zone, as UTC."""
    return datetime.combine(day, time.min, sessions.zone).astimezone(UTC)


def opening_records(
    account_id: AccountId, as_of: date, lines: tuple[OpeningLine, ...], source: SourceFile, sessions: Sessions
) -> tuple[Sourced, ...]:
    """One opening activity per line, with an id that an account can use once per instrument or currency.

    A position makes a lot with its cost and moves no cash; cash moves cash alone.
    """
    moment = moment_of(as_of, sessions)
    return tuple(Sourced(_activity(account_id, moment, line), source, line.line) for line in lines)


def _activity(account_id: AccountId, moment: datetime, line: OpeningLine) -> Activity:
    subject = line.instrument.symbol if line.instrument else f"cash:{line.currency}"
    is_cash = line.instrument is None
    return Activity(
        activity_id=ActivityId(derived_text("OPEN", account_id, subject)),
        kind=ActivityKind.OPENING,
        occurred_at=moment,
        instrument=line.instrument,
        quantity=ZERO if is_cash else line.quantity,
        price=line.unit_cost,
        amount=line.quantity if is_cash else ZERO,
        currency=line.currency,
        description=f"opening {subject}",
    )
