from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.unit.ledger.records import (
    BTC,
    ES,
    FIRST_DAY,
    KO,
    LINEAR,
    PEP,
    PUT,
    cost,
    event,
    folded,
    held,
    journal,
    lots,
    money,
    profit,
    trade,
)
from tieout.errors import StoreError
from tieout.ledger.book import Book
from tieout.ledger.fold import fold
from tieout.ledger.reorganisation import _write
from tieout.ledger.types import LotMethod
from tieout.records import ActivityKind as Kind

D = Decimal


def test_an_expiration_closes_a_long_option_as_a_loss_and_a_short_one_as_a_gain() -> None:
    assert profit(folded(trade("1", "2", PUT), event(Kind.EXPIRATION, "-1", instrument=PUT))) == D(-200)
    short = folded(trade("-1", "2", PUT), event(Kind.EXPIRATION, "1", instrument=PUT))
    assert (profit(short), held(short, PUT), short.open_lots) == (D(200), D(0), ())


def test_an_assignment_buys_the_underlying_at_the_strike_less_the_premium() -> None:
    book = folded(
        trade("-1", "2", PUT),
        event(Kind.ASSIGNMENT, "1", instrument=PUT, group="g"),
        event(Kind.OPTION_TRADE, "100", "-15000", KO, price="150", group="g"),
    )
    assert (profit(book), money(book), cost(book), held(book)) == (D(0), D(-14800), D(14800), D(100))


def test_the_cash_leg_of_a_cash_settled_option_is_profit() -> None:
    assert profit(folded(event(Kind.OPTION_TRADE, amount="250", instrument=None))) == D(250)


@pytest.mark.parametrize("kind", [Kind.DIVIDEND, Kind.WITHHOLDING, Kind.FEE, Kind.INTEREST, Kind.FUNDING, Kind.MERGER])
def test_cash_that_is_earned_or_spent_is_realised_at_once(kind: Kind) -> None:
    book = folded(event(kind, amount="-12.34"))
    assert (money(book), profit(book), held(book)) == (D("-12.34"), D("-12.34"), D(0))


@pytest.mark.parametrize("kind", [Kind.OPENING, Kind.TRANSFER, Kind.JOURNAL, Kind.OTHER])
def test_cash_from_or_to_the_outside_is_no_profit(kind: Kind) -> None:
    book = folded(event(kind, amount="1000", instrument=None))
    assert (money(book), profit(book)) == (D(1000), D(0))


def test_an_event_without_units_or_money_moves_nothing() -> None:
    assert folded(event(Kind.OTHER)).entries == ()


def test_an_opening_position_makes_a_lot_and_moves_no_cash() -> None:
    book = folded(event(Kind.OPENING, "2", instrument=PUT, price="1.5"))
    assert (lots(book, PUT), money(book), profit(book)) == ([(D(2), D(300))], D(0), D(0))


def test_units_transferred_out_take_their_cost_with_them() -> None:
    book = folded(trade("10", "5"), event(Kind.TRANSFER, "-4", price="9"))
    assert (held(book), cost(book), profit(book)) == (D(6), D(30), D(0))


def test_units_transferred_in_without_a_price_cost_nothing() -> None:
    assert lots(folded(event(Kind.TRANSFER, "4"))) == [(D(4), D(0))]


def test_a_signed_off_correction_with_a_price_is_no_profit_and_one_without_is() -> None:
    assert profit(folded(event(Kind.ADJUSTMENT, "4", price="10"))) == D(0)
    assert profit(folded(trade("1", "10"), event(Kind.ADJUSTMENT, "-0.00001"))) == D("-0.0001")


def test_a_fee_taken_in_coin_is_a_loss_at_cost() -> None:
    book = folded(trade("1", "50000", BTC), event(Kind.FEE, "-0.0025", instrument=BTC, price="50000"))
    assert (held(book, BTC), profit(book), money(book)) == (D("0.9975"), D(-125), D(-50000))


