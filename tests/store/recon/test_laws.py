"""Laws: a book ties out with itself, a known difference is exactly one break, and the order of rows means nothing."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.databases import FileTemplate, Stores
from tests.recon_world import AAPL, KO, MON, MSFT, TUE, World, at, event, fill
from tieout.accounts import Account, Mode
from tieout.ids import AccountId
from tieout.instruments import Instrument
from tieout.recon.types import BreakKind
from tieout.records import Activity, ActivityKind, Execution

SHARES = (AAPL, KO, MSFT)
PRICE = {"AAPL": 100, "MSFT": 200, "KO": 50}
units = st.integers(-50, 50).filter(bool)
cents = st.decimals("-500", "500", places=2).filter(lambda one: abs(one) > 1)


@dataclass
class Day:
    """What happened, from which both sides follow."""

    opening: dict[Instrument, int]
    trades: list[Execution] = field(default_factory=list)
    events: list[Activity] = field(default_factory=list)

    def held(self) -> dict[Instrument, Decimal]:
        found = {one: Decimal(quantity) for one, quantity in self.opening.items()}
        for trade in self.trades:
            found[trade.instrument] = found.get(trade.instrument, Decimal(0)) + trade.signed_quantity
        return {one: quantity for one, quantity in found.items() if quantity}

    def cash(self) -> Decimal:
        return Decimal(100_000) + sum(
            (
                one.cash_change - one.fee if isinstance(one, Execution) else one.amount
                for one in [*self.trades, *self.events]
            ),
            Decimal(0),
        )


@st.composite
def days(draw: st.DrawFn) -> Day:
    opening = draw(st.dictionaries(st.sampled_from(SHARES), units, max_size=3))
    trades = [
        fill(
            f"x{n}",
            draw(st.sampled_from(SHARES)),
            draw(units),
            draw(st.integers(1, 300)),
            MON,
            fee=draw(st.sampled_from(["0", "0.35"])),
            clock=draw(st.sampled_from(["15:00", "16:00"])),
        )
        for n in range(draw(st.integers(0, 6)))
    ]
    events = [
        event(f"e{n}", ActivityKind.DIVIDEND, MON, amount=str(draw(cents))) for n in range(draw(st.integers(0, 3)))
    ]
    return Day(opening, trades, events)


@pytest.fixture(scope="module")
def shared(file_template: FileTemplate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    stores = file_template.copy_to(tmp_path_factory.mktemp("laws") / "data")
    yield stores
    stores.close()


NAMES = itertools.count()
FEW = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def an_account(stores: Stores, day: Day) -> World:
    """A new account with that day's opening, trades and events in its book."""
    world = World(stores, account=Account(AccountId(f"law-{next(NAMES)}"), "paper", Mode.PAPER, "USD", "XNYS"))
    world.open_with(100_000, dict(day.opening))
    world.book(*day.trades, source="order")
    world.book(*day.events, source="statement")
    return world


@FEW
@given(day=days())
def test_a_book_ties_out_with_itself(shared: Stores, day: Day) -> None:
    world = an_account(shared, day)

    outcome = world.close(MON, world.see(MON, day.held(), day.cash(), *day.trades, *day.events))

    assert (outcome.state, outcome.findings, outcome.coverage) == ("tied_out", (), 1)


@FEW
@given(day=days(), units=units, which=st.sampled_from(SHARES))
def test_a_trade_that_the_book_lacks_is_exactly_one_break(
    shared: Stores, day: Day, units: int, which: Instrument
) -> None:
    world = an_account(shared, day)
    extra = fill("extra", which, units, "123.45", MON)
    broker = Day(day.opening, [*day.trades, extra], day.events)

    outcome = world.close(MON, world.see(MON, broker.held(), broker.cash(), *broker.trades, *broker.events))

    assert [one.difference.subject for one in outcome.findings] == ["execution:extra"]
    assert {one.subject for one in outcome.findings[0].symptoms} == {which.symbol, "cash:USD"}


@FEW
@given(day=days(), amount=cents)
def test_money_that_nobody_explains_is_exactly_one_break_of_that_amount(
    shared: Stores, day: Day, amount: Decimal
) -> None:
    world = an_account(shared, day)

    outcome = world.close(MON, world.see(MON, day.held(), day.cash() + amount, *day.trades, *day.events))

    assert [(one.difference.kind, one.difference.amount) for one in outcome.findings] == [
        (BreakKind.CASH_MISMATCH, amount)
    ]


@FEW
@given(day=days(), units=units, which=st.sampled_from(SHARES))
def test_units_that_nobody_explains_are_exactly_one_break_of_that_number(
    shared: Stores, day: Day, units: int, which: Instrument
) -> None:
    world = an_account(shared, day)
    held = day.held()
    held[which] = held.get(which, Decimal(0)) + units

    shown = {one: quantity for one, quantity in held.items() if quantity}
    outcome = world.close(MON, world.see(MON, shown, day.cash(), *day.trades, *day.events))

    assert [(one.difference.subject, one.difference.quantity) for one in outcome.findings] == [(which.symbol, units)]


@FEW
@given(day=days(), data=st.data())
def test_the_order_of_rows_does_not_change_the_result(shared: Stores, day: Day, data: st.DataObject) -> None:
    extra = [fill("extra", AAPL, 7, 99, MON), event("bonus", ActivityKind.FEE, MON, amount="-2.50")]
    rows = [*day.trades, *day.events, *extra]
    broker = Day(day.opening, [*day.trades, extra[0]], [*day.events, extra[1]])  # type: ignore[list-item]
    world, seen = an_account(shared, day), []
    for order in (rows, data.draw(st.permutations(rows))):
        positions = dict(data.draw(st.permutations(list(broker.held().items()))))
        run = world.see(MON, positions, broker.cash(), *order)
        seen.append(world.close(MON, run, dry_run=True).result_sha256)

    assert seen[0] == seen[1]


@FEW
@given(day=days())
def test_the_next_session_of_a_book_that_agrees_ties_out_as_well(shared: Stores, day: Day) -> None:
    world = an_account(shared, day)
    world.close(MON, world.see(MON, day.held(), day.cash(), *day.trades, *day.events))
    later = fill("later", KO, 3, 51, TUE)
    world.book(later)
    both = Day(day.opening, [*day.trades, later], day.events)

    assert world.close(TUE, world.see(TUE, both.held(), both.cash(), later)).state == "tied_out"


def test_a_moment_of_the_tests_is_in_the_session(shared: Stores) -> None:
    assert World(shared).sessions.business_date(at(MON)) == MON
