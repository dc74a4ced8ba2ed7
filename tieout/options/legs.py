"""What exercise or assignment of a position moves: securities and money, with the date they settle."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from tieout.instruments import Instrument, equity
from tieout.ledger.settlement import settlement_date
from tieout.money import ZERO
from tieout.options.deliverable import Deliverable, exercise_money
from tieout.options.osi import OptionRight
from tieout.options.products import product_of
from tieout.sessions import Sessions


class Outcome(StrEnum):
    """How an option position ends."""

    EXERCISED = "exercised"  # long, by us or by exception
    ASSIGNED = "assigned"  # short
    CASH_SETTLED = "cash_settled"  # long or short, for money alone
    EXPIRED = "expired"  # for nothing
    TRADED = "traded"  # closed by our own trade


@dataclass(frozen=True, slots=True)
class Leg:
    """One change that goes with the option.

    symbol       of the security; None for a leg of money alone
    units        signed change of the position
    cash         signed change of cash, `currency`
    settles_on   date the cash moves
    """

    symbol: str | None
    units: Decimal
    cash: Decimal
    currency: str
    settles_on: date


def outcome_of(contract: Instrument, contracts: Decimal) -> Outcome:
    """What it is called when a position (signed) ends in the money."""
    if not product_of(contract).is_physical:
        return Outcome.CASH_SETTLED
    return Outcome.EXERCISED if contracts > 0 else Outcome.ASSIGNED


def received(contract: Instrument, contracts: Decimal) -> Decimal:
    """Deliverables that come in, signed: a long call and a short put receive, a short call and a long put deliver."""
    return contracts if contract.option_right is OptionRight.CALL else -contracts


def delivery(
    contract: Instrument, contracts: Decimal, delivers: Deliverable, day: date, sessions: Sessions
) -> tuple[Leg, ...]:
    """The legs of a physical exercise or assignment on a session.

    contracts    signed, as held
    The first security carries the strike's money, as venues book it; cash in the deliverable is a leg of its own.
    """
    times, money = received(contract, contracts), -received(contract, contracts) * exercise_money(contract)
    legs: list[Leg] = []
    for part in delivers.parts:
        settles_on = settlement_date(equity(part.symbol, contract.currency), day, sessions)
        legs.append(Leg(part.symbol, times * part.units, money, contract.currency, settles_on))
        money = ZERO
    if delivers.cash:
        legs.append(Leg(None, ZERO, times * delivers.cash, contract.currency, sessions.next(day)))
    return tuple(legs)


def cash_settlement(
    contract: Instrument, contracts: Decimal, gain: Decimal, day: date, sessions: Sessions
) -> tuple[Leg, ...]:
    """The leg of a contract that is settled in cash: paid on the session after its expiration.

    gain    of one contract, currency
    """
    return (Leg(None, ZERO, contracts * gain, contract.currency, settlement_date(contract, day, sessions)),)


def cash_of(legs: Iterable[Leg]) -> Decimal:
    """All the money of some legs."""
    return sum((leg.cash for leg in legs), ZERO)


def units_of(legs: Iterable[Leg]) -> dict[str, Decimal]:
    """Units by security."""
    found: dict[str, Decimal] = {}
    for leg in legs:
        if leg.symbol is not None:
            found[leg.symbol] = found.get(leg.symbol, ZERO) + leg.units
    return found
