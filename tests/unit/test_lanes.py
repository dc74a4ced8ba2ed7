"""Orders before reconciliation before data."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.lanes import Lane, Lanes, ceilings, to_withhold

shares = st.decimals(Decimal("0.01"), Decimal(1), places=2)


def test_orders_have_the_whole_budget_and_the_others_their_share() -> None:
    assert ceilings(180, Lanes()) == {Lane.ORDERS: 180, Lane.RECONCILIATION: 135, Lane.DATA: 90}


@given(st.integers(1, 10_000), shares, shares)
def test_a_higher_lane_never_has_less_and_every_lane_has_something(
    per_minute: int, one: Decimal, other: Decimal
) -> None:
    found = ceilings(per_minute, Lanes(max(one, other), min(one, other)))

    assert per_minute == found[Lane.ORDERS] >= found[Lane.RECONCILIATION] >= found[Lane.DATA] >= 1


@pytest.mark.parametrize(("books", "data"), [("0.5", "0.6"), ("1.1", "0.5"), ("0.5", "0")])
def test_shares_that_turn_the_lanes_around_are_refused(books: str, data: str) -> None:
    with pytest.raises(ValueError, match="shares"):
        ceilings(180, Lanes(Decimal(books), Decimal(data)))


@given(st.integers(1, 500), st.integers(0, 600), st.integers(0, 600))
def test_after_withholding_no_more_is_left_than_the_venue_says(per_minute: int, spent: int, left: int) -> None:
    withheld = to_withhold(per_minute, spent, left)

    assert per_minute - spent - withheld <= left
    assert withheld == 0 or per_minute - spent - withheld == left


def test_who_looks_after_orders_waits_nowhere_for_long() -> None:
    assert [Lanes().hurried(10).wait_s(lane) for lane in Lane] == [2, 10, 10]
    assert [Lanes().wait_s(lane) for lane in Lane] == [2, 60, 20]
