"""JSON without losing a digit."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokers.http.body import read_json
from tieout.errors import Malformed


@given(st.decimals(allow_nan=False, allow_infinity=False, places=18, min_value=-(10**15), max_value=10**15))
def test_a_bare_number_keeps_every_digit(number: Decimal) -> None:
    read = read_json(f'{{"qty": {number:f}}}'.encode())

    assert read == {"qty": number}
    assert isinstance(read, dict)
    assert f"{Decimal(read['qty']):f}" == f"{number:f}"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda c: st.lists(c) | st.dictionaries(st.text(), c)
    )
)
def test_what_json_writes_is_read_back(value: object) -> None:
    assert read_json(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "an empty body"),
        (b"<!DOCTYPE html><html></html>", "an HTML page"),
        (b'[{"qty": "1"', "12 bytes"),
        (b'{"qty": NaN}', "NaN stands where a number should be"),
        (b'{"qty": -Infinity}', "Infinity stands where a number should be"),
        (b'{"qty": "1", "qty": "2"}', "gives a key twice"),
        (b'{"qty": 1e9999999999999999999}', "exponent out of all bounds"),
        (b'{"symbol": "\xff"}', "not JSON"),
        (b"[" * 200_000, "not JSON"),
        (b"9" * 5_000, "not JSON"),
    ],
)
def test_anything_else_is_malformed_and_says_why(body: bytes, words: str) -> None:
    with pytest.raises(Malformed, match=words) as malformed:
        read_json(body)

    assert len(malformed.value.received) < 400
