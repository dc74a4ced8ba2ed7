"""What follows an assigned put: the covered call of the wheel, as a proposal."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from tieout.options.deliverable import standard
from tieout.options.evidence import Event, Trait
from tieout.options.legs import Outcome
from tieout.options.osi import OptionRight, OsiSymbol
from tieout.options.products import product_of
from tieout.sessions import Sessions

LEAST_DAYS = 21  # calendar days that the call should still run
_FRIDAY = 4
_THIRD = range(15, 22)


def covered_call(event: Event, day: date, sessions: Sessions) -> tuple[OsiSymbol, Decimal] | None:
    """The call to sell over shares that an assigned put brought, and how many; None where there is nothing to cover.

    The strike is the put's: above what the shares cost, for they cost the strike less the premium. The expiration is
    the first monthly one that is three weeks away at least. Shares that were sold again have none.
    """
    contract = event.contract
    if event.outcome is not Outcome.ASSIGNED or contract.option_right is not OptionRight.PUT or not event.confirmed:
        return None
    if event.traits & {Trait.NET_ZERO, Trait.ADJUSTED} or contract.strike is None:
        return None
    if standard(contract).parts[0].units != contract.multiplier:
        return None
    underlying = product_of(contract).underlying
    return OsiSymbol(underlying, monthly_after(day, sessions), OptionRight.CALL, contract.strike), abs(event.contracts)


def monthly_after(day: date, sessions: Sessions) -> date:
    """The third Friday that is three weeks away at least; the session before it where it is a holiday."""
    found = day + timedelta(days=LEAST_DAYS)
    while found.weekday() != _FRIDAY or found.day not in _THIRD:
        found += timedelta(days=1)
    return found if sessions.is_session(found) else sessions.previous(found)
