from __future__ import annotations

from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.errors import Malformed
from tieout.money import PRECISION, SCALE, exact, exact_or_none, plain, rounded

STORED = st.integers(-(10**PRECISION) + 1, 10**PRECISION - 1).map(lambda digits: Decimal(f"{digits}E-{SCALE}"))


@given(STORED)
def test_every_number_that_the_stores_hold_is_read_exactly(number: Decimal) -> None:
    with localcontext() as wide:
        wide.prec = 60
        assert exact(str(number), "price") == number == exact(number, "price")
        assert exact(plain(number), "price") == number


@given(STORED)
def test_plain_text_has_no_exponent_and_no_useless_zero(number: Decimal) -> None:
    text = plain(number)
    assert "E" not in text
    assert not ("." in text and text.endswith("0"))
    assert text != "-0"


@pytest.mark.parametrize(
    ("number", "text"), [("1E+2", "100"), ("1.50", "1.5"), ("-0", "0"), ("0E-18", "0"), ("10", "10")]
)
def test_plain_text_of_odd_spellings(number: str, text: str) -> None:
    assert plain(Decimal(number)) == text


@pytest.mark.parametrize("value", [1.5, True, None, [], {"a": 1}, b"1"])
def test_what_is_no_exact_number_is_refused(value: object) -> None:
    with pytest.raises(Malformed, match="price: a number in text was expected"):
        exact(value, "price")


@pytest.mark.parametrize("value", ["", "abc", "1,5", "1 2", "--1", "1_000", "١٢", "0x1", "1e"])
def test_text_that_is_no_number_is_refused(value: str) -> None:
    with pytest.raises(Malformed, match="is not a number") as caught:
        exact(value, "price")
    assert caught.value.received == repr(value)


@pytest.mark.parametrize("value", ["NaN", "sNaN", "Infinity", "-inf"])
def test_numbers_without_an_end_are_refused(value: str) -> None:
    with pytest.raises(Malformed, match="not a finite number"):
        exact(value, "price")


@pytest.mark.parametrize("value", ["1E-19", "123456789012345678901", "1E+20", "1E+999999", "0.1234567890123456789"])
def test_more_digits_than_the_stores_hold_are_refused(value: str) -> None:
    with pytest.raises(Malformed, match="more digits than the stores hold"):
        exact(value, "price")


def test_integers_are_exact_numbers() -> None:
    assert exact(7, "qty") == 7


@pytest.mark.parametrize("value", [None, ""])
def test_a_field_left_out_on_purpose_is_none(value: object) -> None:
    assert exact_or_none(value, "limit_price") is None


def test_a_field_that_is_there_is_read() -> None:
    assert exact_or_none("1.5", "limit_price") == Decimal("1.5")


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("0.0000000000000000005", "0"),
        ("0.0000000000000000015", "0.000000000000000002"),
        ("-0.0000000000000000025", "-0.000000000000000002"),
        ("12345678901234567890.1234567890123456789", "12345678901234567890.123456789012345679"),
    ],
)
def test_rounding_is_half_to_even_at_the_last_stored_digit(number: str, expected: str) -> None:
    with localcontext() as narrow:
        narrow.prec = 5
        assert rounded(Decimal(number)).compare(Decimal(expected)) == 0
