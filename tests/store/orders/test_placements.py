"""What the journal promises about placements, on both of its databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import select

from sql.leases import Lease, acquire
from sql.placements import append_intent, find_by_client_order_id, read_placement, read_placements, save
from sql.rows import read_rows
from sql.schema.journal import broker_order, escrow, order_event
from tests.databases import Stores
from tests.store.orders.samples import BACKUP, MAIN, MONDAY, NOW, POLICY, THIRD, a_key, a_placement, a_report
from tieout.errors import StoreError
from tieout.execution import step
from tieout.ids import ClientOrderId, IntentId
from tieout.orders import OrderState
from tieout.placement import Approved, Event, Lost, Observation, Placement, Refused, Seen, Submit, Tick

LATER = NOW + timedelta(minutes=11)


def keep(stores: Stores, row: Placement, *events: Event) -> bool:
    with stores.journal.write() as connection:
        return append_intent(connection, row, events, now=NOW)


def stored(stores: Stores, row: Placement) -> Placement:
    with stores.journal.read() as connection:
        return read_placement(connection, row.intent.intent_id)


def see(stores: Stores, row: Placement, *all_seen: Observation, lease: Lease | None = None) -> Placement:
    """Take observations in, one committed step after the other."""
    for seen in all_seen:
        taken = step(row, seen, NOW, POLICY)
        report = seen.report if isinstance(seen, Seen) else None
        with stores.journal.write() as connection:
            save(connection, taken.placement, taken.events, lease=lease, now=NOW, report=report)
        row = taken.placement
    return row


def rows_of(stores: Stores, table: Any, row: Placement) -> list[dict[str, Any]]:
    with stores.journal.read() as connection:
        return read_rows(connection, select(table).where(table.c.intent_id == row.intent.intent_id))


def events_of(stores: Stores, row: Placement) -> list[tuple[str, str]]:
    return [(one["event"], one["detail"]["state"]) for one in rows_of(stores, order_event, row)]


def test_a_decision_taken_twice_is_one_intent(stores: Stores) -> None:
    row = a_placement()
    assert keep(stores, row, Event("planned", "by hand"))
    again = replace(row, intent=replace(row.intent, created_at=LATER, arrival_price=Decimal("60.2")))
    assert not keep(stores, again, Event("planned", "by hand"))
    assert stored(stores, row) == row
    assert events_of(stores, row) == [("planned", "planned")]


def test_a_decision_taken_again_leaves_what_has_become_of_it(stores: Stores) -> None:
    row = a_placement()
    keep(stores, row)
    working = see(stores, row, Approved("risk"), Seen(a_report(row)))
    assert not keep(stores, row)
    assert stored(stores, row) == working


def test_another_decision_under_the_same_id_is_refused_with_both_told(stores: Stores) -> None:
    key = a_key()
    keep(stores, a_placement(key))
    with pytest.raises(StoreError, match=r"another decision: order is .*quantity=Decimal\('10"):
        keep(stores, a_placement(key, quantity=Decimal(11)))
    with pytest.raises(StoreError, match="another decision: routes"):
        keep(stores, a_placement(key, routes=(BACKUP,)))


def test_an_intent_nobody_wrote_down_is_told(stores: Stores) -> None:
    with stores.journal.read() as connection, pytest.raises(StoreError, match="intent INT-X is not in the journal"):
        read_placement(connection, IntentId("INT-X"))


def test_an_order_is_found_by_our_own_id_at_its_account_only(stores: Stores) -> None:
    row = a_placement()
    keep(stores, row)
    with stores.journal.read() as connection:
        assert find_by_client_order_id(connection, MAIN, row.intent.order.client_order_id) == row
        assert find_by_client_order_id(connection, BACKUP, row.intent.order.client_order_id) is None
        assert find_by_client_order_id(connection, MAIN, ClientOrderId("x")) is None


def test_intents_are_found_by_state_session_and_window(stores: Stores) -> None:
    opening, closing = a_placement(window="open"), a_placement(window="close", created_at=LATER)
    tuesday = a_placement(business_date=MONDAY + timedelta(days=1), state=OrderState.DENIED)
    other = a_placement(account_id=BACKUP)
    for row in (closing, opening, tuesday, other):
        keep(stores, row)
    with stores.journal.read() as connection:
        assert read_placements(connection, MAIN, business_date=MONDAY) == (opening, closing)
        assert read_placements(connection, MAIN, window="close") == (closing,)
        assert read_placements(connection, MAIN, states={OrderState.DENIED}) == (tuesday,)
        assert read_placements(connection, MAIN, states=()) == ()
        assert read_placements(connection, BACKUP) == (other,)
        assert read_placements(connection, THIRD) == ()


def test_the_history_tells_each_step_with_the_state_after_it_and_whom_to_call(stores: Stores) -> None:
    row = a_placement()
    keep(stores, row, Event("planned", ""))
    see(stores, row, Approved("risk"), Seen(a_report(row)), Seen(a_report(row, OrderState.FILLED, "12")))
    assert events_of(stores, row) == [
        ("planned", "planned"),
        ("approved", "sending"),
        ("sending", "sending"),
        ("working", "working"),
        ("overfill", "filled"),
        ("filled", "filled"),
    ]
    called = [one["event"] for one in rows_of(stores, order_event, row) if one["detail"]["call"]]
    assert called == ["overfill"]


def test_a_step_that_changes_nothing_writes_nothing(stores: Stores) -> None:
    row = see_sending(stores)
    before = events_of(stores, row)
    assert see(stores, row, Tick(), Tick()) == row
    assert (stored(stores, row), events_of(stores, row)) == (row, before)


def test_what_changes_nothing_may_still_be_told(stores: Stores) -> None:
    row = see_sending(stores)
    with stores.journal.write() as connection:
        save(connection, row, [Event("cancel_refused", "too late")], lease=None, now=NOW)
    assert events_of(stores, row)[-1] == ("cancel_refused", "sending")
    assert stored(stores, row) == row


def see_sending(stores: Stores) -> Placement:
    row = a_placement()
    keep(stores, row)
    return see(stores, row, Approved("risk"))


# Only one of two writers


def test_a_writer_that_was_overtaken_is_refused_and_leaves_no_trace(stores: Stores) -> None:
    row = see_sending(stores)
    faster = see(stores, row, Seen(a_report(row)))
    before = events_of(stores, row)
    with pytest.raises(StoreError, match=r"overtaken: it stands at version 2 \(working\).*version 2 \(unknown\)"):
        see(stores, row, Lost("no answer"))
    assert (stored(stores, row), events_of(stores, row)) == (faster, before)


def test_of_two_writers_with_the_very_same_step_only_one_may_send(stores: Stores) -> None:
    row = a_placement()
    keep(stores, row)
    taken = step(row, Approved("risk"), NOW, POLICY)
    assert isinstance(taken.action, Submit)
    see(stores, row, Approved("risk"))
    with pytest.raises(StoreError, match="overtaken"):
        see(stores, row, Approved("risk"))


def test_a_writer_that_is_far_behind_is_refused_even_where_it_would_change_nothing(stores: Stores) -> None:
    row = see_sending(stores)
    see(stores, row, Seen(a_report(row)))
    with pytest.raises(StoreError, match="overtaken"):
        see(stores, row, Tick())


def test_an_intent_that_is_gone_cannot_be_saved(stores: Stores) -> None:
    with stores.journal.write() as connection, pytest.raises(StoreError, match="not in the journal"):
        save(connection, a_placement(version=1), (), lease=None, now=NOW)


def test_readers_that_are_going_to_write_come_one_after_the_other(stores: Stores) -> None:
    """Twenty threads that read, step and save in one transaction each: no step is lost and none is refused."""
    row = see_sending(stores)
    refused: list[StoreError] = []

    def fill(number: int) -> None:
        try:
            with stores.journal.write() as connection:
                now = read_placement(connection, row.intent.intent_id)
                taken = step(now, Seen(a_report(row, OrderState.WORKING, str(number))), NOW, POLICY)
                save(connection, taken.placement, taken.events, lease=None, now=NOW)
        except StoreError as error:
            refused.append(error)

    threads = [Thread(target=fill, args=[number]) for number in range(1, 10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == []
    assert stored(stores, row).filled == 9


# Fencing


def test_a_run_whose_lease_was_taken_over_can_write_nothing(stores: Stores) -> None:
    row = a_placement()
    keep(stores, row)
    with stores.journal.write() as connection:
        zombie = acquire(connection, "k", "first", NOW, timedelta(minutes=10))
        heir = acquire(connection, "k", "second", LATER, timedelta(minutes=10))
    with pytest.raises(StoreError, match="no longer valid"):
        see(stores, row, Approved("risk"), lease=zombie)
    assert stored(stores, row) == row
    assert see(stores, row, Approved("risk"), lease=heir).state is OrderState.SENDING


def test_a_zombie_is_refused_even_where_nothing_would_change(stores: Stores) -> None:
    row = see_sending(stores)
    with pytest.raises(StoreError, match="held by nobody"):
        see(stores, row, Tick(), lease=Lease("k", "first", 1))


# The venue's own row


def orders_of(stores: Stores, row: Placement) -> list[dict[str, Any]]:
    table, name = broker_order, row.intent.order.client_order_id
    with stores.journal.read() as connection:
        return read_rows(connection, select(table).where(table.c.client_order_id == name))


def test_what_the_venue_said_last_stands_once_for_each_order(stores: Stores) -> None:
    row = see_sending(stores)
    row = see(stores, row, Seen(a_report(row)), Seen(a_report(row, OrderState.PARTIALLY_FILLED, "4", updated_at=LATER)))
    see(stores, row, Seen(a_report(row, OrderState.WORKING, "0", updated_at=NOW)))  # an old one that comes late
    (order,) = orders_of(stores, row)
    assert (order["account_id"], order["state"], order["filled_quantity"]) == (MAIN, "partially_filled", 4)
    assert (order["side"], order["quantity"], order["updated_at"]) == ("buy", 10, LATER)
    assert order["instrument_id"] is not None


def test_a_report_that_says_little_is_completed_from_the_intent(stores: Stores) -> None:
    row = see_sending(stores)
    report = a_report(row, client_order_id=None, instrument=None, side=None)
    see(stores, row, Seen(report))
    (order,) = orders_of(stores, row)
    assert order["side"] == "buy"
    assert order["instrument_id"] is not None


def test_what_a_venue_says_at_length_is_cut_to_what_the_store_holds(stores: Stores) -> None:
    row = see_sending(stores)
    report = a_report(row, venue_status="\x00" + "x" * 99, average_fill_price=Decimal(100) / 3)
    see(stores, row, Seen(report))
    (order,) = orders_of(stores, row)
    assert order["venue_status"] == "x" * 48
    assert order["average_fill_price"] == Decimal("33.333333333333333333")


# Escrow


def held(stores: Stores, row: Placement) -> dict[str, Decimal]:
    """Account -> units that are kept there for an intent now."""
    return {one["account_id"]: one["quantity"] for one in rows_of(stores, escrow, row) if one["released_at"] is None}


def test_units_are_kept_at_the_account_and_along_the_routes_until_they_cannot_trade(stores: Stores) -> None:
    row = a_placement(routes=(BACKUP, THIRD, MAIN))
    keep(stores, row)
    assert held(stores, row) == {MAIN: 10, BACKUP: 10, THIRD: 10}
    row = see(stores, row, Approved("risk"), Seen(a_report(row, OrderState.PARTIALLY_FILLED, "4")))
    assert held(stores, row) == {MAIN: 6, BACKUP: 6, THIRD: 6}
    see(stores, row, Seen(a_report(row, OrderState.FILLED, "10")))
    assert held(stores, row) == {}
    assert {one["why"] for one in rows_of(stores, escrow, row)} == {"filled"}


def test_an_end_that_waits_for_its_proof_keeps_its_units(stores: Stores) -> None:
    row = a_placement(routes=(BACKUP,))
    keep(stores, row)
    row = see(stores, row, Approved("risk"), Seen(a_report(row)), Seen(a_report(row, OrderState.CANCELLED, "3")))
    assert row.ended
    assert held(stores, row) == {MAIN: 7, BACKUP: 7}
    assert {one["why"] for one in rows_of(stores, escrow, row)} == {"cancelled, and the rest waits for its proof"}


def test_an_order_that_surfaces_after_its_end_is_kept_again(stores: Stores) -> None:
    row = a_placement()
    keep(stores, row)
    row = see(stores, row, Approved("risk"), Refused("no"))
    assert held(stores, row) == {}
    see(stores, row, Seen(a_report(row, OrderState.WORKING, "2")))
    assert held(stores, row) == {MAIN: 8}
