"""tieout orders, and the story of one order as a person reads it."""

from __future__ import annotations

import pytest

from sql.placements import append_intent, save
from tasks.stores import open_stores
from tests.cli.conftest import Desk
from tests.store.orders.samples import NOW, POLICY, a_placement, a_report
from tieout.execution import step
from tieout.orders import OrderState
from tieout.placement import Approved, Denied, Event, Observation, Placement, Seen


@pytest.fixture
def placed(desk: Desk) -> Placement:
    """One order that traded, and one that risk denied."""
    row = a_placement()
    with open_stores() as stores, stores.warehouse.write():
        pass
    with open_stores() as stores:
        stores.warehouse.publish()
    _see(a_placement(), Denied("too large"))
    return _see(row, Approved("risk"), Seen(a_report(row, OrderState.FILLED, "10")))


def _see(row: Placement, *all_seen: Observation) -> Placement:
    with open_stores() as stores, stores.journal.write() as connection:
        append_intent(connection, row, (Event("planned", "by a rule"),), now=NOW)
        for seen in all_seen:
            taken = step(row, seen, NOW, POLICY)
            report = seen.report if isinstance(seen, Seen) else None
            save(connection, taken.placement, taken.events, lease=None, now=NOW, report=report)
            row = taken.placement
    return row


def test_a_desk_without_orders_says_so(desk: Desk) -> None:
    assert desk("orders").stdout == "There are no orders.\n"
    assert desk.json("orders") == []


def test_orders_are_listed_and_filtered(desk: Desk, placed: Placement) -> None:
    assert {one["state"] for one in desk.json("orders")} == {"denied", "filled"}
    (one,) = desk.json("orders", "--state", "filled", "--account", "alpaca-main", "--date", "2026-03-02")
    assert (one["intent_id"], one["symbol"], one["quantity"]) == (placed.intent.intent_id, "KO", "10")
    assert desk.json("orders", "--date", "2026-03-03") == []
    shown = desk("orders").stdout
    assert placed.intent.intent_id in shown
    assert "too large" in shown
    assert shown.endswith("2 orders\n")


def test_a_state_or_account_that_does_not_exist_is_wrong_usage(desk: Desk) -> None:
    assert "'asleep' is not one of" in desk("orders", "--state", "asleep", expect=2).stderr
    assert "other" in desk("orders", "--account", "other", expect=1).stderr
    assert "is not a date" in desk("orders", "--date", "today", expect=2).stderr


def test_an_order_is_told_to_a_person(desk: Desk, placed: Placement) -> None:
    told = desk("explain", "order", placed.intent.intent_id).stdout
    assert f"{placed.intent.intent_id}  buy 10 KO limit 60.25 at alpaca-main: filled, 10 filled\n" in told
    for part in ("Intents", "Events", "Escrow", "Orders"):
        assert f"\n{part}" in told
    assert "by a rule" in told
