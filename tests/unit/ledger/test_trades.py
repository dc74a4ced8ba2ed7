from __future__ import annotations

from decimal import Decimal

import pytest

from tests.unit.ledger.records import (
    BTC,
    ES,
    INVERSE,
    KO,
    LINEAR,
    PEP,
    PUT,
    cost,
    folded,
    held,
    lots,
    money,
    profit,
    trade,
)
from tieout.errors import StoreError
from tieout.ledger.fold import fold
from tieout.ledger.types import JournalRecord, LotMethod

D = Decimal


def test_a_purchase_turns_cash_into_cost() -> None:
    book = folded(trade("100", "10.50", fee="1.25"))
    assert (held(book), cost(book), money(book), profit(book)) == (D(100), D("1051.25"), D("-1051.25"), D(0))
    assert [(one.event, one.leg) for one in book.entries] == [("trade", 0), ("trade", 1), ("fee", 2)]


def test_a_sale_realises_proceeds_less_cost_and_both_fees() -> None:
    book = folded(trade("100", "10", fee="1"), trade("-100", "12", fee="1"))
    assert (held(book), cost(book), money(book), profit(book)) == (D(0), D(0), D(198), D(198))
    assert book.open_lots == ()


def test_a_short_lot_has_negative_cost_and_profits_from_a_fall() -> None:
    book = folded(trade("-50", "20"))
    assert lots(book) == [(D(-50), D(-1000))]
    assert profit(folded(trade("-50", "20"), trade("50", "15"))) == 250


def test_a_sale_through_zero_closes_the_long_and_opens_a_short() -> None:
    book = folded(trade("100", "10"), trade("-150", "12", fee="3"))
    # 150 × 12 − 3 of fee, a third of both belongs to the 50 sold short
    assert profit(book) == D(198)
    assert lots(book) == [(D(-50), D(-599))]
    assert money(book) == D(797)


@pytest.mark.parametrize(
    ("method", "expected", "left"),
    [
        (LotMethod.FIFO, D(200), [(D(100), D(3000)), (D(100), D(2000))]),
        (LotMethod.LIFO, D(100), [(D(100), D(1000)), (D(100), D(3000))]),
        (LotMethod.HIFO, D(-1800) + D(1800), [(D(100), D(1000)), (D(100), D(2000))]),
        (LotMethod.AVERAGE, D(0), [(D(200), D(4000))]),
    ],
)
def test_each_method_closes_its_own_lot(method: LotMethod, expected: Decimal, left: list[object]) -> None:
    bought = (trade("100", "10"), trade("100", "30", day=1), trade("100", "20", day=2))
    price = {LotMethod.FIFO: "12", LotMethod.LIFO: "21", LotMethod.HIFO: "30", LotMethod.AVERAGE: "20"}[method]
    book = folded(*bought, trade("-100", price, day=3), method=method)
    assert profit(book) == expected
    assert lots(book) == left


def test_hifo_covers_the_short_that_shows_the_least_profit_first() -> None:
    book = folded(trade("-10", "50"), trade("-10", "40"), trade("10", "45"), method=LotMethod.HIFO)
    assert profit(book) == D(-50)
    assert lots(book) == [(D(-10), D(-500))]


def test_lots_follow_the_day_they_were_acquired_and_not_the_day_they_were_booked() -> None:
    book = folded(trade("10", "20", day=3), trade("10", "10", day=1), trade("-10", "30", day=4))
    assert profit(book) == D(200)


def test_an_option_trade_moves_price_times_multiplier() -> None:
    book = folded(trade("-2", "1.50", PUT, fee="1.30"))
    assert money(book) == D("298.70")
    assert cost(book, PUT) == D("-298.70")


def test_a_fee_in_the_coin_bought_leaves_fewer_units_for_the_same_money() -> None:
    book = folded(trade("1", "50000", BTC, fee="0.0025", fee_currency="BTC"))
    assert (held(book, BTC), cost(book, BTC), money(book)) == (D("0.9975"), D(50000), D(-50000))
    assert [one.event for one in book.entries] == ["trade", "trade"]


