from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tieout.ids import InstrumentId
from tieout.orders import OrderState, Side
from tieout.recon import differences, orders, row_differences
from tieout.recon.orders import OurOrder
from tieout.recon.types import BreakKind, Difference, Pair
from tieout.settings import Tolerances

DAY = date(2026, 1, 12)
AT = datetime(2026, 1, 12, 16, tzinfo=UTC)
SHARE = {
    "instrument_id": 1,
    "symbol": "AAPL",
    "asset_class": "equity",
    "currency": "USD",
    "multiplier": Decimal(1),
    "underlying": None,
}


def position(**more: Any) -> dict[str, Any]:
    row = {"book": 0, "broker": 0, "implied": None, "carried": 0, "book_cost": 0, "broker_cost": None}
    row |= {"price_now": None, "price_before": None, "listed": True}
    return SHARE | {
        k: Decimal(v) if isinstance(v, int) and not isinstance(v, bool) else v for k, v in (row | more).items()
    }


def balance(**more: Any) -> dict[str, Any]:
    row: dict[str, Any] = {"currency": "USD", "listed": True, "margined": 0, "broker_settled": None}
    figures = {"book": 100, "broker": 100, "implied": 100, "carried": 0, "book_settled": 100} | more
    return row | {k: Decimal(v) if isinstance(v, int) and k not in row else v for k, v in figures.items()}


def trade(found: str, **more: Any) -> dict[str, Any]:
    names = "execution_id book_id client_order_id broker_order_id side price executed_at twin fee_currency"
    figures = [f"{side}_{what}" for side in ("theirs", "ours") for what in ("quantity", "amount", "fee")]
    empty: dict[str, Any] = dict.fromkeys([*names.split(), "ours_fee_currency", *figures])
    return SHARE | empty | {"found": found, "business_date": DAY, "settles_on": DAY} | more


def all_of(rows: list[Mapping[str, Any]]) -> list[Difference]:
    return list(row_differences.executions(rows, is_ours=lambda _: False, is_expected=lambda _: True))


def cash(**more: Any) -> list[Difference]:
    return list(differences.cash([balance(**more)], Tolerances(), has_baseline=True))


@pytest.mark.parametrize(
    ("row", "kind", "pair"),
    [
        ({"book": 5, "broker": 7}, BreakKind.QUANTITY_MISMATCH, Pair.BOOK_SNAPSHOT),
        ({"book": -5, "broker": 7}, BreakKind.SIDE_MISMATCH, Pair.BOOK_SNAPSHOT),
        ({"book": 5, "broker": 5, "implied": 3}, BreakKind.QUANTITY_MISMATCH, Pair.STATEMENT_SNAPSHOT),
        (
            {"book": 5, "broker": 5, "implied": 5, "broker_cost": 9, "book_cost": 8},
            BreakKind.COST_BASIS_MISMATCH,
            Pair.BOOK_SNAPSHOT,
        ),
    ],
)
def test_a_position_row_is_one_difference(row: dict[str, Any], kind: BreakKind, pair: Pair) -> None:
    (one,) = differences.positions([position(**row)], Tolerances(), {})

    assert (one.kind, one.pair) == (kind, pair)


def test_a_baseline_that_was_off_by_as_much_is_no_new_difference() -> None:
    row = position(book=5, broker=5, implied=3, carried=2)

    assert list(differences.positions([row], Tolerances(), {})) == []


def test_the_best_known_price_values_a_position() -> None:
    known = {InstrumentId(1): Decimal(9)}
    rows = [position(book=1), position(book=1, price_before=8), position(book=1, price_before=8, price_now=7)]

    assert [one.price for one in differences.positions(rows, Tolerances(), known)] == [9, 8, 7]


def test_cash_agrees_within_the_tolerance_and_not_beyond_it() -> None:
    assert cash(broker=Decimal("100.01")) == []
    assert [one.amount for one in cash(broker=Decimal("100.02"))] == [Decimal("0.02")]


def test_cash_of_a_currency_that_the_broker_does_not_list_has_no_figure_of_theirs() -> None:
    (one,) = cash(broker=None, listed=False)

    assert (one.theirs, one.amount) == (None, -100)


def test_where_the_statement_leads_is_told_only_when_book_and_snapshot_agree() -> None:
    (leads,) = cash(implied=90)
    assert leads.pair is Pair.STATEMENT_SNAPSHOT
    assert cash(implied=90, carried=10) == []
    assert [one.pair for one in cash(implied=90, broker=95)] == [Pair.BOOK_SNAPSHOT]
    assert cash(implied=90, margined=1) == []


def test_settled_cash_stands_by_itself() -> None:
    assert [one.kind for one in cash(broker_settled=Decimal(80))] == [BreakKind.SETTLED_CASH_MISMATCH]


def test_a_fee_in_another_currency_is_an_effect_of_its_own() -> None:
    row = trade(
        "statement_only",
        execution_id="x1",
        theirs_quantity=Decimal(2),
        theirs_amount=Decimal(-20),
        theirs_fee=Decimal("0.1"),
        fee_currency="BNB",
        executed_at=AT,
    )

    (one,) = all_of([row])

    assert one.amount == -20
    assert (one.detail["other_fee"], one.detail["other_fee_currency"]) == (Decimal("-0.1"), "BNB")
    assert one.detail["executed_at"] == AT.isoformat()


