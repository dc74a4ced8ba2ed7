"""A real portfolio that somebody kept by hand: each slip found by reading both files beside each other, by line."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tieout.ids import AccountId
from tieout.imports.blemishes import Blemish, BlemishKind
from tieout.imports.csv_table import SourceFile
from tieout.imports.microcap import MicrocapBook, read_microcap
from tieout.imports.shapes import Shape, shape_of
from tieout.orders import Side
from tieout.records import Activity, Execution
from tieout.sessions import Sessions

DAILY, LOG = "Daily Updates.2025-09-30.csv", "Trade Log.2025-09-30.csv"
DISAGREEMENTS = [
    (DAILY, 30, "cash_jump", "TOTAL", "2.13", "2.32", "0.19"),
    (DAILY, 75, "cash_jump", "TOTAL", "0.77", "2.32", "1.55"),
    (DAILY, 95, "cash_jump", "TOTAL", "10.78", "11.32", "0.54"),
    (DAILY, 109, "cost_basis_mismatch", "IINN", "24.48", "24", "-0.48"),
    (DAILY, 201, "stale_price", "ABEO", "a price of the day", "6.83", "0"),
    (DAILY, 202, "stale_price", "ATYR", "a price of the day", "5.38", "0"),
    (DAILY, 203, "stale_price", "IINN", "a price of the day", "1.15", "0"),
    (DAILY, 204, "stale_price", "AXGN", "a price of the day", "16.14", "0"),
    (DAILY, 239, "stale_price", "ABEO", "a price of the day", "6.75", "0"),
    (DAILY, 240, "stale_price", "ATYR", "a price of the day", "5.26", "0"),
    (DAILY, 241, "stale_price", "FBIO", "a price of the day", "3.83", "0"),
    (DAILY, 242, "stale_price", "FDMT", "a price of the day", "7.07", "0"),
    (DAILY, 270, "line_mismatch", "FBIO", "18.5625", "19.899", "1.3365"),
    (DAILY, 275, "line_mismatch", "FBIO", "18.5625", "19.899", "1.3365"),
    (DAILY, 279, "line_mismatch", "FBIO", "18.5625", "19.899", "1.3365"),
    (DAILY, 283, "line_mismatch", "FBIO", "18.5625", "19.899", "1.3365"),
    (DAILY, 287, "line_mismatch", "FBIO", "18.5625", "19.899", "1.3365"),
    (LOG, 7, "late_booking", "IINN", "holding on 2025-07-08", "holding on 2025-07-09", "-30"),
    (LOG, 8, "pnl_mismatch", "CADL", "7.75", "8.5", "0.75"),
    (LOG, 34, "fractional_mismatch", "FBIO", "5.36 left", "5 left", "-1.368"),
]
TAILS = {
    DAILY: [
        207,
        211,
        215,
        220,
        225,
        226,
        230,
        231,
        235,
        236,
        240,
        241,
        245,
        246,
        252,
        256,
        260,
        264,
        268,
        280,
        292,
        296,
    ],
    LOG: [10, 13, 18, 21, 24, 27, 28, 30, 32, 33, 34, 37, 41, 43],
}


def load(folder: Path, name: str) -> SourceFile:
    return SourceFile(name, (folder / "micro_cap" / name).read_bytes())


@pytest.fixture(scope="module")
def book(fixtures_dir: Path) -> MicrocapBook:
    return read_microcap(
        load(fixtures_dir, DAILY),
        load(fixtures_dir, LOG),
        AccountId("hand"),
        signed_off_by="desk",
        sessions=Sessions("XNYS"),
    )


def told(one: Blemish) -> tuple[str, int, str, str, str, str, Decimal]:
    return (one.file, one.line, one.kind.value, one.subject, one.expected, one.found, one.money)


def test_each_disagreement_is_reported_with_its_line_and_money(book: MicrocapBook) -> None:
    found = [told(one) for one in book.batch.blemishes if one.kind is not BlemishKind.FLOAT_TAIL]

    assert found == [(*rest, Decimal(money)) for *rest, money in DISAGREEMENTS]


def test_each_line_with_a_float_tail_is_reported(book: MicrocapBook) -> None:
    found = {name: [] for name in TAILS}
    for one in book.batch.blemishes:
        if one.kind is BlemishKind.FLOAT_TAIL:
            found[one.file].append(one.line)

    assert found == TAILS


def test_every_row_of_the_log_is_booked_as_it_was_logged(book: MicrocapBook) -> None:
    trades = [one.record for one in book.batch.records if isinstance(one.record, Execution)]

    assert Counter(one.side for one in trades) == {Side.BUY: 23, Side.SELL: 19}
    assert len({one.execution_id for one in trades}) == 42
    assert book.batch.held == ()
    # the last cash less the first less what jumped; the fraction sold on 09-22 had brought 0.002 more than was written
    jumps = Decimal("0.19") + Decimal("1.55") + Decimal("0.54") - Decimal("0.002")
    assert sum(one.cash_change for one in trades) == Decimal("3.04") - 100 - jumps


def test_the_book_opens_with_a_hundred_dollars_and_nothing_else(book: MicrocapBook) -> None:
    (cash,) = [one.record for one in book.batch.records if isinstance(one.record, Activity)]

    assert book.batch.as_of == date(2025, 6, 27)
    assert (cash.instrument, cash.amount) == (None, 100)


def test_the_last_day_is_what_the_file_says(book: MicrocapBook) -> None:
    last = book.days[-1]

    assert len(book.days) == 65
    assert last.business_date == date(2025, 9, 30)
    assert {one.instrument.symbol: one.quantity for one in last.positions} == {"FBIO": 7, "ALDX": 6, "SPRO": 13}
    assert last.balance is not None
    assert (last.balance.cash, last.balance.equity) == (Decimal("3.04"), Decimal("84.7"))


def test_what_was_sold_on_a_stop_is_no_holding(book: MicrocapBook) -> None:
    day = next(one for one in book.days if one.business_date == date(2025, 8, 8))

    assert [one.instrument.symbol for one in day.positions] == ["ABEO", "ACTU", "ESPR"]


def test_both_files_are_known_by_their_headers(fixtures_dir: Path) -> None:
    assert shape_of(load(fixtures_dir, DAILY)) is Shape.DAILY_UPDATES
    assert shape_of(load(fixtures_dir, LOG)) is Shape.TRADE_LOG
