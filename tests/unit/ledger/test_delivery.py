from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.unit.ledger.records import KO, PEP, PUT, cost, event, folded, held, journal, lots, money, profit, trade
from tieout.ledger.delivery import PREMIUM
from tieout.ledger.fold import fold
from tieout.ledger.types import LotMethod
from tieout.records import ActivityKind as Kind
from tieout.records import RecordStatus

D = Decimal
SHARES = event(Kind.OPTION_TRADE, "100", "-15000", KO, price="150", group="g", name="shares")
ASSIGNED = event(Kind.ASSIGNMENT, "1", instrument=PUT, group="g", name="assigned")


def test_the_premium_stands_in_a_leg_of_its_own() -> None:
    book = folded(trade("-1", "2", PUT), ASSIGNED, SHARES)
    assert [(one.cost_basis, one.realized_pnl) for one in book.entries if one.event == PREMIUM] == [(D(-200), D(0))]
    assert lots(book) == [(D(100), D(14800))]


def test_the_security_row_may_come_before_the_option_row() -> None:
    book = folded(trade("-1", "2", PUT), SHARES, ASSIGNED)
    assert (profit(book), cost(book), held(book, PUT)) == (D(0), D(14800), D(0))


def test_a_long_option_that_is_exercised_makes_the_shares_dearer() -> None:
    book = folded(
        trade("1", "3", PUT),
        event(Kind.EXERCISE, "-1", instrument=PUT, group="g"),
        event(Kind.OPTION_TRADE, "-100", "15000", KO, price="150", group="g"),
    )
    assert (profit(book), lots(book), money(book)) == (D(0), [(D(-100), D(-14700))], D(14700))


def test_shares_that_are_called_away_are_sold_for_strike_and_premium() -> None:
    called = event(Kind.OPTION_TRADE, "-100", "15000", KO, price="150", group="g")
    book = folded(trade("100", "140"), trade("-1", "2", PUT), ASSIGNED, called)
    assert (profit(book), held(book), money(book)) == (D(1200), D(0), D(1200))


def test_a_row_that_closes_and_opens_shares_the_premium_out() -> None:
    called = event(Kind.OPTION_TRADE, "-100", "15000", KO, price="150", group="g")
    book = folded(trade("40", "140"), trade("-1", "2", PUT), ASSIGNED, called)
    assert (profit(book), lots(book)) == (D(40) * 10 + D(80), [(D(-60), D(-9120))])


def test_cash_in_the_deliverable_changes_what_the_shares_cost() -> None:
    cash = event(Kind.OPTION_TRADE, amount="500", instrument=PUT, group="g")
    book = folded(trade("-1", "2", PUT), ASSIGNED, event(Kind.OPTION_TRADE, "50", "-15000", KO, group="g"), cash)
    assert (profit(book), lots(book), money(book)) == (D(0), [(D(50), D(14300))], D(-14300))


def test_of_several_securities_the_first_carries_money_and_premium() -> None:
    second = event(Kind.OPTION_TRADE, "10", instrument=PEP, group="g")
    book = folded(trade("-1", "2", PUT), ASSIGNED, SHARES, second)
    assert (cost(book), cost(book, PEP), held(book, PEP), profit(book)) == (D(14800), D(0), D(10), D(0))


def test_a_cash_settlement_is_the_options_own_profit() -> None:
    paid = event(Kind.OPTION_TRADE, amount="-350", instrument=PUT, group="g")
    assert profit(folded(trade("-1", "2", PUT), ASSIGNED, paid)) == D(-150)


def test_a_security_row_in_a_later_posting_comes_at_the_strike() -> None:
    first = folded(trade("-1", "2", PUT), ASSIGNED)
    second = fold(journal(SHARES), first.open_lots, LotMethod.FIFO)
    assert (profit(first), cost(second)) == (D(200), D(15000))


@pytest.mark.parametrize("method", LotMethod)
def test_every_lot_method_carries_the_premium(method: LotMethod) -> None:
    book = folded(trade("10", "140"), trade("-1", "2", PUT), ASSIGNED, SHARES, method=method)
    assert (cost(book), held(book), profit(book)) == (D(16200), D(110), D(0))


@pytest.mark.parametrize("name", ["assigned", "shares"])
def test_a_row_that_is_corrected_carries_the_premium_that_it_carried_before(name: str) -> None:
    rows = {"assigned": ASSIGNED, "shares": SHARES}
    start = journal(trade("-1", "2", PUT), ASSIGNED, SHARES)
    first = fold(start, (), LotMethod.FIFO)
    again = replace(rows[name], status=RecordStatus.CORRECTED)
    old = next(one for one in start if one.record == rows[name])
    back = replace(old, seq=10, reverses=True)
    new = replace(old, seq=11, record=again)
    both = fold([*start, back, new], (), LotMethod.FIFO)
    assert (cost(both), held(both), profit(both)) == (cost(first), held(first), profit(first))


def test_more_contracts_than_the_book_holds_leave_the_rest_open_at_no_cost() -> None:
    two = event(Kind.ASSIGNMENT, "2", instrument=PUT, group="g")
    book = folded(trade("-1", "2", PUT), two, SHARES)
    assert (held(book, PUT), cost(book, PUT), cost(book)) == (D(1), D(0), D(14800))


def test_two_option_rows_in_one_group_are_booked_each_by_itself() -> None:
    again = event(Kind.ASSIGNMENT, "1", instrument=PUT, group="g")
    shares = event(Kind.OPTION_TRADE, "200", "-30000", KO, price="150", group="g")
    book = folded(trade("-2", "2", PUT), ASSIGNED, again, shares)
    assert (profit(book), cost(book), held(book, PUT)) == (D(400), D(30000), D(0))
