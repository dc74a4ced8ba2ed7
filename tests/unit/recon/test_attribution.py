from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.recon.samples import MON, TUE, WED, cash, context, execution, position, settling
from tieout.recon.attribution import MOST_ROWS, Attributed, Share, attribute, choose
from tieout.recon.types import BreakKind, Difference, Pair


def subjects(found: Attributed) -> list[str]:
    return [one.subject for one in found.left]


def shares(*values: str) -> list[Share]:
    return [Share((BreakKind.MISSING_EXECUTION, f"execution:{n}"), Decimal(value)) for n, value in enumerate(values)]


def test_a_row_takes_the_position_and_the_cash_that_it_moves() -> None:
    row = execution("x1", "5", "-500")

    found = attribute([row, position(None, "5"), cash("-500")], context())

    assert subjects(found) == ["execution:x1"]
    assert [one.subject for one in found.symptoms[row.key]] == ["AAPL", "cash:USD"]
    assert found.left[0].detail["snapshot_agrees"] is True


def test_what_rows_leave_of_a_position_stays_with_the_figures_of_both_sides() -> None:
    found = attribute([execution("x1", "5", "-500"), position(None, "8"), cash("-500")], context())

    (rest,) = (one for one in found.left if one.subject == "AAPL")
    assert (rest.quantity, rest.theirs) == (3, 8)
    assert rest.detail["whole_difference"] == "8"
    assert rest.detail["explained_by_rows"] == ["execution:x1"]


def test_a_row_that_the_snapshot_contradicts_explains_nothing_and_is_marked() -> None:
    row = execution("x1", "5", "-500")

    found = attribute([row], context())

    assert found.symptoms == {}
    assert found.left[0].detail["snapshot_agrees"] is False


def test_a_contradicted_row_accounts_for_where_the_statement_leads() -> None:
    row = execution("x1", "5", "-500")
    leads = position("10", "5", pair=Pair.STATEMENT_SNAPSHOT)
    money = cash("500", pair=Pair.STATEMENT_SNAPSHOT)

    found = attribute([row, leads, money], context())

    assert subjects(found) == ["execution:x1"]
    assert len(found.symptoms[row.key]) == 2


def test_a_repeated_row_that_the_snapshot_lacks_becomes_a_duplicate_with_its_symptoms() -> None:
    row = execution("x2", "5", "-500", twin="x1")
    leads = position("10", "5", pair=Pair.STATEMENT_SNAPSHOT)

    found = attribute([row, leads], context())

    (duplicate,) = found.left
    assert duplicate.kind is BreakKind.DUPLICATE_EXECUTION
    assert [one.subject for one in found.symptoms[duplicate.key]] == ["AAPL"]
    assert row.key not in found.symptoms


def test_a_fee_in_another_currency_accounts_for_that_currency() -> None:
    row = replace(execution("x1", "5", "-500"), detail={"other_fee": Decimal("-2"), "other_fee_currency": "BNB"})

    found = attribute([row, position(None, "5"), cash("-500"), cash("-2", currency="BNB")], context())

    assert subjects(found) == ["execution:x1"]
    assert len(found.symptoms[row.key]) == 3


def test_cash_that_counts_only_what_has_settled_is_read_so() -> None:
    paid, unpaid = execution("x1", "1", "-100", settles_on=MON), execution("x2", "1", "-100", settles_on=TUE)

    found = attribute([paid, unpaid, position(None, "2"), cash("-100")], context())

    assert found.agreed == {paid.key}
    assert [one.subject for one in found.symptoms[paid.key]] == ["AAPL", "cash:USD"]


def test_rows_beside_booked_trades_that_have_not_settled_leave_exactly_those() -> None:
    row = execution("x1", "1", "-100", settles_on=MON)

    found = attribute([row, position(None, "1"), cash("900")], context(settling=settling((TUE, "-1000"))))

    (rest,) = (one for one in found.left if one.subject == "cash:USD")
    assert rest.amount == 1_000


def test_unsettled_cash_alone_is_not_given_to_a_row() -> None:
    row = execution("x1", "1", "-100", settles_on=WED)

    found = attribute([row, position(None, "1"), cash("1000")], context(settling=settling((TUE, "-1000"))))

    (rest,) = (one for one in found.left if one.subject == "cash:USD")
    assert rest.amount == 1_000


def test_settled_cash_is_given_to_rows_that_have_settled() -> None:
    row = execution("x1", "1", "-100", settles_on=MON)
    settled = cash("-100", kind=BreakKind.SETTLED_CASH_MISMATCH)

    found = attribute([row, position(None, "1"), cash("-100"), settled], context())

    assert subjects(found) == ["execution:x1"]


def test_an_order_ends_with_the_fill_that_the_book_lacks() -> None:
    row = execution("x1", "5", "-500", client_order_id="c1")
    order = Difference(
        BreakKind.ORDER_STATE_MISMATCH,
        Pair.BOOK_SNAPSHOT,
        "order:c1",
        quantity=Decimal(5),
        detail={"client_order_id": "c1"},
    )

    found = attribute([row, order, position(None, "5"), cash("-500")], context())

    assert subjects(found) == ["execution:x1"]


def test_an_order_that_ended_with_another_quantity_is_a_break_of_its_own() -> None:
    row = execution("x1", "5", "-500", client_order_id="c1")
    order = Difference(
        BreakKind.ORDER_STATE_MISMATCH,
        Pair.BOOK_SNAPSHOT,
        "order:c1",
        quantity=Decimal(9),
        detail={"client_order_id": "c1"},
    )

    assert "order:c1" in subjects(attribute([row, order, position(None, "5"), cash("-500")], context()))


@pytest.mark.parametrize(
    ("gap", "values", "chosen"),
    [
        ("15", ["5", "10"], ["5", "10"]),  # all of them
        ("10", ["5", "10"], ["10"]),  # the only one that fits
        ("7", ["5", "10", "2"], ["5", "2"]),  # the only combination
        ("5", ["5", "5"], []),  # two fit alike, and all of them come no nearer
        ("14", ["5", "10"], ["5", "10"]),  # nearer than nothing
        ("0", ["5", "-5"], ["5", "-5"]),  # they cancel out
        ("0", ["5"], []),
        ("-3", ["5"], []),  # the wrong way
    ],
)
def test_rows_are_chosen_by_what_they_sum_to(gap: str, values: list[str], chosen: list[str]) -> None:
    found = choose(Decimal(gap), shares(*values), Decimal(0))

    assert [one.value for one in found] == [Decimal(one) for one in chosen]


def test_combinations_of_too_many_rows_are_not_tried() -> None:
    many = shares(*("3" for _ in range(MOST_ROWS)), "1000")

    assert choose(Decimal(1_000), many, Decimal(0)) == many  # nearer than nothing, and not the single fitting one


@given(st.lists(st.decimals("-1000", "1000", places=3), min_size=1, max_size=8))
def test_the_sum_of_all_rows_always_explains_itself(values: list[Decimal]) -> None:
    rows = shares(*(str(one) for one in values))

    assert choose(sum(values, Decimal(0)), rows, Decimal(0)) == rows
