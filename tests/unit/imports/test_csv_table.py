"""Reading a CSV file strictly."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.imports.files import source
from tieout.errors import DataError, Malformed
from tieout.imports.csv_table import CsvRow, read_table

COLUMNS = ("day", "amount", "note")


def row(text: str) -> CsvRow:
    (only,) = read_table(source(f"day,amount,note\n{text}\n"), COLUMNS).rows
    return only


def test_rows_know_their_line_and_their_cells() -> None:
    table = read_table(source('note,day,amount\n\n"a, b",2025-09-30, 1.50 \r\n\n,2025-10-01,2\n'), COLUMNS)

    assert [one.line for one in table.rows] == [3, 5]
    assert table.rows[1].note("note") == ""
    assert (table.rows[1].day("day"), table.rows[1].number("amount")) == (date(2025, 10, 1), Decimal(2))


def test_a_cell_over_several_lines_counts_from_its_first() -> None:
    table = read_table(source('day,amount,note\n2025-09-30,1,"a\nb"\n2025-09-30,2,c\n'), COLUMNS)

    assert [one.line for one in table.rows] == [2, 4]


def test_a_byte_order_mark_and_the_case_of_headers_do_not_matter() -> None:
    table = read_table(source(b"\xef\xbb\xbfDay,AMOUNT,Note\n2025-09-30,1,x\n"), COLUMNS)

    assert table.columns == COLUMNS


def test_optional_columns_may_be_there() -> None:
    assert read_table(source("day,amount\n2025-09-30,1\n"), ("day",), ("amount", "note")).columns == ("day", "amount")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "file.csv: the file is empty; expected a header with day, amount, note"),
        (b"\n \n", "the file is empty"),
        (b"day,amount,note\n", "there is a header and no rows"),
        (b"day,amuont,note\n", "line 1: column 'amuont' is not known; did you mean 'amount'?"),
        (b"day,amount,note,zzz\n", "column 'zzz' is not known; known are day, amount, note"),
        (b"day,note\n1,2\n", "missing columns amount; found day, note"),
        (b"day,amount,note,day\n", "column 'day' is there twice"),
        (b"day,amount,note\n1,2\n", "line 2: 2 cells under 3 columns"),
        (b'day,amount,note\n1,2,"x\n', "line 2: not readable as CSV"),
        (b"day,amount,note\n1,2,caf\xe9\n", "line 2: not UTF-8: byte 0xE9 at offset 23; the file looks like Windows-"),
        (b"\xef\xbb\xbfday,amount,note\n1,2,caf\xe9\n", "byte 0xE9 at offset 26"),
        ("day,amount,note\n".encode("utf-16"), "encoded as UTF-16"),
        (b"\x00\x00\xfe\xff\x00\x00\x00d", "encoded as UTF-32"),
        (b"day,amount,note\n1,\x002,x\n", "a NUL byte at offset 18"),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_where(content: bytes, said: str) -> None:
    with pytest.raises(Malformed) as error:
        read_table(source(content), COLUMNS)
    assert said in str(error.value)


@pytest.mark.parametrize("text", ["1,000", '"1,000"', "$5", "NaN", "inf", "1_000", "٣", "", "1 2", "0x10", "--1"])
def test_what_is_no_plain_number_is_refused(text: str) -> None:
    with pytest.raises(DataError):
        row(f"2025-09-30,{text},x").number("amount")


def test_numbers_keep_every_digit() -> None:
    assert str(row("2025-09-30,-0.000000000000000001,x").number("amount")) == "-1E-18"
    assert row("2025-09-30,1.5e3,x").number("amount") == 1500


def test_more_digits_than_the_stores_hold_are_refused() -> None:
    with pytest.raises(Malformed, match=r"line 2: amount: .* more digits"):
        row(f"2025-09-30,0.{'1' * 19},x").number("amount")


@pytest.mark.parametrize("text", ["30/09/2025", "20250930", "2025-9-30", "2025-02-30", "yesterday", ""])
def test_what_is_no_plain_date_is_refused(text: str) -> None:
    with pytest.raises(Malformed, match=r"file\.csv line 2: day"):
        row(f"{text},1,x").day("day")


@pytest.mark.parametrize(
    ("character", "name"),
    [("\u200b", "ZERO WIDTH SPACE"), ("\u00a0", "NO-BREAK SPACE"), ("\x07", "a control character")],
)
def test_a_character_that_cannot_be_seen_is_named(character: str, name: str) -> None:
    with pytest.raises(Malformed) as error:
        row(f"2025-09-30,1,AB{character}C").text("note")
    assert f"odd character, U+{ord(character):04X} ({name})" in str(error.value)


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader_with_anything_but_our_error(content: bytes) -> None:
    with suppress(Malformed):
        read_table(source(content), COLUMNS)
