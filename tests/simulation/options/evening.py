"""Accounts with options at the broker whose mornings show what its evenings decided, and what the close decides by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from simulator.account import SimulatedAccount
from simulator.contracts import ContractTerms, Deliverable
from simulator.market import Listing
from simulator.policy import ALPACA, OptionPolicy
from simulator.prices import Tick, TickReplay
from simulator.venue import SimulatedVenue
from tests.simulation.world import LONG_AGO, NYSE, a_venue, an_account
from tieout.instruments import Instrument, equity, option
from tieout.records import Activity, ActivityKind

WED, THU, FRI, TUE, NEXT_WED = (date(2026, 1, day) for day in (14, 15, 16, 20, 21))  # Monday the 19th is a holiday
KO, SPUN, SPX = equity("KO"), equity("SPUN"), equity("SPX")
PUT, CALL = option("KO260116P00060000"), option("KO260116C00060000")
LATER_CALL = option("KO260220C00050000")
LOWER_PUT = option("KO260116P00055000")
WEEKLY, MONTHLY = option("SPXW260116C06900000"), option("SPX260116C06900000")
ADJUSTED = option("KO1260116C00055000", multiplier=Decimal(100), underlying="KO")
# After a spin-off: 100 old shares, 25 of the new company, and 7.50 for a fraction
TERMS = ContractTerms(ADJUSTED, (Deliverable(KO, Decimal(100)), Deliverable(SPUN, Decimal(25))), Decimal("7.50"))


def new_york(day: date, clock: str) -> datetime:
    """A wall time in New York; January is five hours behind."""
    return datetime.fromisoformat(f"{day}T{clock}-05:00").astimezone(UTC)


def an_evening(
    close: str = "62", *, policy: OptionPolicy = ALPACA, at: datetime | None = None, seed: int = 0
) -> SimulatedVenue:
    """A venue on Wednesday morning where KO stands still at `close`, SPUN at 20, and SPX opens low and closes high."""
    moment = at or new_york(WED, "10:00")
    index = TickReplay([Tick(LONG_AGO, Decimal(6880)), Tick(new_york(FRI, "10:00"), Decimal(6925))])
    extra = [
        Listing(SPUN, standing("20", moment), NYSE, fractionable=True),
        Listing(SPX, index, NYSE, tradable=False),
    ]
    venue = a_venue(moment, standing(close, moment), half_spread="0.01", extra=extra, policy=policy, seed=seed)
    venue.market.list_contract(TERMS)
    return venue


def standing(price: str, since: datetime) -> TickReplay:
    """One price, quoted anew every half hour for ten days: time value is as old as its tick."""
    moments = [LONG_AGO, *(since.replace(minute=0) + timedelta(minutes=30 * number) for number in range(480))]
    return TickReplay(Tick(moment, Decimal(price)) for moment in moments)


def holding(
    venue: SimulatedVenue, *held: tuple[Instrument, str], cash: str = "100000", number: int = 1, leverage: str = "2"
) -> SimulatedAccount:
    """An account with what it holds, bought at 1; it may sell short."""
    return an_account(
        venue,
        cash=cash,
        held=[(instrument, units, "1") for instrument, units in held],
        shorting=True,
        leverage=leverage,
        number=number,
    )


def units(account: SimulatedAccount) -> Mapping[str, Decimal]:
    return {symbol: held.quantity for symbol, held in account.holdings.items()}


def rows(account: SimulatedAccount) -> Sequence[tuple[ActivityKind, Instrument | None, Decimal, Decimal]]:
    """Kind, instrument, units and money of every record shown now."""
    return [(one.kind, one.instrument, one.quantity, one.amount) for one in account.activities]


def dates(records: Sequence[Activity]) -> list[date]:
    """In New York, of each record."""
    return [one.occurred_at.astimezone(NYSE.zone).date() for one in records]
