"""Opening positions by signed-off import."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tests.unit.imports.files import BOOK, NYSE, source
from tieout.errors import DataError
from tieout.imports.batch import ImportBatch
from tieout.imports.positions import read_positions
from tieout.records import Activity, ActivityKind

HEADER = "asset_class,symbol,quantity,unit_cost,currency\n"
SIDED = "asset_class,symbol,side,quantity,unit_cost,currency,multiplier\n"
FRIDAY = date(2025, 9, 26)


def read(text: str, as_of: date | None = FRIDAY, signed_off_by: str = "desk") -> ImportBatch:
    return read_positions(source(text, "opening.csv"), BOOK, signed_off_by=signed_off_by, as_of=as_of, sessions=NYSE)


def activities(batch: ImportBatch) -> list[Activity]:
    return [one.record for one in batch.records if isinstance(one.record, Activity)]


def test_a_position_opens_a_lot_and_moves_no_cash() -> None:
    (opening,) = activities(read(HEADER + "equity,brk.b,100.5,182.50,usd\n"))

    assert opening.kind is ActivityKind.OPENING
    assert opening.instrument is not None
    assert opening.instrument.symbol == "BRK.B"
    assert (opening.quantity, opening.price, opening.amount) == (Decimal("100.5"), Decimal("182.50"), 0)
    assert opening.occurred_at == datetime(2025, 9, 26, 4, tzinfo=UTC)
    assert NYSE.business_date(opening.occurred_at) == FRIDAY


def test_cash_is_one_opening_per_currency() -> None:
    opening = activities(read(HEADER + "cash,USD,2500.25,,USD\ncash,EUR,-3,,EUR\n"))

    assert [(one.instrument, one.quantity, one.amount, one.currency) for one in opening] == [
        (None, 0, Decimal("2500.25"), "USD"),
        (None, 0, Decimal(-3), "EUR"),
    ]


def test_every_asset_class_opens() -> None:
    rows = (
        "equity,AAPL,long,1,1,USD,\n"
        "fund,VMFXX,long,1,1,USD,\n"
        "option,AAPL260116P00150000,short,-1,2.35,USD,\n"
        "option,AAPL1 260116P00150000,long,1,2,USD,10\n"
        "crypto,BTC/USD,long,0.1,60000,USD,\n"
        "perpetual,BTC/USDT:USDT,short,-1,60000,USDT,\n"
        "future,ES 2026-03-20,long,1,5000,USD,50\n"
        "forex,EUR/USD,long,1000,1.1,USD,\n"
        "cfd,US500,long,1,5000,USD,\n"
    )
    found = [one.instrument for one in activities(read(SIDED + rows)) if one.instrument]

    assert [one.symbol for one in found] == [
        "AAPL",
        "VMFXX",
        "AAPL  260116P00150000",
        "AAPL1 260116P00150000",
        "BTC/USD",
        "BTC/USDT:USDT",
        "ES 2026-03-20",
        "EUR/USD",
        "US500",
    ]
    assert [one.multiplier for one in found] == [1, 1, 100, 10, 1, 1, 50, 1, 1]


def test_each_record_keeps_where_it_stands_and_who_answers_for_it() -> None:
    batch = read("\n" + HEADER + "equity,AAPL,1,1,USD\n")
    (record,) = batch.records

    evidence = record.evidence(batch.signed_off_by)
    assert (evidence["file"], evidence["line"], evidence["signed_off_by"]) == ("opening.csv", 3, "desk")
    assert evidence["sha256"] == record.source.sha256


def test_the_same_instrument_has_the_same_id_whatever_the_file_says_of_it() -> None:
    one, other = read(HEADER + "equity,AAPL,1,1,USD\n"), read(HEADER + "equity,AAPL,2,3,USD\n", date(2025, 9, 25))

    assert activities(one)[0].activity_id == activities(other)[0].activity_id


def test_the_file_may_say_its_own_date() -> None:
    text = "as_of," + HEADER + "2025-09-26,equity,AAPL,1,1,USD\n2025-09-26,cash,USD,1,,USD\n"

    assert read(text, None).as_of == FRIDAY
    assert read(text, FRIDAY).as_of == FRIDAY


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("equity,AAPL,-5,1,USD\n", "line 2: quantity -5 is negative in a long-only file"),
        ("equity,AAPL,0,1,USD\n", "line 2: quantity is zero"),
        ("equity,AAPL,1,-1,USD\n", "line 2: unit_cost must be zero or above"),
        ("equity,AAPL,1,,USD\n", "line 2: unit_cost is empty"),
        ("equity,AAPL,many,1,USD\n", "line 2: quantity must be a number"),
        ("equity,AA$PL,1,1,USD\n", "line 2: instrument symbol 'AA$PL' has characters no venue uses"),
        ("equity,,1,1,USD\n", "line 2: symbol is empty"),
        ("equity,AAPL,1,1,U\n", "currency 'U' of AAPL is not a currency code"),
        ("stock,AAPL,1,1,USD\n", "line 2: asset class 'stock' is not known; known are equity, option"),
        ("option,AAPL,1,1,USD\n", "line 2: "),
        ("crypto,BTC,1,1,USD\n", "'BTC' must be written BASE/QUOTE"),
        ("crypto,BTC/EUR,1,1,USD\n", "BTC/EUR is quoted in EUR, the row says USD"),
        ("perpetual,BTC/USDT,1,1,USDT\n", "must be written BASE/QUOTE:SETTLEMENT"),
        ("future,ES,1,1,USD\n", "must be written ROOT YYYY-MM-DD"),
        ("future,ES 2026-03-20,1,1,USD\n", "a future needs its multiplier"),
        ("cash,USD,1,1,USD\n", "cash has no unit_cost"),
        ("cash,EUR,1,,USD\n", "EUR and USD differ"),
        ("cash,U$,1,,U$\n", "has characters no venue uses"),
        ("equity,AAPL,1,1,USD\nequity,aapl,2,1,USD\n", "line 3: AAPL is already on line 2"),
    ],
)
def test_a_bad_line_stops_the_file_and_is_named(text: str, said: str) -> None:
    with pytest.raises(DataError) as error:
        read(HEADER + text)
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("equity,AAPL,short,5,1,USD,", "side says short, the quantity 5 says otherwise"),
        ("equity,AAPL,long,-5,1,USD,", "side says long, the quantity -5 says otherwise"),
        ("equity,AAPL,flat,5,1,USD,", "side must be long or short, was 'flat'"),
        ("equity,AAPL,,5,1,USD,", "side is empty"),
        ("equity,AAPL,long,5,1,USD,100", "a multiplier of 100 has no sense for equity"),
        ("option,AAPL1 260116P00150000,long,1,2,USD,", "an adjusted contract needs its multiplier"),
    ],
)
def test_a_side_must_agree_with_the_sign(row: str, said: str) -> None:
    with pytest.raises(DataError) as error:
        read(SIDED + row + "\n")
    assert said in str(error.value)


@pytest.mark.parametrize("name", ["", "  ", "x" * 65, "a\x07b"])
def test_nobody_opens_a_book_without_a_signature(name: str) -> None:
    with pytest.raises(DataError, match="sign"):
        read(HEADER + "equity,AAPL,1,1,USD\n", signed_off_by=name)


def test_a_date_outside_any_session_is_refused_with_the_reason() -> None:
    with pytest.raises(DataError, match="2025-09-27"):
        read(HEADER + "equity,AAPL,1,1,USD\n", date(2025, 9, 27))


def test_the_date_must_be_said_once() -> None:
    with pytest.raises(DataError, match="say which session's close"):
        read(HEADER + "equity,AAPL,1,1,USD\n", None)
    with pytest.raises(DataError, match="as-of dates disagree"):
        read("as_of," + HEADER + "2025-09-25,equity,AAPL,1,1,USD\n")