def test_units_paid_for_in_another_currency_cost_nothing_in_their_own() -> None:
    book = folded(trade("10", "5"), event(Kind.MERGER, "-10", "60", currency="EUR"))
    assert (profit(book), profit(book, "EUR"), money(book, "EUR")) == (D(-50), D(60), D(60))


def test_a_split_rebases_every_lot_and_realises_nothing() -> None:
    book = folded(trade("10", "40"), trade("5", "60", day=1), event(Kind.SPLIT, "45", ratio="4", day=2))
    assert lots(book) == [(D(40), D(400)), (D(20), D(300))]
    assert (profit(book), money(book)) == (D(0), D(-700))


def test_a_split_of_a_short_position_adds_short_units() -> None:
    assert lots(folded(trade("-10", "40"), event(Kind.SPLIT, "-30", ratio="4"))) == [(D(-40), D(-400))]


def test_a_reverse_split_by_three_is_exact_whatever_its_decimal_ratio() -> None:
    book = folded(trade("30", "1"), trade("3", "1"), event(Kind.SPLIT, "-22", ratio="0.333333333333333333"))
    assert lots(book) == [(D(10), D(30)), (D(1), D(3))]


def test_cash_in_lieu_sells_the_fraction_that_the_ratio_leaves_over() -> None:
    book = folded(trade("15", "1"), event(Kind.SPLIT, "-14", "6", ratio="0.1"))
    assert (lots(book), profit(book), money(book)) == ([(D(1), D(10))], D(1), D(-9))


def test_cash_with_a_split_of_unknown_ratio_is_profit() -> None:
    book = folded(trade("15", "1"), event(Kind.SPLIT, "-14", "6"))
    assert (lots(book), profit(book)) == ([(D(1), D(15))], D(6))


def test_a_reverse_split_that_leaves_nothing_sells_everything() -> None:
    book = folded(trade("5", "1"), event(Kind.SPLIT, "-5", "6", ratio="0.1"))
    assert (book.open_lots, profit(book), money(book)) == ((), D(1), D(1))


def test_a_split_of_what_the_book_does_not_hold_adds_units_without_cost() -> None:
    assert lots(folded(event(Kind.SPLIT, "30", ratio="4"))) == [(D(30), D(0))]


def test_hifo_knows_the_cost_of_a_unit_after_a_split() -> None:
    book = folded(
        trade("10", "10"),
        event(Kind.SPLIT, "10", ratio="2", day=1),
        trade("10", "6", day=2),
        trade("-10", "6", day=3),
        method=LotMethod.HIFO,
    )
    assert (profit(book), lots(book)) == (D(0), [(D(20), D(100))])


def test_a_merger_hands_cost_and_dates_over_lot_by_lot() -> None:
    book = folded(
        trade("10", "40"),
        trade("30", "20", day=1),
        event(Kind.MERGER, "-40", group="g", day=2),
        event(Kind.MERGER, "20", "15", instrument=PEP, group="g", day=2),
    )
    assert lots(book, PEP) == [(D(5), D(400)), (D(15), D(600))]
    assert (held(book), cost(book), profit(book)) == (D(0), D(0), D(15))
    assert [lot.acquired_on.day for lot in book.open_lots] == [FIRST_DAY.day, FIRST_DAY.day + 1]
    assert [entry.seq for entry in book.entries] == sorted(entry.seq for entry in book.entries)


def test_the_order_of_the_legs_does_not_matter() -> None:
    book = folded(
        trade("10", "40"),
        event(Kind.SYMBOL_CHANGE, "10", instrument=PEP, group="g"),
        event(Kind.SYMBOL_CHANGE, "-10", group="g"),
    )
    assert (lots(book, PEP), lots(book), profit(book)) == ([(D(10), D(400))], [], D(0))


def test_legs_without_a_group_belong_together_when_they_are_two_of_one_moment() -> None:
    change = Kind.SYMBOL_CHANGE
    pair = folded(trade("10", "40"), event(change, "-10"), event(change, "10", instrument=PEP))
    assert lots(pair, PEP) == [(D(10), D(400))]
    apart = folded(trade("10", "40"), event(change, "-10"), event(change, "10", instrument=PEP, day=1))
    assert (lots(apart, PEP), profit(apart)) == ([(D(10), D(0))], D(-400))


