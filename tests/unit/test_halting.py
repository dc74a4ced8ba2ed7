from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.breakers import ALL_ACCOUNTS, TradingState
from tieout.errors import DataError
from tieout.halting import Closing, Halt, closing
from tieout.ids import AccountId, BrokerOrderId
from tieout.instruments import Instrument, crypto, equity
from tieout.orders import OrderReport, OrderState, OrderType, Side, TimeInForce
from tieout.risk.types import Holding

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
ONE = AccountId("one")
KO, BTC = equity("KO"), crypto("BTC")
HALT = Halt(ONE, (ONE,), "a rehearsal", "desk", flatten=True)


def close(instrument: Instrument, quantity: Decimal, *orders: OrderReport) -> Closing:
    return closing(HALT, ONE, [Holding(instrument, quantity, None)], orders, key="run", day=date(2026, 3, 2), now=NOW)


def report(instrument: Instrument | None, side: Side | None) -> OrderReport:
    return OrderReport(
        BrokerOrderId("b"), None, OrderState.WORKING, instrument, side, Decimal(1), filled_quantity=Decimal(0)
    )


@given(st.decimals(min_value=-(10**6), max_value=10**6, places=9))
def test_a_closing_order_makes_the_position_zero(quantity: Decimal) -> None:
    orders = [row.intent.order for row in close(KO, quantity).placements]

    assert quantity + sum((one.side.sign * one.quantity for one in orders), Decimal(0)) == 0
    assert len(orders) == (quantity != 0)
    assert all(one.order_type is OrderType.MARKET for one in orders)


def test_the_same_halt_asked_again_is_the_same_orders() -> None:
    assert close(KO, Decimal(3)) == close(KO, Decimal(3))


def test_a_coin_is_closed_by_an_order_without_a_day() -> None:
    (row,) = close(BTC, Decimal("0.5")).placements
    assert row.intent.order.time_in_force is TimeInForce.GTC


@pytest.mark.parametrize("other", [report(KO, Side.SELL), report(None, None), report(KO, None)])
def test_an_open_order_that_could_close_it_as_well_leaves_the_position_alone(other: OrderReport) -> None:
    plan = close(KO, Decimal(3), other)

    assert plan.placements == ()
    assert len(plan.refused) == 1


@pytest.mark.parametrize("other", [report(KO, Side.BUY), report(BTC, Side.SELL)])
def test_an_open_order_that_cannot_close_it_changes_nothing(other: OrderReport) -> None:
    assert len(close(KO, Decimal(3), other).placements) == 1


@pytest.mark.parametrize(("by", "reason"), [("", "why"), ("desk", " ")])
def test_a_halt_needs_a_name_and_a_reason(by: str, reason: str) -> None:
    with pytest.raises(DataError):
        Halt(ALL_ACCOUNTS, (ONE,), reason, by)


def test_flattening_cancels_and_reduce_only_says_so() -> None:
    assert HALT.cancels
    assert not Halt(ONE, (ONE,), "why", "desk").cancels
    assert Halt(ONE, (ONE,), "why", "desk", reduce_only=True).trip.effect is TradingState.REDUCE_ONLY
