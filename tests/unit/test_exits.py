"""A pair of exits is one order, whichever of its two trades."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.exits import one_exit
from tieout.ids import BrokerOrderId
from tieout.instruments import equity
from tieout.orders import OrderReport, OrderState, Side

TEN = Decimal(10)
W, P, F, C, X = (
    OrderState.WORKING,
    OrderState.PARTIALLY_FILLED,
    OrderState.FILLED,
    OrderState.CANCELLED,
    OrderState.EXPIRED,
)


def pair(first: tuple[OrderState, int], second: tuple[OrderState, int]) -> OrderReport:
    """A take-profit at 65 and a stop at 55, each with its state and the units it filled."""

    def report(key: str, state: OrderState, filled: int, price: str, legs: tuple[OrderReport, ...]) -> OrderReport:
        average = Decimal(price) if filled else None
        return OrderReport(
            BrokerOrderId(key), None, state, equity("KO"), Side.SELL, TEN, Decimal(filled), average, legs=legs
        )

    return report("first", *first, "65", (report("second", *second, "55", ()),))


@pytest.mark.parametrize(
    ("first", "second", "state", "filled", "average"),
    [
        ((W, 0), (W, 0), W, 0, None),
        ((F, 10), (C, 0), F, 10, "65"),
        ((C, 0), (F, 10), F, 10, "55"),
        ((P, 4), (W, 0), P, 4, "65"),
        ((C, 4), (F, 6), F, 10, "59"),
        ((C, 4), (P, 2), P, 6, "61.666666666666666667"),
        ((C, 0), (C, 0), C, 0, None),
        ((C, 4), (C, 0), C, 4, "65"),
        ((X, 0), (X, 0), X, 0, None),
        ((OrderState.REPLACED, 0), (W, 0), OrderState.REPLACED, 0, None),
    ],
)
def test_the_pair_says_what_both_did(
    first: tuple[OrderState, int],
    second: tuple[OrderState, int],
    state: OrderState,
    filled: int,
    average: str | None,
) -> None:
    whole = one_exit(pair(first, second))

    assert (whole.state, whole.filled_quantity) == (state, filled)
    if average is None:
        assert whole.average_fill_price is None
    else:
        assert whole.average_fill_price is not None
        assert abs(whole.average_fill_price - Decimal(average)) < Decimal("1e-6")


ends = st.tuples(st.sampled_from([W, P, C, X]), st.integers(0, 5))


@given(ends, ends)
def test_a_pair_that_may_still_trade_has_not_ended(
    first: tuple[OrderState, int], second: tuple[OrderState, int]
) -> None:
    whole = one_exit(pair(first, second))

    live = first[0].is_live or second[0].is_live
    everything = first[1] + second[1] == 10
    assert whole.state.is_live is (live and not everything)
    assert (whole.state is F) is everything
