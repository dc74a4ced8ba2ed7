from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.ledger.lots import LotBook, share
from tieout.ledger.types import LotMethod
from tieout.money import SCALE

D = Decimal
DAY = date(2026, 1, 5)
AMOUNTS = st.decimals("-1000000", "1000000", places=6)
UNITS = st.decimals("0.000001", "1000000", places=6)


@given(AMOUNTS, UNITS)
def test_the_whole_has_the_whole_share(total: Decimal, whole: Decimal) -> None:
    assert share(total, whole, whole) == total


@given(AMOUNTS, UNITS, UNITS)
def test_a_share_is_within_half_of_the_last_stored_digit(total: Decimal, part: Decimal, whole: Decimal) -> None:
    found = share(total, part, whole)
    assert found.as_tuple().exponent == -SCALE or part == whole
    assert abs(found * whole - total * part) <= whole * D("0.5").scaleb(-SCALE) + D("1E-15")


def test_an_average_of_thirds_is_rounded_half_to_even() -> None:
    assert share(D(10), D(1), D(3)) == D("3.333333333333333333")
    assert share(D(20), D(1), D(3)) == D("6.666666666666666667")


def test_more_cannot_be_closed_than_is_held() -> None:
    book = LotBook(LotMethod.FIFO)
    book.add("1:1", DAY, D(2), D(20))
    assert book.closable(D(-5)) == D(-2)
    assert book.closable(D(5)) == 0
    with pytest.raises(ValueError, match="no lot is left"):
        book.close(D(-5))


def test_a_lot_of_cost_without_units_waits_until_it_is_settled() -> None:
    book = LotBook(LotMethod.FIFO)
    book.add("1:1", DAY, D(0), D(5))
    assert [(lot.quantity, lot.cost) for lot in book.lots()] == [(D(0), D(5))]
    assert [(change.quantity, change.cost) for change in book.settled()] == [(D(0), D(-5))]
    assert book.lots() == []
