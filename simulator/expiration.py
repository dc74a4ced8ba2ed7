"""What becomes of an option at its expiration: worthless, or exercised because it is in the money.

The OCC exercises by exception whatever is in the money by a cent or more; nobody gives other instructions here.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from simulator.holdings import Holding
from simulator.ids import venue_uuid
from simulator.prices import intrinsic
from tieout.ids import ActivityId
from tieout.instruments import Instrument
from tieout.ledger.settlement import settlement_date
from tieout.options.osi import OptionRight
from tieout.records import Activity, ActivityKind
from tieout.sessions import Sessions

_BY_EXCEPTION = Decimal("0.01")
_NO_ID = ActivityId("")


def expire_option(
    held: Holding, underlying: Instrument, spot: Decimal, day: date, occurred_at: datetime, sessions: Sessions
) -> tuple[Activity, ...]:
    """The activities that end an option position, in the order in which they happen.

    spot      closing price of the underlying on the last session, currency per unit
    returns   one EXPIRATION; or an EXERCISE (long) or ASSIGNMENT (short) and the OPTION_TRADE that moves the underlying
              at the strike, joined by their group
    """
    contract = held.instrument
    if contract.strike is None or contract.option_right is None:
        raise ValueError(f"{contract.symbol} has no strike or right")
    if intrinsic(contract.option_right, contract.strike, spot) < _BY_EXCEPTION:
        return (_closing(held, ActivityKind.EXPIRATION, "OPEXP", None, day, occurred_at),)
    group = venue_uuid("option", contract.symbol, day)
    long = held.quantity > 0
    kind, word = (ActivityKind.EXERCISE, "OPEXC") if long else (ActivityKind.ASSIGNMENT, "OPASN")
    units = held.quantity * contract.multiplier * (1 if contract.option_right is OptionRight.CALL else -1)
    leg = Activity(
        activity_id=_NO_ID,
        kind=ActivityKind.OPTION_TRADE,
        occurred_at=occurred_at,
        instrument=underlying,
        quantity=units,
        price=contract.strike,
        amount=-underlying.value(units, contract.strike),
        currency=underlying.currency,
        settles_on=settlement_date(underlying, day, sessions),
        group_id=group,
        venue_kind="OPTRD",
        description=f"{kind} of {contract.symbol} at {contract.strike}",
    )
    return _closing(held, kind, word, group, day, occurred_at), leg


def _closing(
    held: Holding, kind: ActivityKind, word: str, group: str | None, day: date, occurred_at: datetime
) -> Activity:
    contract = held.instrument
    return Activity(
        activity_id=_NO_ID,
        kind=kind,
        occurred_at=occurred_at,
        instrument=contract,
        quantity=-held.quantity,
        amount=Decimal(0),
        currency=contract.currency,
        settles_on=day,
        group_id=group,
        venue_kind=word,
        description=f"{kind} of {contract.symbol}",
    )
