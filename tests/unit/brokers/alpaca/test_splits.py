"""Two rows of a split are one event with an exact ratio."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokers.alpaca.parse.activities import activity
from brokers.alpaca.parse.splits import joined_splits, ratio_of
from brokers.http.fields import Row
from tieout.records import ActivityKind

NINE = Decimal("0.000000001")


def half(row_id: str, qty: str, description: str = "", **more: object) -> Row:
    row = {
        "id": row_id,
        "activity_type": "SPLIT",
        "date": "2026-03-03",
        "net_amount": "0",
        "symbol": "SF",
        "qty": qty,
        "description": description,
        "status": "executed",
    }
    return Row(row | more, f"row {row_id}")


def joined(*halves: Row) -> list[tuple[str, Decimal, Decimal | None]]:
    entries = joined_splits([activity(row) for row in halves])
    assert all(entry.activity.kind is ActivityKind.SPLIT for entry in entries)
    return [(e.activity.activity_id, e.activity.quantity, e.activity.ratio) for e in entries]


def test_old_units_out_and_new_units_in_are_one_split() -> None:
    out, into = half("out", "-10", "REMOVE, From QTY:-10, To QTY:40"), half("in", "40", "ADD, From QTY:-10, To QTY:40")

    assert joined(out, into) == joined(into, out) == [("in", Decimal(30), Decimal(4))]


def test_a_reverse_split_has_a_ratio_below_one() -> None:
    assert joined(half("out", "-33"), half("in", "1.65")) == [("in", Decimal("-31.35"), Decimal("0.05"))]


def test_a_short_position_is_split_with_its_sign() -> None:
    out, into = half("out", "25", "REMOVE, From QTY:25"), half("in", "-50", "ADD, From QTY:25")

    assert joined(into, out) == [("in", Decimal(-25), Decimal(2))]


def test_without_words_the_row_posted_first_is_the_old_half() -> None:
    out = half("out", "25", created_at="2026-03-03T13:00:00Z")
    into = half("in", "-50", created_at="2026-03-03T13:00:01Z")

    assert joined(into, out) == [("in", Decimal(-25), Decimal(2))]


def test_the_venues_own_rates_come_before_what_the_quantities_say() -> None:
    details = {"details": {"old_rate": "1", "new_rate": "1.5"}}

    assert joined(half("out", "-0.54796447", **details), half("in", "0.821946705", **details)) == [
        ("in", Decimal("0.273982235"), Decimal("1.5"))
    ]


def test_half_a_split_has_no_ratio() -> None:
    assert joined(half("out", "-10", "REMOVE")) == [("out", Decimal(-10), None)]


def test_rows_of_two_events_are_not_joined() -> None:
    assert len(joined(half("a", "-10", group_id="1"), half("b", "40", group_id="2"))) == 2


@given(
    old=st.decimals(min_value="0.001", max_value=10**6, places=9),
    new_term=st.integers(1, 50),
    old_term=st.integers(1, 50),
)
def test_the_ratio_of_a_rounded_position_is_the_listed_one(old: Decimal, new_term: int, old_term: int) -> None:
    new = (old * new_term / old_term).quantize(NINE)
    ratio = ratio_of(old, new)

    # A position so small that several simple ratios round to the same units proves none of them in particular
    if Fraction(old) * Fraction(1, 1000 * 50) > Fraction(NINE) * 2:
        exact = Fraction(new_term, old_term)
        assert ratio is not None
        assert abs(Fraction(ratio) - exact) <= Fraction(1, 10**18)


@pytest.mark.parametrize(("old", "new"), [("0", "1"), ("1", "0"), ("1", "-2"), ("7.123456789", "9.987654321")])
def test_units_that_no_simple_ratio_joins_prove_no_ratio(old: str, new: str) -> None:
    assert ratio_of(Decimal(old), Decimal(new)) is None
