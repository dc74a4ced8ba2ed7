"""Spot wallets, fees in coins, coin-margined contracts, hedge mode, funding and forced closings."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from simulator.costs import BINANCE, BINANCE_BNB, BYBIT, COIN_VENUES, KRAKEN, CostSchedule, commission
from simulator.fees import FEES, fee_row
from simulator.forced import deleverage, liquidate
from simulator.funding import Funding, payment
from tests.simulation.coins.world import (
    BNB,
    BTC,
    ETH_BTC,
    INVERSE,
    LINEAR,
    MONDAY,
    USDC,
    a_venue,
    an_account,
    an_order,
)
from tests.simulation.world import steps
from tieout.errors import InsufficientFunds, InvalidOrder, NotTradable
from tieout.hedge import Leg, in_leg
from tieout.instruments import Instrument
from tieout.orders import Side
from tieout.records import ActivityKind

D = Decimal
LONG, SHORT = in_leg(LINEAR, Leg.LONG), in_leg(LINEAR, Leg.SHORT)
HOUR = timedelta(hours=1)


def totals(account: object) -> dict[str, Decimal]:
    return {code: total for code, (total, _) in account.wallets().items()}  # type: ignore[attr-defined]


def test_a_spot_purchase_moves_coin_against_the_money_of_the_pair() -> None:
    account = an_account(a_venue(), {"USDT": "100000"})

    account.submit(an_order(BTC, "0.5"))

    assert totals(account) == {"BTC": D("0.5"), "USDT": D(70_000)}
    assert [one.instrument.symbol for one in account.positions()] == ["BTC/USDT"]


def test_a_coin_bought_with_a_coin_leaves_one_wallet_for_the_other() -> None:
    account = an_account(a_venue(), {"BTC": "1", "USDT": "0"})

    account.submit(an_order(ETH_BTC, "10"))

    assert totals(account) == {"BTC": D("0.5"), "ETH": D(10), "USDT": D(0)}


def test_one_stablecoin_against_another_is_cash_on_both_sides() -> None:
    account = an_account(a_venue(), {"USDT": "100"})

    account.submit(an_order(USDC, "40"))

    assert totals(account) == {"USDC": D(40), "USDT": D(60)}
    assert account.positions() == ()


def test_more_than_the_wallet_of_the_pair_holds_is_refused() -> None:
    account = an_account(a_venue(), {"USDT": "100", "BTC": "5"})

    with pytest.raises(InsufficientFunds, match="60000 USDT needed, 100 to spend"):
        account.submit(an_order(BTC, "1"))


def test_a_resting_purchase_locks_its_money_and_a_sale_its_coin() -> None:
    account = an_account(a_venue(), {"USDT": "100000", "BTC": "2"})
    account.submit(an_order(BTC, "1", key="buy", limit="50000"))
    account.submit(an_order(BTC, "-0.5", key="sell", limit="70000"))

    assert account.wallets() == {"BTC": (D(2), D("0.5")), "USDT": (D(100_000), D(50_000))}
    with pytest.raises(InsufficientFunds):
        account.submit(an_order(BTC, "1", key="more", limit="50001"))


@pytest.mark.parametrize(
    ("costs", "side", "fee", "currency"),
    [
        (BINANCE, "0.5", "0.0005", "BTC"),
        (BINANCE, "-0.5", "30", "USDT"),
        (KRAKEN, "0.5", "120", "USDT"),
        (BINANCE_BNB, "0.5", "0.0375", "BNB"),
    ],
)
def test_a_fee_is_paid_in_what_the_venue_takes(costs: CostSchedule, side: str, fee: str, currency: str) -> None:
    account = an_account(a_venue(), {"USDT": "100000", "BTC": "1", "BNB": "10"}, costs=costs)
    before = totals(account)

    account.submit(an_order(BTC, side))

    (made,) = account.executions
    assert (made.fee, made.fee_currency) == (D(fee), currency)
    units, after = made.signed_quantity, totals(account)
    expected = {"BTC": units, "USDT": -units * 60_000, "BNB": D(0)}
    expected[currency] -= D(fee)
    assert {code: after[code] - before[code] for code in expected} == expected


def test_without_enough_of_the_token_the_fee_comes_out_of_what_is_received() -> None:
    account = an_account(a_venue(), {"USDT": "100000", "BNB": "0.001"}, costs=BINANCE_BNB)

    account.submit(an_order(BTC, "0.5"))

    assert account.executions[0].fee_currency == "BTC"


def test_rates_hold_from_their_date_on() -> None:
    assert fee_row("binance", LINEAR, date(2023, 10, 31)).taker == D("0.0004")
    assert fee_row("binance", LINEAR, date(2023, 11, 1)).taker == D("0.0005")
    with pytest.raises(NotTradable, match="charged nothing"):
        fee_row("coinbase", INVERSE, date(2026, 1, 12))


def test_no_maker_pays_more_than_a_taker_and_no_two_rows_begin_on_one_day() -> None:
    assert all(0 <= row.maker <= row.taker < D("0.02") for row in FEES)
    assert len({(row.venue, row.product, row.since) for row in FEES}) == len(FEES)
    assert {costs.venue for costs in COIN_VENUES} == {row.venue for row in FEES}


def test_a_maker_pays_the_maker_rate_and_an_inverse_fee_is_coin() -> None:
    resting = commission(BYBIT, INVERSE, Side.SELL, D(6000), D(60_000), maker=True, on=date(2026, 1, 12))
    assert (resting.other, resting.other_currency) == (D("0.00002"), "BTC")


def test_an_inverse_contract_pays_its_profit_in_coin_by_the_average_entry() -> None:
    source = steps((MONDAY, "60000"), (MONDAY + HOUR, "50000"), (MONDAY + 2 * HOUR, "80000"))
    venue = a_venue({INVERSE: source})
    account = an_account(venue, {"BTC": "1"})
    account.submit(an_order(INVERSE, "6000", key="a"))
    venue.advance(MONDAY + HOUR)
    account.submit(an_order(INVERSE, "5000", key="b"))
    (held,) = [one for one in account.positions() if one.instrument == INVERSE]
    assert held.avg_entry_price == D(55_000)  # 11,000 dollars over 0.1 + 0.1 bitcoin

    venue.advance(MONDAY + 2 * HOUR)
    account.submit(an_order(INVERSE, "-11000", key="c"))

    assert totals(account)["BTC"] == D(1) + D("0.2") - D(11_000) / D(80_000)


def test_both_legs_of_a_hedge_are_held_at_once_and_close_apart() -> None:
    account = an_account(a_venue(), {"USDT": "100000"}, hedge=True)
    account.submit(an_order(LONG, "0.5", key="a"))
    account.submit(an_order(SHORT, "-0.2", key="b"))
    assert {one.instrument.symbol: one.quantity for one in account.positions()} == {
        "BTC/USDT:USDT LONG": D("0.5"),
        "BTC/USDT:USDT SHORT": D("-0.2"),
    }

    account.submit(an_order(SHORT, "0.2", key="c"))

    assert [one.instrument for one in account.positions()] == [LONG]


@pytest.mark.parametrize(
    ("hedge", "instrument", "units", "says"),
    [
        (True, LINEAR, "1", "says which leg"),
        (False, LONG, "1", "one-way mode"),
        (True, LONG, "-1", "close more than the 0"),
    ],
)
def test_an_order_must_fit_the_mode_of_the_account(hedge: bool, instrument: Instrument, units: str, says: str) -> None:
    account = an_account(a_venue(), {"USDT": "100000"}, hedge=hedge)
    with pytest.raises(InvalidOrder, match=says):
        account.submit(an_order(instrument, units))


def test_longs_pay_shorts_three_times_a_day_and_each_leg_for_itself() -> None:
    venue = a_venue(funding=Funding())
    account = an_account(venue, {"USDT": "100000"}, hedge=True)
    account.submit(an_order(LONG, "0.5", key="a"))
    account.submit(an_order(SHORT, "-0.2", key="b"))

    venue.advance(MONDAY + timedelta(hours=23))

    paid = [(one.occurred_at.hour, one.instrument, one.amount) for one in account.activities]
    assert paid == [(hour, leg, amount) for hour in (8, 16, 0) for leg, amount in ((LONG, D(-3)), (SHORT, D("1.2")))]
    assert totals(account)["USDT"] == D(100_000) - 3 * D("1.8")


def test_an_inverse_contract_is_funded_in_coin() -> None:
    assert payment(INVERSE, D(60_000), D(60_000), D("0.0001")) == D("-0.0001")
    assert payment(LINEAR, D(-2), D(60_000), D("-0.0001")) == D(-12)


def test_a_drawn_rate_is_the_same_whenever_it_is_asked_and_never_beyond_the_cap() -> None:
    funding = Funding(spread=D("0.01"), seed=3)
    moments = list(funding.moments(MONDAY, MONDAY + timedelta(days=20)))
    rates = [funding.rate(LINEAR, one) for one in moments]
    assert rates == [funding.rate(LONG, one) for one in moments]
    assert max(abs(rate) for rate in rates) == funding.cap
    assert len(set(rates)) > 10
    scripted = Funding(scripted={(LINEAR.symbol, moments[0]): D("-0.002")})
    assert scripted.rate(SHORT, moments[0]) == D("-0.002")


def test_what_equity_no_longer_covers_is_closed_at_the_mark_with_a_fee() -> None:
    venue = a_venue({LINEAR: steps((MONDAY, "60000"), (MONDAY + HOUR, "54500"), (MONDAY + 2 * HOUR, "90000"))})
    account = an_account(venue, {"USDT": "6000"}, maintenance="0.01", liquidation_fee="0.001")
    account.submit(an_order(LINEAR, "1"))

    venue.advance(MONDAY + 3 * HOUR)

    closing, fee = account.activities
    assert (closing.kind, closing.quantity, closing.price) == (ActivityKind.LIQUIDATION, D(-1), D(54_500))
    assert (closing.amount, fee.amount, fee.group_id) == (D(-5500), D("-54.5"), closing.group_id)
    assert account.positions() == ()
    assert totals(account)["USDT"] == D("445.5")


def test_an_account_that_is_covered_is_left_alone() -> None:
    venue = a_venue({LINEAR: steps((MONDAY, "60000"), (MONDAY + HOUR, "55000"))})
    account = an_account(venue, {"USDT": "6000"}, maintenance="0.01")
    account.submit(an_order(LINEAR, "1"))
    venue.advance(MONDAY + 3 * HOUR)
    assert account.activities == []


def test_deleveraging_closes_a_part_at_the_price_of_the_bankrupt_side() -> None:
    venue = a_venue()
    account = an_account(venue, {"BTC": "1"})
    account.submit(an_order(INVERSE, "-6000"))

    (event,) = deleverage(account, INVERSE, D("0.5"), D(50_000))

    assert (event.kind, event.quantity, event.amount, event.currency) == (
        ActivityKind.DELEVERAGING,
        D(3000),
        D("0.01"),
        "BTC",
    )
    assert account.books.units(INVERSE) == -3000


def test_liquidating_ends_the_orders_on_the_contract_too() -> None:
    account = an_account(a_venue(), {"USDT": "100000"})
    account.submit(an_order(LINEAR, "1", key="a"))
    account.submit(an_order(LINEAR, "1", key="b", limit="50000"))
    liquidate(account, account._market)
    assert account.live == ()


def test_a_token_that_lies_in_the_wallet_is_a_position_of_the_account() -> None:
    account = an_account(a_venue(), {"USDT": "1000", "BNB": "2"})
    account.submit(an_order(BNB, "1"))
    (held,) = account.positions()
    assert (held.instrument.symbol, held.quantity, held.market_value) == ("BNB/USDT", D(3), D(1800))
