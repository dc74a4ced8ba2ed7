"""What an exercise or assignment moves, as the records of the account it happens to.

The option row closes the contracts for no money. Delivery rows move the deliverable against strike × multiplier: all
the money on the first security, for no venue says how it divides it; further securities come for nothing, and cash in
an adjusted deliverable is a row of its own. A cash-settled contract has one row, with the difference.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal

from simulator.contracts import ContractTerms, Settled
from tieout.ids import ActivityId
from tieout.instruments import Instrument
from tieout.ledger.settlement import settlement_date
from tieout.money import ZERO
from tieout.options.osi import OptionRight
from tieout.records import Activity, ActivityKind
from tieout.sessions import Sessions

_NO_ID = ActivityId("")
_PRICE_STEP = Decimal("0.000000001")
_WORDS = {
    ActivityKind.EXERCISE: "OPEXC",
    ActivityKind.ASSIGNMENT: "OPASN",
    ActivityKind.EXPIRATION: "OPEXP",
}


@dataclass(frozen=True, slots=True)
class When:
    """The evening an event belongs to.

    occurred_at   midnight of `day` where the exchange is, UTC
    """

    day: date
    occurred_at: datetime
    sessions: Sessions


def lapsed(contract: Instrument, contracts: Decimal, when: When, group: str) -> Activity:
    """The row that ends `contracts` (signed, as held) for nothing."""
    return _closing(contract, contracts, ActivityKind.EXPIRATION, when, group)


def delivered(terms: ContractTerms, contracts: Decimal, when: When, group: str, worth: Decimal) -> tuple[Activity, ...]:
    """The rows of an exercise (contracts held long, above zero) or assignment (short, below), the option's first.

    worth   of what one contract delivers at the price that decides, currency: what a cash settlement goes by
    """
    kind = ActivityKind.EXERCISE if contracts > 0 else ActivityKind.ASSIGNMENT
    option_row = _closing(terms.contract, contracts, kind, when, group)
    if terms.settled is Settled.CASH:
        return option_row, _difference(terms, contracts, when, group, worth)
    return option_row, *_legs(terms, contracts, when, group)


def _legs(terms: ContractTerms, contracts: Decimal, when: When, group: str) -> list[Activity]:
    received = contracts if terms.right is OptionRight.CALL else -contracts  # times the deliverable that comes in
    money = -received * terms.exercise_money
    legs = []
    for part in terms.securities:
        legs.append(_leg(terms, part.instrument, received * part.units, money, when, group))
        money = ZERO
    if terms.cash:
        legs.append(_money_leg(terms, received * terms.cash, when, group))
    return legs


def _leg(
    terms: ContractTerms, security: Instrument, units: Decimal, money: Decimal, when: When, group: str
) -> Activity:
    return Activity(
        activity_id=_NO_ID,
        kind=ActivityKind.OPTION_TRADE,
        occurred_at=when.occurred_at,
        instrument=security,
        quantity=units,
        price=_price(terms, units, money),
        amount=money,
        currency=security.currency,
        settles_on=settlement_date(security, when.day, when.sessions),
        group_id=group,
        venue_kind="OPTRD",
        description=f"delivery of {terms.contract.symbol} at {terms.contract.strike}",
    )


def _price(terms: ContractTerms, units: Decimal, money: Decimal) -> Decimal:
    """Per unit: the strike, or where other than `multiplier` units are delivered, what each of them comes to."""
    if money and not terms.is_adjusted and terms.contract.strike is not None:
        return terms.contract.strike
    return abs(money / units).quantize(_PRICE_STEP, ROUND_HALF_EVEN).normalize() if money else ZERO


def _money_leg(terms: ContractTerms, amount: Decimal, when: When, group: str) -> Activity:
    """The cash part of a deliverable, or a settlement in cash: paid on the session after, like the rest."""
    contract = terms.contract
    return Activity(
        activity_id=_NO_ID,
        kind=ActivityKind.OPTION_TRADE,
        occurred_at=when.occurred_at,
        instrument=contract,
        amount=amount,
        currency=contract.currency,
        settles_on=when.sessions.next(when.day),
        group_id=group,
        venue_kind="OPCSH",
        description=f"cash of {contract.symbol}",
    )


def _difference(terms: ContractTerms, contracts: Decimal, when: When, group: str, worth: Decimal) -> Activity:
    return _money_leg(terms, contracts * terms.gain(worth), when, group)


def _closing(contract: Instrument, contracts: Decimal, kind: ActivityKind, when: When, group: str) -> Activity:
    return Activity(
        activity_id=_NO_ID,
        kind=kind,
        occurred_at=when.occurred_at,
        instrument=contract,
        quantity=-contracts,
        amount=ZERO,
        currency=contract.currency,
        settles_on=when.day,
        group_id=group,
        venue_kind=_WORDS[kind],
        description=f"{kind} of {contract.symbol}",
    )
