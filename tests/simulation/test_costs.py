"""What trading costs."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from simulator.costs import (
    COIN_EXCHANGE,
    COIN_QUOTE,
    FREE,
    PER_SHARE,
    US_RETAIL,
    Commission,
    CostSchedule,
    commission,
    regulatory_fees,
)
from tests.simulation.world import BTC, ES, KO, PUT, THURSDAY_CLOSE, WEDNESDAY_CLOSE, a_venue, an_account, an_order
from tieout.ids import ExecutionId
from tieout.instruments import Instrument
from tieout.orders import Side
from tieout.records import ActivityKind, Execution


@pytest.mark.parametrize(
    ("costs", "instrument", "quantity", "price", "maker", "money"),
    [
        (FREE, KO, "100", "62", False, "0"),
        (PER_SHARE, KO, "1000", "62", False, "5.00"),
        (PER_SHARE, KO, "10", "62", False, "1.00"),
        (PER_SHARE, PUT, "3", "1.20", False, "1.95"),
        (PER_SHARE, ES, "2", "7000", False, "1.30"),
        (COIN_QUOTE, BTC, "0.5", "90000", False, "117.00"),
        (COIN_QUOTE, BTC, "0.5", "90000", True, "72.00"),
    ],
)
def test_commissions_by_schedule(
    costs: CostSchedule, instrument: Instrument, quantity: str, price: str, maker: bool, money: str
) -> None:
    found = commission(costs, instrument, Side.BUY, Decimal(quantity), Decimal(price), maker=maker)

    assert found == Commission(Decimal(money))


def test_a_fee_in_what_is_received_is_coin_on_a_buy_and_money_on_a_sale() -> None:
    bought = commission(US_RETAIL, BTC, Side.BUY, Decimal("0.4"), Decimal(90_000), maker=False)
    sold = commission(US_RETAIL, BTC, Side.SELL, Decimal("0.4"), Decimal(90_000), maker=False)

    assert (bought.coin, bought.money) == (Decimal("0.001"), 0)
    assert (sold.coin, sold.money) == (0, Decimal("90.00"))


def a_sale(instrument: Instrument = KO, quantity: str = "1000", side: Side = Side.SELL) -> Execution:
    return Execution(ExecutionId("e"), instrument, side, Decimal(quantity), Decimal(62), WEDNESDAY_CLOSE)


@pytest.mark.parametrize(
    ("execution", "on", "owed"),
    [
        (a_sale(), date(2026, 1, 14), {"TAF": "0.20"}),
        (a_sale(), date(2025, 1, 14), {"SEC": "1.73", "TAF": "0.17"}),
        (a_sale(quantity="1000000"), date(2026, 1, 14), {"TAF": "9.79"}),
        (a_sale(PUT, "10"), date(2026, 1, 14), {"TAF options": "0.04"}),
        (a_sale(side=Side.BUY), date(2026, 1, 14), {}),
        (a_sale(BTC, "1"), date(2026, 1, 14), {}),
        (a_sale(), date(2020, 1, 14), {}),
    ],
)
def test_regulatory_fees_by_date(execution: Execution, on: date, owed: dict[str, str]) -> None:
    found = regulatory_fees(US_RETAIL, [execution], on)

    assert found == {name: Decimal(money) for name, money in owed.items()}


def test_fees_of_a_session_are_summed_before_they_are_rounded_up() -> None:
    fees = regulatory_fees(US_RETAIL, [a_sale(quantity="10")] * 6, date(2026, 1, 14))

    assert fees == {"TAF": Decimal("0.02")}  # 6 × 10 × 0.000195


def test_regulatory_fees_are_charged_the_session_after() -> None:
    venue = a_venue()
    account = an_account(venue, held=[(KO, "1000", "50")], costs=US_RETAIL)
    account.submit(an_order(side=Side.SELL, quantity="1000"))

    venue.advance(WEDNESDAY_CLOSE)
    before = account.activities
    venue.advance(THURSDAY_CLOSE)

    (fee,) = account.activities
    assert before == []
    assert (fee.kind, fee.amount, fee.settles_on) == (ActivityKind.FEE, Decimal("-0.20"), date(2026, 1, 15))
    assert account.books.cash.traded("USD") == Decimal("71949.80")


def test_a_coin_fee_posted_apart_leaves_the_average_price_alone() -> None:
    account = an_account(a_venue(), cash="100000", costs=US_RETAIL)

    account.submit(an_order(instrument=BTC, quantity="1"))

    (position,), (execution,), (fee,) = account.positions(), account.executions, account.activities
    assert (execution.quantity, execution.fee) == (1, 0)
    assert (fee.kind, fee.quantity, fee.amount, fee.venue_kind) == (ActivityKind.FEE, Decimal("-0.0025"), 0, "CFEE")
    assert position.quantity == Decimal("0.9975")
    assert position.avg_entry_price == execution.price


def test_a_coin_fee_in_the_fill_leaves_fewer_coins_at_the_same_cost() -> None:
    account = an_account(a_venue(), cash="100000", costs=COIN_EXCHANGE)

    account.submit(an_order(instrument=BTC, quantity="1"))

    (position,), (execution,) = account.positions(), account.executions
    assert (execution.fee, execution.fee_currency) == (Decimal("0.001"), "BTC")
    assert account.activities == []
    assert position.quantity == Decimal("0.999")
    assert position.cost_basis == execution.price


def test_a_coin_sold_pays_its_fee_in_money() -> None:
    account = an_account(a_venue(), held=[(BTC, "1", "80000")], costs=US_RETAIL)

    account.submit(an_order(instrument=BTC, side=Side.SELL, quantity="1"))

    (fee,) = account.activities
    assert (fee.quantity, fee.amount) == (0, Decimal("-224.98"))
    assert account.books.cash.traded("USD") == 10_000 + 89_990 - Decimal("224.98")
