"""Records of our own for an event that figures prove and no row of the broker's states.

Their ids come from the event, so that booking it twice is booking it once. When the broker's row comes after all, the
reconciliation pairs it with ours by content, and nothing is booked again.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal

from tieout.ids import ActivityId, derived_text
from tieout.instruments import Instrument, equity
from tieout.money import ZERO
from tieout.options.deliverable import Deliverable
from tieout.options.legs import Leg, Outcome, cash_settlement, delivery
from tieout.records import Activity, ActivityKind
from tieout.sessions import Sessions

VENUE_KIND = "derived"
_KINDS = {
    Outcome.EXERCISED: ActivityKind.EXERCISE,
    Outcome.ASSIGNED: ActivityKind.ASSIGNMENT,
    Outcome.EXPIRED: ActivityKind.EXPIRATION,
}


def records_of(
    contract: Instrument,
    contracts: Decimal,
    outcome: Outcome,
    delivers: Deliverable,
    day: date,
    sessions: Sessions,
    cash: Decimal = ZERO,
) -> tuple[Activity, ...]:
    """The option's record and those of its legs, all in one group, dated midnight of the day where the exchange is.

    contracts    signed, as they were held
    cash         what a settlement in cash paid, signed
    """
    group = derived_text("OPT", contract.symbol, outcome, contracts, day)
    occurred_at = datetime.combine(day, time(0), sessions.zone).astimezone(UTC)
    if outcome is Outcome.CASH_SETTLED:
        kind = ActivityKind.EXERCISE if contracts > 0 else ActivityKind.ASSIGNMENT
        legs = cash_settlement(contract, Decimal(1), cash, day, sessions)
    else:
        kind = _KINDS[outcome]
        moves = outcome is not Outcome.EXPIRED
        legs = delivery(contract, contracts, delivers, day, sessions) if moves else ()
    head = Activity(
        ActivityId(f"{group}-0"),
        kind,
        occurred_at,
        contract,
        -contracts,
        amount=ZERO,
        currency=contract.currency,
        group_id=group,
        venue_kind=VENUE_KIND,
        description=f"{outcome} by the broker's figures",
    )
    return head, *(_leg(leg, contract, group, number, occurred_at) for number, leg in enumerate(legs, 1))


def _leg(leg: Leg, contract: Instrument, group: str, number: int, occurred_at: datetime) -> Activity:
    instrument = contract if leg.symbol is None else equity(leg.symbol, leg.currency)
    return Activity(
        ActivityId(f"{group}-{number}"),
        ActivityKind.OPTION_TRADE,
        occurred_at,
        instrument,
        leg.units,
        contract.strike if leg.symbol is not None and leg.cash else None,
        leg.cash,
        leg.currency,
        leg.settles_on,
        group,
        venue_kind=VENUE_KIND,
        description=f"delivery of {contract.symbol}",
    )
