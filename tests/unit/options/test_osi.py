from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.errors import Malformed
from tieout.options.osi import OptionRight, OsiSymbol, is_osi, parse_osi

ROOTS = st.from_regex(r"[A-Z][A-Z0-9.]{0,5}", fullmatch=True)
DATES = st.dates(date(2000, 1, 1), date(2099, 12, 31))
STRIKES = st.integers(1, 99_999_999).map(lambda mills: Decimal(mills).scaleb(-3))
SYMBOLS = st.builds(OsiSymbol, ROOTS, DATES, st.sampled_from(OptionRight), STRIKES)


@given(SYMBOLS)
def test_the_padded_form_comes_back_as_it_went(symbol: OsiSymbol) -> None:
    assert len(symbol.padded) == 21
    assert parse_osi(symbol.padded) == symbol


@given(SYMBOLS)
def test_the_compact_form_comes_back_as_it_went(symbol: OsiSymbol) -> None:
    assert " " not in symbol.compact
    assert parse_osi(symbol.compact) == symbol
    assert parse_osi(symbol.compact).padded == symbol.padded


@given(SYMBOLS, SYMBOLS)
def test_two_series_never_share_a_symbol(one: OsiSymbol, other: OsiSymbol) -> None:
    assert (one.padded == other.padded) == (one == other) == (one.compact == other.compact)


@given(st.text(max_size=24))
def test_any_text_is_a_symbol_or_malformed(text: str) -> None:
    try:
        symbol = parse_osi(text)
    except Malformed:
        return
    assert is_osi(text)
    assert symbol.compact == text.strip().replace(" ", "")


@pytest.mark.parametrize(
    ("text", "root", "right", "strike"),
    [
        ("AAPL  260116P00150000", "AAPL", OptionRight.PUT, "150"),
        ("AMD260501P00277500", "AMD", OptionRight.PUT, "277.5"),
        ("AAPL1 260116C00012345", "AAPL1", OptionRight.CALL, "12.345"),
        ("BRK.B 260116C00400000", "BRK.B", OptionRight.CALL, "400"),
        (" SPXW  260116C06000000 ", "SPXW", OptionRight.CALL, "6000"),
    ],
)
def test_known_symbols_are_read_from_the_right(text: str, root: str, right: OptionRight, strike: str) -> None:
    symbol = parse_osi(text)
    assert (symbol.root, symbol.right, symbol.strike) == (root, right, Decimal(strike))


def test_a_digit_at_the_end_of_the_root_tells_an_adjusted_contract() -> None:
    assert parse_osi("AAPL1 260116C00012345").is_adjusted
    assert not parse_osi("AAPL  260116C00012345").is_adjusted


@pytest.mark.parametrize(
    "text",
    [
        "",
        "AAPL",
        "AAPL260116X00150000",
        "aapl260116P00150000",
        "AAPL 260116P0015000",
        "TOOLONG260116P00150000",
        "1APL260116P00150000",
        "AAPL260116P00150000\n1",
        "AAPL٢٦0116P00150000",
    ],
)
def test_what_is_no_symbol_is_malformed_and_kept(text: str) -> None:
    with pytest.raises(Malformed, match="not an OSI") as caught:
        parse_osi(text)
    assert caught.value.received == text
    assert not is_osi(text)


@pytest.mark.parametrize("text", ["AAPL261332P00150000", "AAPL260230P00150000"])
def test_a_date_that_does_not_exist_is_malformed(text: str) -> None:
    with pytest.raises(Malformed, match="date that does not exist"):
        parse_osi(text)


@pytest.mark.parametrize(
    ("root", "expiration", "strike", "complaint"),
    [
        ("aapl", date(2026, 1, 16), "150", "root"),
        ("", date(2026, 1, 16), "150", "root"),
        ("AAPL", date(1999, 1, 15), "150", "two digits of year"),
        ("AAPL", date(2026, 1, 16), "150.0005", "strike"),
        ("AAPL", date(2026, 1, 16), "0", "strike"),
        ("AAPL", date(2026, 1, 16), "-5", "strike"),
        ("AAPL", date(2026, 1, 16), "100000", "strike"),
    ],
)
def test_a_series_that_cannot_be_written_is_refused(root: str, expiration: date, strike: str, complaint: str) -> None:
    with pytest.raises(Malformed, match=complaint):
        OsiSymbol(root, expiration, OptionRight.CALL, Decimal(strike))


def test_a_symbol_with_a_strike_of_zero_is_refused() -> None:
    with pytest.raises(Malformed, match="strike"):
        parse_osi("AAPL260116P00000000")
