"""What a coin exchange does to contracts by itself: pays funding, closes what is not covered, and deleverages.

Closing comes as an activity and not as a trade: nobody sent an order. Its price is the mark, its fee an activity of its
own in the same group.
"""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from simulator.account import SimulatedAccount
from simulator.funding import Funding, funded, payment
from simulator.holdings import Holding
from simulator.ids import venue_uuid
from simulator.market import Market
from tieout.ids import ActivityId
from tieout.instruments import Instrument
from tieout.money import ZERO
from tieout.records import Activity, ActivityKind

_SATOSHI = Decimal("0.00000001")
_NO_ID = ActivityId("")


def pay_funding(account: SimulatedAccount, market: Market, funding: Funding, moment: datetime) -> tuple[Activity, ...]:
    """One payment for every perpetual that is held; each leg of a hedge pays or receives for itself."""
    held = [one for one in account.holdings.values() if funded(one.instrument)]
    return tuple(_fund(account, one, market, funding.rate(one.instrument, moment), moment) for one in held)


def _fund(account: SimulatedAccount, held: Holding, market: Market, rate: Decimal, moment: datetime) -> Activity:
    contract = held.instrument
    mark = market.price(contract, moment).price
    return account.books.post(
        Activity(
            activity_id=_NO_ID,
            kind=ActivityKind.FUNDING,
            occurred_at=moment,
            instrument=contract,
            price=mark,
            amount=payment(contract, held.quantity, mark, rate),
            currency=contract.profit_currency,
            venue_kind="FUNDING_FEE",
            description=f"funding of {contract.symbol}: {held.quantity} units at {mark}, rate {rate}",
        )
    )


def is_uncovered(account: SimulatedAccount) -> bool:
    """Whether equity no longer covers the maintenance margin of the contracts held."""
    part = account.terms.maintenance
    if part is None:
        return False
    valued = account.desk.means.valued()
    worth = valued.margined_worth()
    return worth > 0 and valued.equity() < worth * part


def liquidate(account: SimulatedAccount, market: Market) -> tuple[Activity, ...]:
    """Close every contract of an account at the mark, its orders first."""
    closed: list[Activity] = []
    for held in [one for one in account.holdings.values() if one.instrument.is_margined]:
        account.cancel_all(held.instrument)
        mark = market.price(held.instrument, account.now).price
        closed += close(account, held.instrument, -held.quantity, mark, ActivityKind.LIQUIDATION)
    return tuple(closed)


def deleverage(
    account: SimulatedAccount, instrument: Instrument, part: Decimal, price: Decimal
) -> tuple[Activity, ...]:
    """The venue closes a part of a winning position against a bankrupt one, at that one's price; no fee.

    part    above zero, at most one; the units are cut to eight digits
    """
    units = (account.books.units(instrument) * part).quantize(_SATOSHI, ROUND_HALF_UP)
    return close(account, instrument, -units, price, ActivityKind.DELEVERAGING)


def close(
    account: SimulatedAccount, instrument: Instrument, units: Decimal, price: Decimal, kind: ActivityKind
) -> tuple[Activity, ...]:
    """The venue moves signed units of a contract at a price: the event with its profit, and its fee if there is one."""
    now, currency = account.now, instrument.profit_currency
    profit = account.books.profit_of(instrument, units, price)
    group = venue_uuid("forced", account.account_number, instrument.symbol, now)
    event = Activity(
        activity_id=_NO_ID,
        kind=kind,
        occurred_at=now,
        instrument=instrument,
        quantity=units,
        price=price,
        amount=profit,
        currency=currency,
        group_id=group,
        venue_kind=kind.upper(),
        description=f"{kind} of {units} {instrument.symbol} at {price}",
    )
    made = [account.books.post(event)]
    if fee := _fee(account, instrument, units, price, kind):
        paid = Activity(
            activity_id=_NO_ID,
            kind=ActivityKind.FEE,
            occurred_at=now,
            amount=-fee,
            currency=currency,
            group_id=group,
            venue_kind="INSURANCE_CLEAR",
            description=f"fee for {kind} of {instrument.symbol}",
        )
        made.append(account.books.post(paid))
    return tuple(made)


def _fee(
    account: SimulatedAccount, instrument: Instrument, units: Decimal, price: Decimal, kind: ActivityKind
) -> Decimal:
    if kind is ActivityKind.DELEVERAGING:
        return ZERO
    worth = abs(instrument.value(units, price))
    worth = worth / price if instrument.is_inverse else worth
    return (worth * account.terms.liquidation_fee).quantize(_SATOSHI, ROUND_HALF_UP)
