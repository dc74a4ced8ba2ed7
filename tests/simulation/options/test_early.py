"""Why strangers exercise early, and why they mostly do not."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from simulator.contracts import standard_terms
from simulator.early import ON_DISCOUNT, ON_DIVIDEND, ON_INTEREST, Evening, exercised_early
from simulator.events import Dividend
from tests.simulation.options.evening import FRI, KO, LATER_CALL, THU, WEEKLY, an_evening, holding, new_york, units
from tieout.instruments import option

CALL = standard_terms(LATER_CALL)  # 50 strike, 5,000 a contract
PUT = standard_terms(option("KO260220P00070000"))
MONTH = Decimal(35) / 365


def evening(worth: str, price: str, *, bid: str | None = None, dividend: str = "0", put: bool = False) -> Evening:
    """Figures of one contract, currency."""
    terms = PUT if put else CALL
    return Evening(terms, Decimal(worth), Decimal(price), Decimal(bid or price), Decimal(dividend), MONTH)


def share(found: Evening) -> Decimal:
    return Decimal(exercised_early(10_000, found)) / 10_000


@pytest.mark.parametrize(
    ("dividend", "expected"), [("52", ON_DIVIDEND), ("30.01", ON_DIVIDEND), ("30", Decimal(0)), ("0", Decimal(0))]
)
def test_a_call_is_exercised_for_a_dividend_above_its_time_value(dividend: str, expected: Decimal) -> None:
    assert share(evening("6200", "1230", dividend=dividend)) == expected


def test_a_put_is_exercised_where_the_strike_earns_more_than_the_time_value() -> None:
    """Seven thousand for 35 days at four percent are 26.85."""
    assert share(evening("5000", "2026", put=True)) == ON_INTEREST
    assert share(evening("5000", "2027", put=True)) == 0
    assert share(evening("5000", "2020", put=True, dividend="7")) == 0  # tomorrow's share is worth that much less


def test_an_option_that_can_only_be_sold_below_its_worth_is_exercised_now_and_then() -> None:
    assert share(evening("6200", "1201", bid="1199")) == ON_DISCOUNT
    assert share(evening("6200", "1201", bid="1200")) == 0


def test_nothing_out_of_the_money_or_european_is_exercised_early() -> None:
    deep = evening("6200", "1200", bid="1100", dividend="500")

    assert share(replace(deep, worth=Decimal(4_900))) == 0
    assert share(replace(deep, terms=standard_terms(WEEKLY), worth=Decimal(900_000))) == 0


def test_over_many_seeds_the_eve_of_a_dividend_takes_nearly_every_short_call() -> None:
    taken = 0
    for seed in range(40):
        venue = an_evening("62", seed=seed)
        venue.announce(Dividend(KO, THU, FRI, Decimal("0.52")))
        account = holding(venue, (KO, "100"), (LATER_CALL, "-1"))
        venue.advance(new_york(THU, "04:20"))
        taken += units(account) == {}

    assert 34 <= taken < 40