def test_units_beyond_what_the_book_holds_go_short_without_cost() -> None:
    book = folded(
        trade("10", "40"),
        event(Kind.MERGER, "-12", group="g"),
        event(Kind.MERGER, "12", instrument=PEP, group="g"),
    )
    assert (lots(book), lots(book, PEP)) == ([(D(-2), D(0))], [(D(12), D(400))])


def test_a_group_that_brings_nothing_is_booked_leg_by_leg() -> None:
    book = folded(
        trade("10", "40"), trade("10", "4", PEP), *(event(Kind.MERGER, "-10", "1", x, group="g") for x in (KO, PEP))
    )
    assert (profit(book), book.open_lots) == (D(-438), ())


def test_average_lots_stay_one_through_a_merger() -> None:
    book = folded(
        trade("10", "40"),
        trade("10", "20"),
        trade("5", "10", PEP),
        event(Kind.MERGER, "-20", group="g"),
        event(Kind.MERGER, "20", instrument=PEP, group="g"),
        method=LotMethod.AVERAGE,
    )
    assert lots(book, PEP) == [(D(25), D(650))]


def test_a_spin_off_brings_units_at_no_cost() -> None:
    book = folded(trade("10", "40"), event(Kind.SPINOFF, "5", instrument=PEP, price="7"))
    assert (lots(book), lots(book, PEP), profit(book)) == ([(D(10), D(400))], [(D(5), D(0))], D(0))


def test_a_future_expires_at_its_final_price_or_at_what_the_venue_paid() -> None:
    at_price = folded(trade("1", "5000", ES), event(Kind.EXPIRATION, "-1", instrument=ES, price="5002"))
    assert (profit(at_price), money(at_price)) == (D(100), D(100))
    as_paid = folded(trade("1", "5000", ES), event(Kind.EXPIRATION, "-1", "75", ES, price="5002"))
    assert (profit(as_paid), money(as_paid), held(as_paid, ES)) == (D(75), D(75), D(0))
    silent = folded(trade("1", "5000", ES), event(Kind.EXPIRATION, "-1", instrument=ES))
    assert (profit(silent), money(silent), silent.open_lots) == (D(0), D(0), ())


def test_a_future_closed_beyond_what_is_held_goes_short_without_cost() -> None:
    assert lots(folded(event(Kind.EXPIRATION, "-1", instrument=ES)), ES) == [(D(-1), D(0))]


def test_funding_of_a_perpetual_is_cash_in_its_own_coin() -> None:
    book = folded(event(Kind.FUNDING, amount="-0.37", instrument=LINEAR, currency="USDT"))
    assert (money(book, "USDT"), profit(book, "USDT")) == (D("-0.37"), D("-0.37"))


def test_a_lot_method_that_changes_pools_the_lots_there_are() -> None:
    first = folded(trade("10", "10"), trade("10", "20"))
    later = fold(journal(trade("-10", "20", day=1), first=3), first.open_lots, LotMethod.AVERAGE)
    assert sum(entry.realized_pnl for entry in later.entries) == D(50)
    assert lots(later) == [(D(10), D(150))]


def test_lots_named_by_others_count_as_the_first_of_their_day() -> None:
    first = folded(trade("10", "10"), trade("10", "20"))
    renamed = [replace(lot, lot_id=f"kept-{lot.lot_id}") for lot in first.open_lots]
    later = fold(journal(trade("-10", "20", day=1), first=3), renamed, LotMethod.FIFO)
    assert sum(entry.realized_pnl for entry in later.entries) == D(100)


def test_only_an_event_with_an_instrument_is_a_leg_of_a_merger() -> None:
    (record,) = journal(trade("1", "1"))
    with pytest.raises(StoreError, match="no leg"):
        _write(Book(LotMethod.FIFO, {}, {}), record, [])
