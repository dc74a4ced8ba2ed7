"""Every case of the table: forecast, evidence, bookings and lots."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.unit.options.cases import CASES
from tests.unit.options.table import Case, money, open_lots, profit
from tieout.options.likelihood import Likelihood

LEAST = 60


def test_the_table_has_no_case_twice_and_enough_of_them() -> None:
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names) >= LEAST
    print(f"{len(names)} option cases")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_forecast_says_how_likely_and_how_much(case: Case) -> None:
    found = case.foretold()
    assert (found.likelihood, found.cash) == (case.likelihood, Decimal(case.cash))
    assert (found.refused is not None) == case.refused
    assert found.likelihood is not Likelihood.UNKNOWN or not found.may_happen


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_evidence_has_its_class_and_its_traits(case: Case) -> None:
    if case.outcome is None:
        assert case.night().events == ()
        return
    event = case.event()
    ended = case.contracts if case.ended is None else case.ended
    assert (event.outcome, event.basis, event.contracts) == (case.outcome, case.basis, Decimal(ended))
    assert event.traits == case.traits


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_is_confirmed_leaves_the_right_lots_and_profit(case: Case) -> None:
    assert open_lots(case) == {symbol: (Decimal(units), Decimal(cost)) for symbol, (units, cost) in case.lots.items()}
    assert profit(case) == Decimal(case.profit)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_profit_is_the_change_of_cash_and_of_cost(case: Case) -> None:
    cost = sum((one[1] for one in open_lots(case).values()), Decimal(0))
    assert profit(case) == money(case) + cost
