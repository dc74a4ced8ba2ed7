"""Booking an import and walking back from it, on both kinds of store."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import insert

from sql.chain import break_chain, order_chain, position_chain
from sql.chain.runs import runs_beside, runs_of_flow
from sql.posting import post
from sql.reference import mirror_reference
from sql.runs import end_run, start_run
from sql.schema import journal as tables
from tasks.imports import book_import
from tests.databases import Stores
from tests.unit.imports.files import BOOK, NYSE, microcap, source
from tieout.accounts import Account, Mode
from tieout.errors import DataError, StoreError
from tieout.imports.batch import ImportBatch
from tieout.imports.positions import read_positions
from tieout.ledger.types import LotMethod

ACCOUNT = Account(BOOK, "paper", Mode.PAPER, "USD", "XNYS")
NOW = datetime(2025, 10, 1, 12, tzinfo=UTC)
ROWS = (
    "2025-09-29,FNCH,10,4,40,3,4.5,45,5,HOLD,,\n2025-09-29,TOTAL,,,,,,45,5,,60,105\n"
    "2025-09-30,FNCH,4,4,16,3,4.6,18.4,2.4,HOLD,,\n2025-09-30,TOTAL,,,,,,18.4,2.4,,90,108.4\n"
)
TRADES = "2025-09-29,FNCH,10,4,40,0,bought,,\n2025-09-30,FNCH,,,24,6,sold,6,5\n2025-09-30,FNCH,,,24,6,sold,6,5\n"


def batch() -> ImportBatch:
    return microcap(ROWS, TRADES).batch


def book(stores: Stores, what: ImportBatch, *, now: datetime = NOW, dry_run: bool = False) -> tuple[int, int]:
    booked = book_import(stores.journal_url, ACCOUNT, what, sessions=NYSE, now=now, dry_run=dry_run)
    return booked.new, booked.repeated


def test_a_batch_is_booked_once(stores: Stores) -> None:
    assert book(stores, batch(), dry_run=True) == (3, 0)
    assert book(stores, batch()) == (3, 0)
    assert book(stores, batch()) == (0, 3)
    assert book(stores, microcap(ROWS, TRADES, frozenset({4})).batch) == (1, 3)


def test_the_book_of_a_hand_kept_portfolio_comes_to_its_last_day(stores: Stores) -> None:
    book(stores, batch())
    post(stores.journal, stores.warehouse, BOOK, LotMethod.AVERAGE, NOW)
    with stores.journal.read() as journal, stores.warehouse.write() as warehouse:
        mirror_reference(journal, warehouse)
    stores.warehouse.publish()

    with stores.journal.read() as journal, stores.warehouse.read() as warehouse:
        (chain,) = position_chain(journal, warehouse, BOOK, "fnch")

    assert (chain["quantity"], chain["cost_basis"]) == (4, 16)
    assert [entry["record"]["evidence"]["line"] for entry in chain["ledger_entries"]] == [2, 3]
    assert sum((lot["quantity"] for lot in chain["lots"]), Decimal(0)) == 4
    assert chain["snapshot_line"] is None


def test_nothing_is_booked_that_is_still_to_come(stores: Stores) -> None:
    early = datetime(2025, 9, 29, 3, tzinfo=UTC)  # late on Sunday evening in New York
    with pytest.raises(DataError, match=r"log\.csv line 2: dated 2025-09-29 04:00 UTC, which is still to come"):
        book(stores, batch(), now=early)


def test_an_opening_with_other_figures_is_refused_and_nothing_of_it_stays(stores: Stores) -> None:
    def opening(rows: str) -> ImportBatch:
        text = "asset_class,symbol,quantity,unit_cost,currency\n" + rows
        return read_positions(source(text), BOOK, signed_off_by="desk", as_of=date(2025, 9, 26), sessions=NYSE)

    book(stores, opening("equity,FNCH,10,4,USD\n"))
    with pytest.raises(StoreError, match="another content"):
        book(stores, opening("equity,WREN,1,1,USD\nequity,FNCH,10,5,USD\n"))

    assert book(stores, opening("equity,FNCH,10,4,USD\n")) == (0, 1)
    assert book(stores, opening("equity,WREN,1,1,USD\n")) == (1, 0)


def test_what_nobody_knows_is_told(stores: Stores) -> None:
    stores.warehouse.publish()
    with stores.journal.read() as journal, stores.warehouse.read() as warehouse:
        with pytest.raises(StoreError, match="there is no break BRK-1"):
            break_chain(journal, warehouse, "BRK-1")
        with pytest.raises(StoreError, match="no order 'X' is known"):
            order_chain(journal, warehouse, "X")
        with pytest.raises(StoreError, match="no instrument 'X' is known"):
            position_chain(journal, warehouse, None, "X")
        with pytest.raises(StoreError, match="there is no run X"):
            runs_beside(journal, warehouse, "X", None)
        with pytest.raises(StoreError, match="no run has ended yet for 2025-09-30"):
            runs_beside(journal, warehouse, None, date(2025, 9, 30))


def test_the_runs_of_one_close_are_found_by_any_of_them(stores: Stores) -> None:
    with stores.journal.write() as journal:
        first = start_run(journal, BOOK, "eod-reconciliation", date(2025, 9, 29), NOW, "flow-1")
        second = start_run(journal, BOOK, "eod-reconciliation", date(2025, 9, 30), NOW, "flow-1")
        alone = start_run(journal, BOOK, "eod-reconciliation", date(2025, 9, 30), NOW, None)
        open_ = start_run(journal, BOOK, "eod-reconciliation", date(2025, 9, 30), NOW, "flow-2")
        for number, run_id in enumerate((first, second, alone)):
            end_run(journal, run_id, "tied_out", {"coverage": "1"}, NOW.replace(minute=number))
    stores.warehouse.publish()

    with stores.journal.read() as journal, stores.warehouse.read() as warehouse:
        assert [row["run_id"] for row in runs_of_flow(journal, warehouse, "flow-1")] == [first, second]
        assert [row["run_id"] for row in runs_beside(journal, warehouse, first, None)] == [first, second]
        assert [row["run_id"] for row in runs_beside(journal, warehouse, None, None)] == [alone]
        assert [row["run_id"] for row in runs_beside(journal, warehouse, None, date(2025, 9, 29))] == [first, second]
        with pytest.raises(StoreError, match="has not ended"):
            runs_beside(journal, warehouse, open_, None)


def test_an_order_is_walked_from_the_signal_on(stores: Stores) -> None:
    with stores.journal.write() as journal:
        signal = {"signal_id": "S", "source": "file", "received_at": NOW, "payload": {}, "state": "taken"}
        journal.execute(insert(tables.signal), signal)
        intent = {
            "intent_id": "I",
            "signal_id": "S",
            "account_id": BOOK,
            "client_order_id": "C",
            "instrument_id": 1,
            "side": "buy",
            "quantity": Decimal(1),
            "order_type": "market",
            "time_in_force": "day",
            "state": "working",
            "created_at": NOW,
            "updated_at": NOW,
        }
        journal.execute(insert(tables.intent), intent)
    stores.warehouse.publish()

    with stores.journal.read() as journal, stores.warehouse.read() as warehouse:
        chain = order_chain(journal, warehouse, "C")

    assert [row["signal_id"] for row in chain["signals"]] == ["S"]
    assert [row["intent_id"] for row in chain["intents"]] == ["I"]