def test_a_fee_in_the_coin_sold_takes_more_units() -> None:
    book = folded(trade("2", "100", BTC), trade("-1", "150", BTC, fee="0.5", fee_currency="BTC"))
    assert (held(book, BTC), profit(book), cost(book, BTC)) == (D("0.5"), D(0), D(50))


def test_a_fee_that_eats_the_whole_purchase_is_a_loss() -> None:
    book = folded(trade("0.01", "100", BTC, fee="0.01", fee_currency="BTC"))
    assert (held(book, BTC), cost(book, BTC), profit(book), money(book)) == (D(0), D(0), D(-1), D(-1))


def test_a_rebate_in_coin_adds_units() -> None:
    assert held(folded(trade("1", "100", BTC, fee="-0.001", fee_currency="BTC")), BTC) == D("1.001")


def test_a_fee_in_a_third_currency_is_realised_at_once_in_that_currency() -> None:
    book = folded(trade("1", "100", BTC, fee="0.02", fee_currency="BNB"))
    assert (cost(book, BTC), money(book), profit(book)) == (D(100), D(-100), D(0))
    assert (money(book, "BNB"), profit(book, "BNB")) == (D("-0.02"), D("-0.02"))


def test_a_future_moves_no_cash_until_it_is_closed() -> None:
    opened = folded(trade("2", "5000", ES, fee="4"))
    assert (money(opened), profit(opened), cost(opened, ES)) == (D(-4), D(-4), D(500000))
    closed = folded(trade("2", "5000", ES), trade("-2", "5010.25", ES))
    assert (money(closed), profit(closed), held(closed, ES)) == (D(1025), D(1025), D(0))
    assert [one.event for one in closed.entries] == ["trade", "trade", "variation"]


def test_a_perpetual_pays_its_profit_in_the_settlement_coin() -> None:
    book = folded(trade("-0.5", "60000", LINEAR, fee="3"), trade("0.5", "58000", LINEAR))
    assert (money(book, "USDT"), profit(book, "USDT")) == (D(997), D(997))


def test_an_inverse_perpetual_pays_contracts_over_prices() -> None:
    book = folded(trade("10", "50000", INVERSE), trade("-10", "40000", INVERSE))
    # 10 contracts of 100 USD: 1000 ÷ 50000 − 1000 ÷ 40000
    assert (money(book, "BTC"), profit(book, "BTC")) == (D("-0.005"), D("-0.005"))


def test_cash_of_more_digits_than_the_stores_hold_is_rounded_half_even() -> None:
    book = folded(trade("0.333333333333333333", "0.000000000000000005", BTC))
    assert money(book) == D("-0.000000000000000002")
    assert cost(book, BTC) == -money(book)


def test_thirds_of_a_cost_add_up_to_the_whole() -> None:
    book = folded(trade("3", "3.333333333333333333", fee="0.01"), *(trade("-1", "4", day=day) for day in range(3)))
    assert (held(book), cost(book), book.open_lots) == (D(0), D(0), ())
    assert profit(book) == money(book)


def test_large_numbers_keep_every_digit() -> None:
    book = folded(trade("12345678901234567890.123456789012345678", "1"), trade("0.000000000000000001", "1"))
    assert held(book) == D("12345678901234567890.123456789012345679")


def test_instruments_are_kept_apart() -> None:
    book = folded(trade("1", "10", KO), trade("-1", "20", PEP))
    assert (held(book, KO), held(book, PEP), profit(book)) == (D(1), D(-1), D(0))


def test_units_without_an_instrument_are_refused() -> None:
    one = trade("1", "10", name="lost")
    record = JournalRecord(7, one, None, one.executed_at.date(), one.executed_at.date())
    with pytest.raises(StoreError, match=r"record 7 .* names no instrument"):
        fold([record], (), LotMethod.FIFO)