def test_a_row_of_the_book_alone_gives_back_what_it_moved() -> None:
    row = trade(
        "book_only",
        book_id="x1",
        ours_quantity=Decimal(2),
        ours_amount=Decimal(-20),
        ours_fee=Decimal("0.1"),
        ours_fee_currency="BNB",
    )

    (one,) = all_of([row])

    assert (one.kind, one.quantity, one.amount, one.price) == (BreakKind.UNREPORTED_EXECUTION, -2, 20, 10)
    assert one.detail["other_fee"] == Decimal("0.1")


def test_a_row_of_the_book_that_no_statement_covers_is_not_expected_there() -> None:
    row = trade("book_only", book_id="x1", ours_quantity=Decimal(2), ours_amount=Decimal(-20))

    assert list(row_differences.executions([row], is_ours=bool, is_expected=lambda _: False)) == []


def test_a_fee_that_only_one_side_has_keeps_its_currency() -> None:
    row = trade("fee_differs", execution_id="x1", theirs_fee=Decimal(0), ours_fee=Decimal(1), ours_fee_currency="USD")

    (one,) = all_of([row])

    assert (one.kind, one.amount, one.currency) == (BreakKind.FEE_MISMATCH, 1, "USD")


def test_stale_prices_and_currencies_are_told_apart() -> None:
    row = position(broker_currency="CAD", quantity=3, market_price=10, is_stale=True, priced_at=AT)

    kinds = [one.kind for one in differences.prices_and_currencies([row])]

    assert kinds == [BreakKind.STALE_PRICE, BreakKind.CURRENCY_MISMATCH]


@pytest.mark.parametrize(
    ("row", "subject"),
    [
        ('{"symbol": "ODD"}', "unmapped:ODD"),
        ('{"id": "77", "price": 1}', "unmapped:77"),
        ('["a list"]', "unmapped:d57fb7c4b6d8be09"),
    ],
)
def test_what_nobody_can_map_has_the_same_name_tomorrow(row: str, subject: str) -> None:
    found = list(differences.unmapped([row, row], Pair.BOOK_SNAPSHOT))

    assert len(found) == 1
    if "list" not in row:
        assert found[0].subject == subject
    assert found[0].subject == next(iter(differences.unmapped([row], Pair.BOOK_STATEMENT))).subject


# Orders


def listed(**more: Any) -> dict[str, Any]:
    row = {"broker_order_id": "b1", "client_order_id": "c1", "side": "buy", "state": "working", "venue_status": "new"}
    figures = {"quantity": Decimal(10), "filled_quantity": Decimal(0), "limit_price": None, "price": Decimal(5)}
    return SHARE | row | figures | more


def ours(state: OrderState = OrderState.WORKING, **more: Any) -> OurOrder:
    fields = {"quantity": Decimal(10), "filled_quantity": Decimal(0), "booked": Decimal(0)} | more
    return OurOrder("c1", "b1", state, "AAPL", Side.BUY, **fields)


def test_orders_that_agree_are_no_difference() -> None:
    assert list(orders.differences([ours()], [listed()])) == []
    assert list(orders.differences([ours(OrderState.FILLED)], [])) == []


@pytest.mark.parametrize(
    ("order", "row", "under_way"),
    [
        (ours(OrderState.SENDING), listed(), True),
        (ours(OrderState.UNKNOWN), listed(), True),
        (ours(OrderState.CANCELLED), listed(), False),
        (ours(), listed(quantity=Decimal(9)), False),
        (ours(), listed(filled_quantity=Decimal(4)), True),
        (ours(filled_quantity=Decimal(6)), listed(filled_quantity=Decimal(4)), False),
    ],
)
def test_orders_that_differ_say_whether_they_are_only_under_way(
    order: OurOrder, row: dict[str, Any], under_way: bool
) -> None:
    (one,) = orders.differences([order], [row])

    assert one.detail["under_way"] is under_way


def test_an_order_whose_fills_are_all_booked_need_not_be_listed_any_more() -> None:
    assert list(orders.differences([ours(booked=Decimal(10))], [])) == []
    (one,) = orders.differences([ours(booked=Decimal(9))], [])
    assert one.kind is BreakKind.ORDER_STATE_MISMATCH


def test_an_order_without_a_quantity_is_worth_an_amount_of_money() -> None:
    (one,) = orders.differences(
        [], [listed(quantity=None, side=None, instrument_id=None, asset_class=None, multiplier=None)]
    )

    assert "an amount of money" in one.detail["says"]
    assert one.subject == "order:c1"


def test_an_order_is_found_by_the_brokers_id_where_ours_is_not_told() -> None:
    assert list(orders.differences([ours()], [listed(client_order_id=None)])) == []
    assert OurOrder(None, None, OrderState.UNKNOWN, None, None, None, Decimal(0)).name == "?"


def test_fills_beyond_what_book_and_statement_have_are_open() -> None:
    row = listed(filled_quantity=Decimal(7), side="sell")

    (gap,) = orders.open_fills([ours(booked=Decimal(2))], [row], {"c1": Decimal(1)})

    assert gap.quantity == -4
    assert list(orders.open_fills([ours(booked=Decimal(6))], [row], {"c1": Decimal(1)})) == []
    assert list(orders.open_fills([], [row], {})) == []
