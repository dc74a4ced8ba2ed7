"""A portfolio kept by hand: what is booked, what is reported, what is held back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.unit.imports.files import DAILY, LOG, found, microcap, source
from tieout.errors import DataError
from tieout.imports.blemishes import BlemishKind
from tieout.imports.microcap import MicrocapBook
from tieout.imports.shapes import Shape, shape_of
from tieout.orders import Side
from tieout.recon.types import Severity
from tieout.records import Activity, Execution

# a book of two sessions that comes out: 10 FNCH at 4.00 bought on the first day out of 100
CLEAN_DAILY = (
    "2025-09-29,FNCH,10,4,40,3,4.5,45,5,HOLD,,\n"
    "2025-09-29,TOTAL,,,,,,45,5,,60,105\n"
    "2025-09-30,FNCH,10,4,40,3,4.6,46,6,HOLD,,\n"
    "2025-09-30,TOTAL,,,,,,46,6,,60,106\n"
)
CLEAN_LOG = "2025-09-29,FNCH,10,4,40,0,MANUAL BUY,,\n"
TUESDAY = "2025-09-30"


def openings(book: MicrocapBook) -> list[Activity]:
    return [one.record for one in book.batch.records if isinstance(one.record, Activity)]


def trades(book: MicrocapBook) -> list[Execution]:
    return [one.record for one in book.batch.records if isinstance(one.record, Execution)]


def test_a_book_that_comes_out_has_no_blemish() -> None:
    book = microcap(CLEAN_DAILY, CLEAN_LOG)

    assert found(book) == []
    assert book.batch.held == ()


def test_the_opening_is_the_first_day_with_its_trades_undone() -> None:
    book = microcap(CLEAN_DAILY, CLEAN_LOG)
    (cash,) = openings(book)

    assert book.batch.as_of == date(2025, 9, 26)
    assert (cash.instrument, cash.amount) == (None, 100)
    (trade,) = trades(book)
    assert (trade.side, trade.quantity, trade.price) == (Side.BUY, 10, 4)


def test_what_was_held_before_the_log_begins_opens_at_its_cost() -> None:
    daily = CLEAN_DAILY.replace("FNCH,10,4,40,3,4.5,45,5", "FNCH,15,3.8,57,3,4.5,67.5,10.5")
    position, cash = openings(microcap(daily, CLEAN_LOG))

    assert position.instrument is not None
    assert (position.quantity, position.price) == (5, Decimal("3.4"))
    assert cash.amount == 100


def test_a_holding_without_trades_opens_as_it_stands() -> None:
    daily = CLEAN_DAILY.replace(
        "2025-09-29,TOTAL", "2025-09-29,WREN,2,12,24,9,12,24,0,HOLD,,\n2025-09-29,TOTAL", 1
    ).replace("2025-09-30,TOTAL", "2025-09-30,WREN,2,12,24,9,13,26,2,HOLD,,\n2025-09-30,TOTAL", 1)
    position, _ = openings(microcap(daily, CLEAN_LOG))

    assert (position.quantity, position.price) == (2, 12)


def test_what_was_sold_out_on_the_first_day_opens_too() -> None:
    log = CLEAN_LOG + "2025-09-29,WREN,,,24,2,MANUAL SELL,2,13\n"
    position, cash = openings(microcap(CLEAN_DAILY, log))

    assert position.instrument is not None
    assert (position.instrument.symbol, position.quantity, position.price) == ("WREN", 2, 12)
    assert cash.amount == 74


def test_a_stopped_out_position_opens_at_the_daily_files_cost() -> None:
    sold = "2025-09-29,WREN,2,11.5,23,9,13,26,3,SELL - Stop Loss Triggered,,\n"
    log = CLEAN_LOG + "2025-09-29,WREN,,,23,3,AUTOMATED SELL,2,13\n"
    position, _ = openings(microcap(sold + CLEAN_DAILY, log))

    assert (position.quantity, position.price) == (2, Decimal("11.5"))


def test_a_sale_whose_cost_nobody_knows_stops_the_import() -> None:
    with pytest.raises(DataError, match="WREN was sold out on the first day, and no row says what it had cost"):
        microcap(CLEAN_DAILY, CLEAN_LOG + "2025-09-29,WREN,,,24,,MANUAL SELL,2,13\n")


def test_the_daily_rows_become_snapshots() -> None:
    first, second = microcap(CLEAN_DAILY, CLEAN_LOG).days

    (position,) = second.positions
    assert (first.business_date, second.business_date) == (date(2025, 9, 29), date(2025, 9, 30))
    assert (position.quantity, position.market_price, position.market_value) == (10, Decimal("4.6"), 46)
    assert second.balance is not None
    assert (second.balance.cash, second.balance.equity) == (60, 106)


def test_the_same_trade_has_the_same_id_however_its_numbers_are_written() -> None:
    one = trades(microcap(CLEAN_DAILY, CLEAN_LOG))
    other = trades(microcap(CLEAN_DAILY, CLEAN_LOG.replace("10,4,", "10.0,4.0000,").replace("MANUAL BUY", "bought")))

    assert one[0].execution_id == other[0].execution_id


SOLD_DAILY = CLEAN_DAILY.replace(f"{TUESDAY},FNCH,10,4,40,3,4.6,46,6,HOLD,,\n", "").replace(
    f"{TUESDAY},TOTAL,,,,,,46,6,,60,106", f"{TUESDAY},TOTAL,,,,,,0,0,,110,110"
)
SOLD_LOG = CLEAN_LOG + f"{TUESDAY},FNCH,,,40,10,MANUAL SELL,10,5\n"


def test_a_sell_that_is_logged_twice_is_held_back_where_the_holdings_moved_once() -> None:
    book = microcap(SOLD_DAILY, SOLD_LOG + f"{TUESDAY},FNCH,,,40,10,MANUAL SELL again,10,5\n")

    assert found(book) == [("log.csv", 4, "duplicate_trade", "FNCH")]
    (blemish,), (held,) = book.batch.blemishes, book.batch.held
    assert (blemish.money, blemish.held, blemish.severity) == (50, True, Severity.CRITICAL)
    assert (held.line, held.raw) == (4, f"{TUESDAY},FNCH,,,40,10,MANUAL SELL again,10,5")
    assert [trade.side for trade in trades(book)] == [Side.BUY, Side.SELL]


def test_an_accepted_repeat_is_booked_and_what_it_breaks_is_reported() -> None:
    book = microcap(SOLD_DAILY, SOLD_LOG + f"{TUESDAY},FNCH,,,40,10,,10,5\n", frozenset({4}))

    assert [one[2] for one in found(book)] == ["cash_jump", "quantity_mismatch"]
    assert len(trades(book)) == 3
    assert len({trade.execution_id for trade in trades(book)}) == 3


def test_equal_trades_that_the_holdings_confirm_are_both_booked() -> None:
    daily = CLEAN_DAILY.replace(
        f"{TUESDAY},FNCH,10,4,40,3,4.6,46,6,HOLD,,\n", f"{TUESDAY},FNCH,2,4,8,3,4.6,9.2,1.2,HOLD,,\n"
    ).replace("46,6,,60,106", "9.2,1.2,,100,109.2")
    book = microcap(daily, CLEAN_LOG + f"{TUESDAY},FNCH,,,16,4,,4,5\n" * 2)

    assert found(book) == []
    assert len(trades(book)) == 3


def test_only_a_repeat_can_be_accepted() -> None:
    with pytest.raises(DataError, match=r"log\.csv line 2: not a repeated trade"):
        microcap(CLEAN_DAILY, CLEAN_LOG, frozenset({2}))


def test_a_buy_that_shows_a_session_late_is_booked_on_its_day() -> None:
    daily = (
        "2025-09-26,FNCH,10,4,40,3,4.4,44,4,HOLD,,\n2025-09-26,TOTAL,,,,,,44,4,,60,104\n"
        "2025-09-29,FNCH,10,4,40,3,4.5,45,5,HOLD,,\n2025-09-29,TOTAL,,,,,,45,5,,60,105\n"
        f"{TUESDAY},FNCH,15,4.2,63,3,4.6,69,6,HOLD,,\n{TUESDAY},TOTAL,,,,,,69,6,,37,106\n"
    )
    book = microcap(daily, "2025-09-29,FNCH,5,4.6,23,0,MANUAL BUY,,\n")

    assert found(book) == [("log.csv", 2, "late_booking", "FNCH")]
    (trade,) = trades(book)
    assert trade.executed_at.date() == date(2025, 9, 29)


def test_a_trade_that_never_shows_is_booked_and_reported() -> None:
    book = microcap(CLEAN_DAILY, CLEAN_LOG + "2025-09-29,WREN,1,12,12,0,MANUAL BUY,,\n")

    assert ("log.csv", 3, "quantity_mismatch", "WREN") in found(book)
    assert len(trades(book)) == 2


def test_a_late_trade_that_never_shows_is_reported_once_others_do() -> None:
    daily = CLEAN_DAILY.replace(
        f"{TUESDAY},TOTAL,,,,,,46,6,,60,106",
        f"{TUESDAY},WREN,2,10,20,9,10,20,0,HOLD,,\n{TUESDAY},TOTAL,,,,,,66,6,,40,106",
    )
    log = CLEAN_LOG + f"2025-09-29,WREN,1,12,12,0,,,\n{TUESDAY},WREN,2,10,20,0,,,\n"
    book = microcap(daily, log)

    assert ("log.csv", 3, "quantity_mismatch", "WREN") in found(book)
    assert "cash_jump" not in [one[2] for one in found(book)]


def test_a_fraction_that_the_holdings_drop_is_named_at_the_trade() -> None:
    daily = CLEAN_DAILY.replace(
        f"{TUESDAY},FNCH,10,4,40,3,4.6,46,6,HOLD,,", f"{TUESDAY},FNCH,7,4,28,3,4.6,32.2,4.2,HOLD,,"
    ).replace("46,6,,60,106", "32.2,4.2,,72.5,104.7")
    book = microcap(daily, CLEAN_LOG + f"{TUESDAY},FNCH,,,10,2.5,,2.5,5\n")

    mismatch = next(one for one in book.batch.blemishes if one.kind is BlemishKind.FRACTIONAL_MISMATCH)
    assert (mismatch.file, mismatch.line, mismatch.expected, mismatch.found) == ("log.csv", 3, "7.5 left", "7 left")
    assert mismatch.money == Decimal("-2.5")
    assert trades(book)[1].quantity == Decimal("2.5")


def test_holdings_that_move_without_a_trade_are_reported() -> None:
    daily = CLEAN_DAILY.replace(f"{TUESDAY},FNCH,10,4,40,3,4.6,46,6", f"{TUESDAY},FNCH,12,4,48,3,4.6,55.2,7.2").replace(
        "46,6,,60,106", "55.2,7.2,,60,115.2"
    )

    assert found(microcap(daily, CLEAN_LOG)) == [("daily.csv", 4, "quantity_mismatch", "FNCH")]


def test_a_holding_that_vanishes_is_reported_at_the_days_first_line() -> None:
    book = microcap(SOLD_DAILY.replace(",,110,110", ",,60,60"), CLEAN_LOG)

    assert found(book) == [("daily.csv", 4, "quantity_mismatch", "FNCH")]
    assert book.batch.blemishes[0].money == -45


def test_cash_that_moves_without_a_trade_is_reported_with_the_amount() -> None:
    (blemish,) = microcap(CLEAN_DAILY.replace("46,6,,60,106", "46,6,,61.55,107.55"), CLEAN_LOG).batch.blemishes

    assert (blemish.kind, blemish.line, blemish.money) == (BlemishKind.CASH_JUMP, 5, Decimal("1.55"))
    assert (blemish.expected, blemish.found) == ("60", "61.55")


def test_cash_is_followed_over_a_day_without_a_total() -> None:
    daily = CLEAN_DAILY.replace("2025-09-29", "2025-09-26") + "2025-10-01,FNCH,10,4,40,3,4.7,47,7,HOLD,,\n"
    daily = daily.replace(f"{TUESDAY},TOTAL,,,,,,46,6,,60,106\n", "").replace(TUESDAY, "2025-09-29")
    daily = daily.replace("2025-10-01,FNCH", f"{TUESDAY},FNCH") + f"{TUESDAY},TOTAL,,,,,,47,7,,60,107\n"
    book = microcap(daily, CLEAN_LOG.replace("2025-09-29", "2025-09-26"))

    assert found(book) == [("daily.csv", 4, "total_mismatch", "TOTAL")]


def test_a_sale_in_the_daily_file_alone_is_reported() -> None:
    daily = CLEAN_DAILY + ""
    daily = daily.replace(
        f"{TUESDAY},FNCH,10,4,40,3,4.6,46,6,HOLD,,", f"{TUESDAY},FNCH,10,4,40,3,5,50,10,SELL - Stop,,"
    )
    book = microcap(daily.replace("46,6,,60,106", "0,0,,110,110"), CLEAN_LOG)

    assert ("daily.csv", 4, "unlogged_sell", "FNCH") in found(book)


def test_prices_copied_over_from_the_day_before_are_reported_line_by_line() -> None:
    second = "2025-09-29,WREN,2,12,24,9,12,24,0,HOLD,,\n"
    daily = (
        CLEAN_DAILY.replace("2025-09-29,TOTAL,,,,,,45,5,,60,105", second + "2025-09-29,TOTAL,,,,,,69,5,,60,129")
        .replace(f"{TUESDAY},FNCH,10,4,40,3,4.6,46,6", f"{TUESDAY},FNCH,10,4,40,3,4.5,45,5")
        .replace(
            f"{TUESDAY},TOTAL,,,,,,46,6,,60,106",
            second.replace("2025-09-29", TUESDAY) + f"{TUESDAY},TOTAL,,,,,,69,5,,60,129",
        )
    )

    assert found(microcap(daily, CLEAN_LOG)) == [
        ("daily.csv", 5, "stale_price", "FNCH"),
        ("daily.csv", 6, "stale_price", "WREN"),
    ]


def test_one_price_that_stands_still_is_no_copy() -> None:
    daily = CLEAN_DAILY.replace("4.6,46,6,HOLD", "4.5,45,5,HOLD").replace("46,6,,60,106", "45,5,,60,105")

    assert found(microcap(daily, CLEAN_LOG)) == []


def test_float_tails_are_rounded_to_four_decimals_and_reported() -> None:
    log = CLEAN_LOG.replace("10,4,40,", "10,3.999999895095825,39.99999895,")
    book = microcap(CLEAN_DAILY.replace("4.5,45", "4.499999966621399,45"), log)

    assert found(book) == [("daily.csv", 2, "float_tail", "FNCH"), ("log.csv", 2, "float_tail", "FNCH")]
    assert trades(book)[0].price == 4
    assert all(one.severity is Severity.INFO for one in book.batch.blemishes)


def test_totals_and_products_that_do_not_come_out_are_reported() -> None:
    daily = CLEAN_DAILY.replace("4.6,46,6,HOLD", "4.6,47,6.5,HOLD").replace("46,6,,60,106", "48,9,,60,109")
    daily = daily.replace("2025-09-29,FNCH,10,4,40,", "2025-09-29,FNCH,10,4,41,")

    assert [one[1:3] for one in found(microcap(daily, CLEAN_LOG))] == [
        (2, "line_mismatch"),
        (4, "line_mismatch"),
        (4, "pnl_mismatch"),
        (5, "total_mismatch"),
        (5, "total_mismatch"),
        (5, "total_mismatch"),
    ]


def test_figures_that_are_left_out_contradict_nothing() -> None:
    daily = CLEAN_DAILY.replace("10,4,40,3,4.6,46,6,HOLD", "10,4,,3,,,,HOLD").replace("46,6,,60,106", ",,,60,")
    book = microcap(daily, CLEAN_LOG)

    assert found(book) == []
    assert book.days[1].positions[0].market_price is None


def test_a_late_trade_that_is_logged_twice_is_named_on_both_counts() -> None:
    daily = (
        "2025-09-26,FNCH,10,4,40,3,4.4,44,4,HOLD,,\n2025-09-26,TOTAL,,,,,,44,4,,60,104\n"
        "2025-09-29,FNCH,10,4,40,3,4.5,45,5,HOLD,,\n2025-09-29,TOTAL,,,,,,45,5,,60,105\n"
        f"{TUESDAY},FNCH,15,4.2,63,3,4.6,69,6,HOLD,,\n{TUESDAY},TOTAL,,,,,,69,6,,37,106\n"
    )
    book = microcap(daily, "2025-09-29,FNCH,5,4.6,23,0,MANUAL BUY,,\n" * 2)

    assert found(book) == [("log.csv", 2, "late_booking", "FNCH"), ("log.csv", 3, "duplicate_trade", "FNCH")]
    assert len(trades(book)) == 1


def test_a_trade_that_no_later_day_shows_is_named_at_the_end() -> None:
    log = CLEAN_LOG + f"{TUESDAY},WREN,1,12,12,0,MANUAL BUY,,\n"

    assert found(microcap(CLEAN_DAILY, log)) == [("log.csv", 3, "quantity_mismatch", "WREN")]


def test_a_profit_and_a_cost_in_the_log_are_checked() -> None:
    log = CLEAN_LOG.replace("10,4,40,", "10,4,44,") + f"{TUESDAY},FNCH,,,40,12,MANUAL SELL,10,5\n"

    assert found(microcap(SOLD_DAILY, log)) == [
        ("log.csv", 2, "line_mismatch", "FNCH"),
        ("log.csv", 3, "pnl_mismatch", "FNCH"),
    ]


def test_rows_outside_any_session_are_held_back() -> None:
    daily = CLEAN_DAILY + "2025-09-28,FNCH,10,4,40,3,4.6,46,6,HOLD,,\n"
    book = microcap(daily, CLEAN_LOG + "2025-09-27,FNCH,1,4,4,0,MANUAL BUY,,\n")

    assert found(book) == [("daily.csv", 6, "no_session", "FNCH"), ("log.csv", 3, "no_session", "FNCH")]
    assert [one.line for one in book.batch.held] == [6, 3]
    assert len(trades(book)) == 1


def test_a_session_without_rows_is_named() -> None:
    book = microcap(CLEAN_DAILY.replace(TUESDAY, "2025-10-02"), CLEAN_LOG)

    days = [one.business_date for one in book.batch.blemishes]
    assert [one[2] for one in found(book)] == ["missing_session"] * 2
    assert days == [date(2025, 9, 30), date(2025, 10, 1)]


def test_negative_quantities_are_held_back() -> None:
    daily = CLEAN_DAILY + f"{TUESDAY},WREN,-2,12,-24,9,12,-24,0,HOLD,,\n"
    book = microcap(daily, CLEAN_LOG + f"{TUESDAY},WREN,-2,12,-24,0,,,\n")

    assert found(book) == [("daily.csv", 6, "negative_quantity", "WREN"), ("log.csv", 3, "negative_quantity", "WREN")]


def test_unreadable_rows_are_held_back_and_the_rest_is_read() -> None:
    daily = CLEAN_DAILY + f"{TUESDAY},WREN,two,12,24,9,12,24,0,HOLD,,\n30/09/2025,WREN,2,12,24,9,12,24,0,HOLD,,\n"
    log = CLEAN_LOG + f"{TUESDAY},WREN,1,12,12,0,,1,12\n{TUESDAY},WR\u200bEN,1,12,12,0,,,\n{TUESDAY},W*N,1,12,12,0,,,\n"
    book = microcap(daily, log)

    assert [one[:3] for one in found(book)] == [
        ("daily.csv", 6, "unreadable"),
        ("daily.csv", 7, "unreadable"),
        ("log.csv", 3, "unreadable"),
        ("log.csv", 4, "unreadable"),
        ("log.csv", 5, "unreadable"),
    ]
    assert len(book.batch.held) == 5


def test_a_line_that_stands_twice_is_used_once() -> None:
    book = microcap(
        CLEAN_DAILY + f"{TUESDAY},FNCH,10,4,40,3,4.6,46,6,HOLD,,\n{TUESDAY},TOTAL,,,,,,47,6,,60,107\n", CLEAN_LOG
    )

    assert found(book) == [
        ("daily.csv", 6, "duplicate_holding", "FNCH"),
        ("daily.csv", 7, "duplicate_holding", "TOTAL"),
    ]
    assert "word for word" in book.batch.blemishes[0].says
    assert "other figures" in book.batch.blemishes[1].says


def test_trades_before_the_first_day_are_in_the_opening_already() -> None:
    book = microcap(CLEAN_DAILY, "2025-09-26,WREN,1,12,12,0,,,\n" + CLEAN_LOG + "2025-10-01,FNCH,1,5,5,0,,,\n")

    assert found(book) == [("log.csv", 2, "before_opening", "WREN"), ("log.csv", 4, "unconfirmed", "FNCH")]
    assert [trade.instrument.symbol for trade in trades(book)] == ["FNCH", "FNCH"]


def test_the_log_may_be_in_any_order() -> None:
    book = microcap(SOLD_DAILY, "".join(reversed(SOLD_LOG.splitlines(keepends=True))))

    assert found(book) == []
    assert [trade.side for trade in trades(book)] == [Side.BUY, Side.SELL]


def test_a_first_day_without_cash_cannot_open() -> None:
    with pytest.raises(DataError, match="has no usable TOTAL row"):
        microcap(CLEAN_DAILY.replace("2025-09-29,TOTAL,,,,,,45,5,,60,105\n", ""), CLEAN_LOG)


def test_a_daily_file_without_a_readable_day_cannot_open() -> None:
    with pytest.raises(DataError, match="no readable day"):
        microcap("2025-09-28,TOTAL,,,,,,45,5,,60,105\n", CLEAN_LOG)


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        (DAILY, Shape.DAILY_UPDATES),
        (LOG.replace("Ticker", "Tickr"), Shape.TRADE_LOG),
        ("executed_at,asset_class,symbol,side,quantity,price,currency\n", Shape.EXECUTIONS),
        ("asset_class,symbol,quantity,unit_cost,currency\n", Shape.POSITIONS),
        ("a,b\n", Shape.UNKNOWN),
    ],
)
def test_a_file_is_known_by_its_header(text: str, shape: Shape) -> None:
    assert shape_of(source(text)) is shape


def test_an_empty_file_has_no_shape() -> None:
    with pytest.raises(DataError, match="the file is empty"):
        shape_of(source(""))


@pytest.mark.parametrize("number", ["1e999", "9" * 40, f"{'9' * 40}.123456", "1e-999"])
def test_numbers_of_any_size_are_read_or_held_back(number: str) -> None:
    book = microcap(CLEAN_DAILY, CLEAN_LOG + f"{TUESDAY},WREN,{number},12,12,0,,,\n")

    assert found(book)[0][:2] == ("log.csv", 3)
