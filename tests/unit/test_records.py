from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, localcontext

import pytest

from tieout.ids import ActivityId, ExecutionId
from tieout.instruments import equity, option
from tieout.orders import Side
from tieout.records import Activity, ActivityKind, Execution

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
D = Decimal


def an_execution(side: Side = Side.BUY, quantity: str = "2", *, at: datetime = NOON) -> Execution:
    return Execution(ExecutionId("e1"), option("KO260116P00060000"), side, D(quantity), D("1.25"), at)


def test_an_execution_tells_what_it_changes() -> None:
    assert (an_execution().signed_quantity, an_execution().cash_change) == (D(2), D(-250))
    sold = an_execution(Side.SELL)
    assert (sold.signed_quantity, sold.cash_change) == (D(-2), D(250))


def test_no_digit_is_lost_whatever_the_precision_around_it() -> None:
    with localcontext() as narrow:
        narrow.prec = 3
        assert an_execution(Side.SELL, "1234567.123456789").signed_quantity == D("1234567.123456789").copy_negate()
        assert an_execution(Side.BUY, "1234567.123456789").cash_change == D("154320890.432098625").copy_negate()


@pytest.mark.parametrize("quantity", ["0", "-1"])
def test_an_execution_s_quantity_counts_up_from_zero(quantity: str) -> None:
    with pytest.raises(ValueError, match="execution e1: quantity counts up from zero"):
        an_execution(quantity=quantity)


def test_a_time_without_a_zone_is_refused() -> None:
    naive = NOON.replace(tzinfo=None)
    with pytest.raises(ValueError, match="executed_at needs a time zone"):
        an_execution(at=naive)
    with pytest.raises(ValueError, match="occurred_at needs a time zone"):
        Activity(ActivityId("a1"), ActivityKind.FEE, naive)


def test_units_need_their_instrument() -> None:
    with pytest.raises(ValueError, match="activity a1: a change of quantity needs its instrument"):
        Activity(ActivityId("a1"), ActivityKind.SPLIT, NOON, quantity=D(1))
    assert Activity(ActivityId("a1"), ActivityKind.SPLIT, NOON, equity("KO"), D(1)).quantity == 1
