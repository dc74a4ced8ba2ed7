"""The table of option cases where a venue can show them: on its own wire, read by the real adapter, matched and booked.

What is expected is what the table says: the evidence class, what was booked, and the lots that it leaves.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from brokers.base import Broker
from brokers.credentials import Credential
from simulator.account import SimulatedAccount
from simulator.clock import SimulatedClock
from simulator.contracts import ContractTerms, Deliverable
from simulator.market import Listing, Market
from simulator.prices import constant
from simulator.protocols.faults import ALWAYS, DropRows, ElementAgain, RowAgain
from simulator.venue import SimulatedVenue
from tests.contract.venues import VENUES, Face, Venue
from tests.simulation.world import an_account
from tests.unit.options.cases import CASES
from tests.unit.options.table import KINDS, XNYS, Case, Row, ny, open_lots, profit
from tieout.ids import ActivityId
from tieout.instruments import Instrument, equity
from tieout.money import ZERO
from tieout.options.matcher import Morning
from tieout.options.osi import is_osi
from tieout.records import Activity
from tieout.snapshots import Completeness

FACES = tuple(one for one in VENUES if one.name in {"alpaca", "ibkr"})
PRICES = {"KO": "57", "SPY": "590", "SPX": "5050", "VIX": "23", "OEX": "2300", "NEW": "20"}
EIGHT = 8  # o'clock, New York


def cannot_show(case: Case, venue: Venue) -> str:
    """Why a venue cannot show a case, empty where it can."""
    if venue.name == "alpaca" and any(row.number for row in case.rows):
        return "a page that repeats a row is refused as a whole: nothing of it is booked (see test_option_faults.py)"
    if venue.name == "ibkr" and case.unlisted:
        return "TWS ends its list of positions with a marker: one that lacks a row without a fault does not exist"
    return ""


PLAYED = [(venue, case) for venue in FACES for case in CASES if not cannot_show(case, venue)]
LEFT_OUT = {f"{venue.name}: {case}": cannot_show(case, venue) for venue in FACES for case in CASES}


def test_nearly_every_case_is_played_on_both_faces() -> None:
    reasons = {name: why for name, why in LEFT_OUT.items() if why}
    for venue in FACES:
        print(f"{venue.name}: {sum(one.name == venue.name for one, _ in PLAYED)} of {len(CASES)} option cases")
    assert len(PLAYED) + len(reasons) == len(FACES) * len(CASES)
    assert len(reasons) <= 2, reasons


@pytest.mark.parametrize(("venue", "case"), PLAYED, ids=lambda one: one.name if isinstance(one, Venue) else str(one))
def test_a_case_is_confirmed_and_booked_as_the_table_says(venue: Venue, case: Case) -> None:
    with on_the_face(venue, case) as (broker, face, clock):
        strike(venue, case, face)
        shown = replace(case, shown=morning(broker, case, clock.now))

    if case.outcome is None:
        assert shown.night().events == ()
    else:
        event, ended = shown.event(), case.contracts if case.ended is None else case.ended
        assert (event.outcome, event.basis, event.contracts) == (case.outcome, case.basis, Decimal(ended))
        assert event.traits == case.traits
    assert open_lots(shown) == {symbol: (Decimal(units), Decimal(cost)) for symbol, (units, cost) in case.lots.items()}
    assert profit(shown) == Decimal(case.profit)


def strike(venue: Venue, case: Case, face: Face) -> None:
    """What the wire does to this case beside what happened."""
    if any(row.number for row in case.rows):
        face.faults.add(RowAgain(), venue.paths["activities"], times=ALWAYS)
        if venue.name == "ibkr":
            flex = getattr(face, "flex")  # noqa: B009 - the face of the socket has one beside it
            flex.faults.add(ElementAgain("OptionEAE"), "/GetStatement", times=ALWAYS)
    if case.unlisted:
        face.faults.add(DropRows(len(case.unlisted)), venue.paths["positions"], times=ALWAYS)


def morning(broker: Broker, case: Case, now: datetime) -> Morning:
    """The table's morning with everything that a broker says of it as the adapter read it."""
    snapshot = broker.fetch_snapshot(case.morning)
    assert snapshot.proof.completeness is Completeness.COMPLETE, snapshot.proof.notes
    since = now - timedelta(days=10)
    (balance,) = [one for one in snapshot.balances if one.currency == "USD"]
    return replace(
        case.morning_by_hand(),
        listed={one.instrument.symbol: one.quantity for one in snapshot.positions},
        broker_cash=balance.cash,
        executions=broker.fetch_executions(since, now).records,
        activities=broker.fetch_activities(since, now).records,
    )


@contextmanager
def on_the_face(
    venue: Venue, case: Case, late: timedelta = timedelta(0)
) -> Iterator[tuple[Broker, Face, SimulatedClock]]:
    """The venue on the morning of the case, with everything behind it that the case says.

    late    how long after that morning the broker shows its rows
    """
    clock = SimulatedClock(ny(case.morning, EIGHT))
    market = Market()
    for symbol, price in PRICES.items():
        market.add(Listing(equity(symbol), constant(Decimal(price)), XNYS, fractionable=True))
    if case.multiplier is not None:
        market.list_contract(terms_of(case))
    simulated = SimulatedVenue(clock, market, XNYS)
    by_hand = case.morning_by_hand()
    held = [(case.instrument(symbol), units, price) for symbol, units, price in case.positions()]
    account = an_account(simulated, cash=str(by_hand.book_cash), held=held, shorting=True, leverage="4")
    happen(account, case, late)
    credential = Credential(account.key_id, account.secret)
    with venue.face(simulated) as face, venue.broker(face.base_url, clock, credential) as broker:
        yield broker, face, clock


def happen(account: SimulatedAccount, case: Case, late: timedelta) -> None:
    """What was traded, and what the broker did; kinds that it hides move units and money without a row."""
    books = account.books
    for trade in case.traded():
        books.move(trade.instrument, trade.signed_quantity, trade.price)
        books.cash.post("USD", trade.cash_change, case.morning, books.today)
        books.executions.keep(trade, trade.executed_at, heard=False)
    for row in {(row.number or str(place)): row for place, row in enumerate(case.rows)}.values():
        instrument, units, money = case.instrument(row.symbol), Decimal(row.units), Decimal(row.money)
        if case.hidden == "all" or row.kind in case.hidden.split():
            books.move(instrument, units, price_of(units, money))
            books.cash.post("USD", money, case.morning, books.today)
        else:
            books.post(activity(row, instrument, units, money), late=late)


def activity(row: Row, instrument: Instrument, units: Decimal, money: Decimal) -> Activity:
    price = price_of(units, money) if row.kind == "OPTRD" else None
    return Activity(
        ActivityId(""),
        KINDS[row.kind],
        ny(row.day, 0),
        instrument,
        units,
        amount=money,
        price=price,
        currency="USD",
        group_id=row.group,
        venue_kind=row.kind,
    )


def price_of(units: Decimal, money: Decimal) -> Decimal:
    return abs(money / units) if units else ZERO


def terms_of(case: Case) -> ContractTerms:
    """Of an adjusted contract: what the case says it delivers, or the usual where it does not say."""
    parts = [one.split() for one in case.delivers or (f"{case.multiplier} KO",)]
    cash = sum((Decimal(amount) for amount, name in parts if name == "USD"), ZERO)
    shares = tuple(Deliverable(equity(name), Decimal(amount)) for amount, name in parts if name != "USD")
    assert is_osi(case.option)
    return ContractTerms(case.contract, shares, cash)
