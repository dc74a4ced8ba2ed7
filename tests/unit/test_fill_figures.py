"""What an order cost, against the price at its arrival and the market's volume-weighted price."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.test_window_outcome import NOW, a_family
from tieout.fill_figures import order_figures, window_figures
from tieout.ids import ExecutionId
from tieout.instruments import equity
from tieout.orders import OrderState, Side
from tieout.placement import Placement
from tieout.records import Execution, RecordStatus
from tieout.vwap import MINUTE, Minute, Vwap, VwapOf, interval_vwap, whole_minutes

KO = equity("KO")
prices = st.decimals("0.01", "100000", places=4)
volumes = st.decimals("0", "1000000", places=3)


def bought(price: str, *, quantity: str = "3", side: Side = Side.BUY, key: str = "e-1") -> Execution:
    moment = NOW + timedelta(seconds=90)
    return Execution(ExecutionId(key), KO, side, Decimal(quantity), Decimal(price), moment)


def vwap(price: str, of: VwapOf = VwapOf.INTERVAL) -> Vwap:
    return Vwap(of, Decimal(price), *whole_minutes(NOW, NOW + timedelta(seconds=90)))


def a_row(side: Side = Side.BUY) -> Placement:
    """Three units, decided at 60."""
    from dataclasses import replace

    row, _ = a_family(heir_state=OrderState.PLANNED)
    order = replace(row.intent.order, side=side)
    return replace(row, intent=replace(row.intent, order=order), state=OrderState.FILLED)


@pytest.mark.parametrize(
    ("side", "price", "against_arrival", "against_vwap"),
    [
        (Side.BUY, "60.06", "10", "-20"),
        (Side.SELL, "60.06", "-10", "20"),
        (Side.BUY, "60", "0", "-29.97"),
    ],
)
def test_a_cost_to_us_is_above_zero_whichever_way_we_traded(
    side: Side, price: str, against_arrival: str, against_vwap: str
) -> None:
    market = vwap("60.18036072")  # 60.06 is 20 bp below it
    figures = order_figures(a_row(side), [bought(price, side=side)], market)
    assert figures.slippage_bp == Decimal(against_arrival)
    assert figures.vwap_bp is not None
    assert round(figures.vwap_bp, 2) == Decimal(against_vwap)
    assert figures.vwap == market


def test_what_was_taken_back_cost_nothing() -> None:
    from dataclasses import replace

    busted = replace(bought("99", key="e-2"), status=RecordStatus.CANCELLED)
    assert order_figures(a_row(), [bought("60.06"), busted]).slippage_bp == 10


def test_a_price_that_is_not_known_gives_no_figure() -> None:
    figures = order_figures(a_row(), [bought("60.06")])
    assert (figures.vwap_bp, figures.vwap) == (None, None)


def test_the_window_says_of_which_spans_its_market_prices_are() -> None:
    row = a_row()
    each = [
        order_figures(row, [bought("60.06")], vwap("60", VwapOf.SESSION)),
        order_figures(row, [bought("60.06")], vwap("60")),
    ]
    together = window_figures([row, row], each)
    assert together.vwap_of == (VwapOf.INTERVAL, VwapOf.SESSION)
    assert together.vwap_bp == 10


def test_the_interval_is_the_whole_minutes_that_hold_arrival_and_last_fill() -> None:
    arrived = datetime(2026, 3, 2, 15, 0, 59, tzinfo=UTC)
    filled = datetime(2026, 3, 2, 15, 2, 0, tzinfo=UTC)
    outside = Minute(arrived.replace(second=0) - MINUTE, Decimal(1), Decimal(100))
    inside = [
        Minute(arrived.replace(second=0), Decimal(60), Decimal(1)),
        Minute(filled, Decimal(62), Decimal(3)),
    ]
    after = Minute(filled + MINUTE, Decimal(1), Decimal(100))
    found = interval_vwap([outside, *inside, after], arrived, filled, filled + MINUTE)
    assert found == Vwap(VwapOf.INTERVAL, Decimal("61.5"), arrived.replace(second=0), filled + MINUTE)


def test_a_minute_that_is_not_over_gives_no_interval() -> None:
    minutes = [Minute(NOW, Decimal(60), Decimal(1))]
    assert interval_vwap(minutes, NOW, NOW, NOW + MINUTE - timedelta(microseconds=1)) is None
    assert interval_vwap(minutes, NOW, NOW, NOW + MINUTE) is not None


@given(st.lists(st.tuples(prices, volumes), max_size=8))
def test_a_volume_weighted_price_lies_between_the_prices_that_traded(traded: list[tuple[Decimal, Decimal]]) -> None:
    minutes = [Minute(NOW + MINUTE * number, price, units) for number, (price, units) in enumerate(traded)]
    found = interval_vwap(minutes, NOW, NOW + MINUTE * 9, NOW + MINUTE * 10)
    real = [price for price, units in traded if units > 0]
    assert (found is None) == (not real)
    if found is not None:
        assert min(real) <= found.price <= max(real)
