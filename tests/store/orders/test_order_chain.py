"""An order is one story, however many brokers it took."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert

from sql.approvals import ask
from sql.chain import order_chain
from sql.fills import book_fills
from sql.order_list import list_intents
from sql.placements import save
from sql.posting import post
from sql.records import record_account
from sql.reference import mirror_reference
from sql.schema import journal as tables
from tests.databases import Stores
from tests.store.examples import a_fill
from tests.store.orders.samples import BACKUP, KO, MAIN, MONDAY, NOW, POLICY, a_placement, a_report
from tests.store.orders.test_continuing import family, go_on
from tests.store.orders.test_placements import keep, see
from tieout.accounts import Account, Mode
from tieout.errors import StoreError
from tieout.execution import step
from tieout.ids import SignalId
from tieout.ledger.types import LotMethod
from tieout.orders import OrderState
from tieout.placement import Approved, Lost, NotSeen, Place, Placement, Refused, Seen
from tieout.sessions import Sessions

SESSIONS = Sessions("XNYS")


def failed_over(stores: Stores) -> tuple[Placement, Placement]:
    """A signal whose order was refused at the first broker and filled at the second."""
    row = a_placement(routes=(BACKUP,), signal_id=SignalId("S-1"))
    signal = {"signal_id": "S-1", "source": "file", "received_at": NOW, "payload": {}, "state": "taken"}
    with stores.journal.write() as connection:
        record_account(connection, Account(BACKUP, "alpaca", Mode.PAPER, "USD", "XNYS"))
        connection.execute(insert(tables.signal), signal)
    keep(stores, row)
    with stores.journal.write() as connection:
        ask(connection, row.intent.intent_id, {"why": "large"}, until=NOW + timedelta(minutes=5), now=NOW)
    row = see(stores, row, Approved("desk"))
    taken = step(row, Refused("account is blocked"), NOW, POLICY)
    parent, heir = family(taken, row)
    go_on(stores, parent, heir, taken)
    heir = see(stores, heir, Approved("risk"), Seen(a_report(heir, OrderState.FILLED, "10")))
    booked(stores, heir)
    return parent, heir


def booked(stores: Stores, row: Placement) -> None:
    fill = a_fill("e-1", KO, client_order_id=None, broker_order_id=row.broker_order_id)
    with stores.journal.write() as connection:
        book_fills(connection, BACKUP, [(row, [fill])], sessions=SESSIONS, now=NOW)
    post(stores.journal, stores.warehouse, BACKUP, LotMethod.FIFO, NOW)


def told(stores: Stores, order_id: str) -> dict[str, list[dict[str, Any]]]:
    with stores.journal.read() as journal, stores.warehouse.write() as warehouse:
        mirror_reference(journal, warehouse)
    stores.warehouse.publish()
    with stores.journal.read() as journal, stores.warehouse.read() as warehouse:
        return order_chain(journal, warehouse, order_id)


def test_the_whole_story_is_told_whichever_of_its_ids_is_asked_for(stores: Stores) -> None:
    parent, heir = failed_over(stores)
    assert heir.broker_order_id is not None
    chain = told(stores, parent.intent.intent_id)

    assert [one["signal_id"] for one in chain["signals"]] == ["S-1"]
    assert [one["intent_id"] for one in chain["intents"]] == [parent.intent.intent_id, heir.intent.intent_id]
    assert [one["symbol"] for one in chain["intents"]] == ["KO", "KO"]
    assert [(one["account_id"], one["event"]) for one in chain["events"]] == [
        (MAIN, "approved"),
        (MAIN, "sending"),
        (MAIN, "rejected"),
        (BACKUP, "continues"),
        (BACKUP, "approved"),
        (BACKUP, "sending"),
        (BACKUP, "filled"),
    ]
    assert [one["evidence"] for one in chain["approvals"]] == [{"why": "large"}]
    (proof,) = chain["proofs"]
    assert (proof["intent_id"], proof["kind"], proof["evidence"]) == (
        parent.intent.intent_id,
        "rejected",
        ["account is blocked"],
    )
    assert {one["released_at"] is None for one in chain["escrow"]} == {False}
    assert [one["broker_order_id"] for one in chain["orders"]] == [heir.broker_order_id]
    assert [one["execution_id"] for one in chain["executions"]] == ["e-1"]
    assert {one["record_id"] for one in chain["ledger_entries"]} == {"e-1"}
    assert sum(one["quantity"] for one in chain["ledger_entries"] if one["instrument_id"]) == Decimal(10)

    for other in (parent.intent.order.client_order_id, heir.intent.intent_id, f" {heir.broker_order_id} "):
        assert told(stores, other) == chain


def test_look_ups_are_shown_while_nobody_knows_what_became_of_an_order(stores: Stores) -> None:
    row = a_placement()
    keep(stores, row)
    row = see(stores, row, Approved("risk"), Lost("timeout"), NotSeen(Place.ORDER, complete=False, words="503"))
    (look,) = told(stores, row.intent.intent_id)["lookups"]
    assert (look["place"], look["complete"], look["words"]) == ("order", False, "503")


def test_an_order_that_only_the_venue_named_leads_to_its_intent(stores: Stores) -> None:
    """A report that was kept, where the process died before the intent noted the venue's id."""
    row = a_placement()
    keep(stores, row)
    with stores.journal.write() as connection:
        save(connection, row, (), lease=None, now=NOW, report=a_report(row))
    chain = told(stores, a_report(row).broker_order_id)
    assert [one["intent_id"] for one in chain["intents"]] == [row.intent.intent_id]
    assert [one["state"] for one in chain["escrow"] if "state" in one] == []
    assert len(chain["escrow"]) == 1


def test_other_orders_are_no_part_of_the_story(stores: Stores) -> None:
    _, heir = failed_over(stores)
    stranger = a_placement()
    keep(stores, stranger)
    chain = told(stores, stranger.intent.intent_id)
    assert [one["intent_id"] for one in chain["intents"]] == [stranger.intent.intent_id]
    assert (chain["executions"], chain["ledger_entries"], chain["orders"], chain["signals"]) == ([], [], [], [])
    assert heir.intent.intent_id != stranger.intent.intent_id
    with pytest.raises(StoreError, match="no order 'X' is known"):
        told(stores, "X")


def test_intents_are_listed_with_what_became_of_them(stores: Stores) -> None:
    parent, heir = failed_over(stores)
    tuesday = a_placement(business_date=MONDAY + timedelta(days=1), created_at=NOW + timedelta(hours=1), window="open")
    keep(stores, tuesday)
    with stores.journal.read() as connection:
        everything = list_intents(connection)
        assert len(everything) == 3
        assert [one["intent_id"] for one in list_intents(connection, account_id=BACKUP)] == [heir.intent.intent_id]
        assert [one["window"] for one in list_intents(connection, state=OrderState.PLANNED)] == ["open"]
        monday = list_intents(connection, business_date=MONDAY)
    assert {one["intent_id"] for one in monday} == {parent.intent.intent_id, heir.intent.intent_id}
    (first,) = (one for one in everything if one["account_id"] == MAIN and one["heir"])
    assert (first["symbol"], first["state"], first["reason"]) == ("KO", "rejected", "account is blocked")
    assert first["heir"] == heir.intent.intent_id
