"""What risk is told of orders that may still trade."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from sql.journal import Journal
from sql.placements import append_intent
from sql.reservations import Kept, OrderCounts, Reserved, by_symbol, read_order_counts, read_reserved
from tests.databases import Stores
from tests.store.orders.samples import BACKUP, CALL, KO, MAIN, MONDAY, NOW, PUT, THIRD, a_placement, a_report
from tests.store.orders.test_placements import keep, see
from tieout.ids import AccountId, IntentId
from tieout.orders import OrderLeg, OrderState, OrderType, Side
from tieout.placement import Approved, Denied, Placement, Seen

LIVE = {"state": OrderState.WORKING}


def reserved(stores: Stores, account_id: AccountId = MAIN, after: timedelta = timedelta(0)) -> tuple[Reserved, ...]:
    with stores.journal.read() as connection:
        return read_reserved(connection, account_id, NOW + after)


def kept(stores: Stores, **changed: Any) -> Placement:
    row = a_placement(**(LIVE | changed))
    keep(stores, row)
    return row


def test_nothing_is_kept_where_nothing_may_trade(stores: Stores) -> None:
    kept(stores, state=OrderState.FILLED)
    assert reserved(stores) == ()
    assert by_symbol(()) == {}


def test_a_live_order_keeps_what_has_not_traded_at_its_limit(stores: Stores) -> None:
    row = a_placement()
    keep(stores, row)
    see(stores, row, Approved("risk"), Seen(a_report(row, OrderState.PARTIALLY_FILLED, "4")))
    (one,) = reserved(stores)
    assert (one.units, one.money, one.side, one.owner) == (Decimal(6), Decimal("361.50"), Side.BUY, MAIN)
    assert (one.intent_id, one.client_order_id) == (row.intent.intent_id, row.intent.order.client_order_id)
    assert one.instrument == KO
    assert one.reported


def test_a_decision_that_risk_has_not_seen_keeps_nothing_unless_it_is_the_rest_of_another(stores: Stores) -> None:
    row = a_placement()
    keep(stores, row)
    assert reserved(stores) == ()
    keep(stores, a_placement(parent_id=IntentId("INT-parent")))
    assert len(reserved(stores)) == 1
    see(stores, row, Denied("too large"))
    assert len(reserved(stores)) == 1


@pytest.mark.parametrize(
    ("changed", "money"),
    [
        ({}, "602.5"),
        ({"arrival_price": Decimal(61)}, "602.5"),
        ({"limit_price": None, "arrival_price": Decimal("61")}, "610"),
        ({"limit_price": None, "arrival_price": Decimal("61"), "stop_price": Decimal(70)}, "610"),
        ({"limit_price": None, "stop_price": Decimal(70)}, "700"),
        ({"instrument": PUT, "limit_price": Decimal("1.2")}, "1200"),
    ],
)
def test_money_is_reckoned_at_limit_arrival_or_stop(stores: Stores, changed: dict[str, Any], money: str) -> None:
    kept(stores, **changed)
    assert reserved(stores)[0].money == Decimal(money)


def test_a_market_order_without_any_price_has_no_money_and_spoils_the_sum(stores: Stores) -> None:
    kept(stores)
    kept(stores, limit_price=None, order_type=OrderType.MARKET)
    assert {one.money for one in reserved(stores)} == {None, Decimal("602.50")}
    assert by_symbol(reserved(stores)) == {"KO": Kept(bought=Decimal(20), sold=Decimal(0), money=None)}


def test_buys_and_sales_are_summed_apart(stores: Stores) -> None:
    kept(stores, quantity=Decimal("0.1"))
    kept(stores, quantity=Decimal("0.2"))
    kept(stores, side=Side.SELL, quantity=Decimal(5), limit_price=Decimal(1))
    kept(stores, instrument=PUT, limit_price=Decimal(1))
    sums = by_symbol(reserved(stores))
    assert sums["KO"] == Kept(Decimal("0.3"), Decimal(5), Decimal("0.3") * Decimal("60.25") + 5)
    assert sums[PUT.symbol] == Kept(Decimal(10), Decimal(0), Decimal(1000))


def test_each_leg_keeps_its_own_units_and_the_first_all_of_the_money(stores: Stores) -> None:
    legs = (OrderLeg(PUT, Side.BUY, 1), OrderLeg(CALL, Side.SELL, 3), OrderLeg(CALL, Side.SELL, 1))
    row = a_placement(legs=legs, limit_price=Decimal("0.5"), quantity=Decimal(2))
    keep(stores, row)
    see(stores, row, Approved("risk"), Seen(a_report(row, OrderState.PARTIALLY_FILLED, "1")))
    found = {(one.instrument.symbol, one.side): (one.units, one.money) for one in reserved(stores)}
    assert found == {
        (PUT.symbol, Side.BUY): (Decimal(1), Decimal(50)),
        (CALL.symbol, Side.SELL): (Decimal(4), Decimal(0)),
    }


def test_a_multi_leg_order_that_brings_money_in_takes_none(stores: Stores) -> None:
    kept(stores, legs=(OrderLeg(PUT, Side.SELL), OrderLeg(CALL, Side.SELL)), limit_price=Decimal("-2"))
    assert {one.money for one in reserved(stores)} == {Decimal(0)}


def test_the_account_that_may_get_the_rest_keeps_it_too(stores: Stores) -> None:
    row = kept(stores, routes=(BACKUP,))
    (there,) = reserved(stores, BACKUP)
    assert (there.intent_id, there.owner, there.units) == (row.intent.intent_id, MAIN, Decimal(10))
    assert reserved(stores, THIRD) == ()


def test_the_rest_that_waits_for_its_proof_is_kept_until_its_time_is_over(stores: Stores) -> None:
    row = a_placement(routes=(BACKUP,), valid_until=NOW + timedelta(hours=1))
    keep(stores, row)
    see(stores, row, Approved("risk"), Seen(a_report(row)), Seen(a_report(row, OrderState.CANCELLED, "3")))
    for account_id in (MAIN, BACKUP):
        assert [one.units for one in reserved(stores, account_id)] == [7]
        assert reserved(stores, account_id, after=timedelta(hours=1)) == ()


def counts(journal: Journal, account_id: AccountId = MAIN) -> OrderCounts:
    with journal.read() as connection:
        return read_order_counts(connection, account_id, MONDAY)


def test_orders_and_trades_are_counted_per_account_and_session(stores: Stores) -> None:
    assert counts(stores.journal) == OrderCounts(0, 0)
    yesterday = {"business_date": MONDAY - timedelta(days=3)}
    dust = Decimal("0.000000000000000001")
    for changed in (
        {"state": OrderState.PLANNED},
        {"state": OrderState.AWAITING_APPROVAL},
        {"state": OrderState.REJECTED},
        {"state": OrderState.CANCELLED},
        {"state": OrderState.WORKING},
        {"state": OrderState.UNKNOWN},
        {"state": OrderState.WORKING} | yesterday,
        {"state": OrderState.FILLED, "filled": Decimal(10)},
        {"state": OrderState.FILLED, "filled": Decimal(10)} | yesterday,
        {"state": OrderState.CANCELLED, "booked": dust},
    ):
        kept(stores, **changed)
    with stores.journal.write() as connection:
        other = a_placement(account_id=BACKUP)
        append_intent(connection, replace(other, state=OrderState.SENDING), (), now=NOW)
    assert counts(stores.journal) == OrderCounts(open_orders=3, trades_today=4)
    assert counts(stores.journal, BACKUP) == OrderCounts(1, 1)
    assert counts(stores.journal, THIRD) == OrderCounts(0, 0)
