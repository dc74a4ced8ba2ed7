"""Splits under options: contracts change, what they are worth and cost does not."""

from __future__ import annotations

from decimal import Decimal

import pytest

from simulator.adjustment import split_contract
from simulator.contracts import ContractTerms, standard_terms
from simulator.events import Split
from tests.simulation.options.evening import (
    CALL,
    KO,
    LATER_CALL,
    TERMS,
    THU,
    TUE,
    WED,
    WEEKLY,
    an_evening,
    holding,
    new_york,
    units,
)
from tests.simulation.world import an_order
from tieout.orders import OrderState, Side, TimeInForce
from tieout.records import ActivityKind


@pytest.mark.parametrize(
    ("ratio", "symbol", "strike", "multiplier", "shares", "per_old"),
    [
        ("4", "KO    260116C00015000", "15", "100", "100", "4"),
        ("1.5", "KO1   260116C00040000", "40", "150", "150", "1"),
        ("0.1", "KO1   260116C00060000", "60", "100", "10", "1"),
        ("7", "KO    260116C00008571", "8.571", "100", "100", "7"),
    ],
)
def test_a_split_makes_of_a_contract_what_the_clearing_house_says(
    ratio: str, symbol: str, strike: str, multiplier: str, shares: str, per_old: str
) -> None:
    found = split_contract(standard_terms(CALL), Decimal(ratio))

    contract = found.terms.contract
    assert (contract.symbol, contract.strike, contract.multiplier) == (symbol, Decimal(strike), Decimal(multiplier))
    assert (contract.underlying, found.per_old) == ("KO", Decimal(per_old))
    assert [(part.instrument, part.units) for part in found.terms.securities] == [(KO, Decimal(shares))]


@pytest.mark.parametrize("ratio", ["4", "1.5", "0.1"])
def test_what_a_position_would_win_is_the_same_before_and_after(ratio: str) -> None:
    before = standard_terms(CALL)
    after = split_contract(before, Decimal(ratio))

    was = before.gain(before.worth(lambda _: Decimal(66)))
    now = after.terms.gain(after.terms.worth(lambda _: Decimal(66) / Decimal(ratio)))
    assert abs(now * after.per_old - was) < Decimal("1e-20")


@pytest.mark.parametrize("terms", [TERMS, standard_terms(WEEKLY)], ids=["adjusted before", "index"])
def test_what_no_rule_covers_is_refused(terms: ContractTerms) -> None:
    with pytest.raises(ValueError, match="no rule says"):
        split_contract(terms, Decimal(2))


@pytest.mark.parametrize(("ratio", "contracts"), [("2", "-4"), ("0.1", "-2")])
def test_a_held_contract_gives_way_to_its_successor_at_the_same_cost(ratio: str, contracts: str) -> None:
    venue = an_evening("62")
    venue.announce(Split(KO, THU, Decimal(ratio)))
    account = holding(venue, (KO, "200"), (LATER_CALL, "-2"))
    account.submit(an_order(instrument=LATER_CALL, side=Side.BUY, quantity="1", limit="0.01", until=TimeInForce.GTC))
    before = account.holdings[LATER_CALL.symbol].cost_basis

    venue.advance(new_york(THU, "09:30"))

    (successor,) = [one for one in account.holdings.values() if one.instrument != KO]
    assert successor.quantity == Decimal(contracts)
    assert successor.cost_basis == before
    assert account.orders()[0].state is OrderState.CANCELLED
    out, into = [one for one in account.activities if one.kind is ActivityKind.SYMBOL_CHANGE]
    assert (out.instrument, into.instrument) == (LATER_CALL, successor.instrument)
    assert out.group_id == into.group_id is not None


def test_an_adjusted_call_is_assigned_over_the_shares_that_it_delivers_now() -> None:
    venue = an_evening("70")
    venue.announce(Split(KO, THU, Decimal("1.5")))
    account = holding(venue, (KO, "100"), (CALL, "-1"))

    venue.advance(new_york(WED, "17:00"))
    assert units(account) == {"KO": 100, CALL.symbol: -1}
    venue.advance(new_york(TUE, "04:20"))

    assert units(account) == {}
    assert account.books.cash.traded("USD") == 100_000 + 6_000
