"""tieout explain: from a break, a position or an order back to what the broker said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert, select

from sql.posting import post
from sql.records import instrument_ids, record_account
from sql.reference import mirror_reference
from sql.runs import start_run
from sql.schema import journal as journal_tables
from sql.schema import warehouse as tables
from sql.snapshots import append_snapshot
from tasks.accounts import open_broker, sessions_of
from tasks.clock import now
from tasks.stores import open_stores
from tests.cli.conftest import Desk
from tests.contract.world import MONDAY_CLOSE, World, a_world, an_order
from tieout.ids import AccountId
from tieout.ledger.types import LotMethod
from tieout.records import Statement
from tieout.snapshots import instruments_of

MONDAY = date(2026, 3, 2)
OPENING = "asset_class,symbol,quantity,unit_cost,currency\nequity,KO,10,58.1,USD\ncash,USD,1000.5,,USD\n"


@pytest.fixture
def world() -> World:
    """Somebody bought three shares on the day."""
    made = a_world()
    made.account.submit(an_order())
    made.clock.advance_to(MONDAY_CLOSE)
    return made


@pytest.fixture
def closed(connected: Callable[..., Desk]) -> Desk:
    """A desk whose book is open, whose broker was asked, and where one break is open."""
    desk = connected()
    (desk.folder / "opening.csv").write_text(OPENING)
    desk("import", "positions", "opening.csv", "--as-of", "2026-02-27", "--signed-off-by", "desk")
    with open_stores() as stores:
        (account,) = stores.settings.accounts.values()
        name = account.account.account_id
        post(stores.journal, stores.warehouse, name, LotMethod.FIFO, now())
        with stores.journal.write() as journal:
            record_account(journal, account.account)
            run_id = start_run(journal, name, "eod-reconciliation", MONDAY, now(), None)
        with open_broker(stores.settings, account) as broker:
            snapshot = broker.fetch_snapshot(MONDAY)
            since = sessions_of(account).closes_at(date(2026, 2, 27))
            statement = Statement(
                since, now(), broker.fetch_executions(since, now()), broker.fetch_activities(since, now())
            )
        with stores.journal.write() as journal:
            ids = instrument_ids(journal, instruments_of(snapshot, statement))
        with stores.journal.read() as journal, stores.warehouse.write() as warehouse:
            mirror_reference(journal, warehouse)
            snapshot_id = append_snapshot(
                warehouse,
                snapshot,
                run_id=run_id,
                ids=ids,
                statement=statement,
                baseline=None,
                sessions=sessions_of(account),
            )
            warehouse.execute(insert(tables.recon_run), _recon(run_id, name, snapshot_id))
        with stores.journal.write() as journal:
            journal.execute(insert(journal_tables.break_case), _case(name, ids["KO"]))
            journal.execute(insert(journal_tables.break_event), _event(run_id))
        stores.warehouse.publish()
    return desk


def _recon(run_id: str, account_id: str, snapshot_id: int) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "account_id": account_id,
        "business_date": MONDAY,
        "state": "breaks_open",
        "coverage": Decimal(1),
        "rows_compared": 5,
        "breaks_opened": 1,
        "breaks_closed": 0,
        "breaks_open": 1,
        "critical_open": 0,
        "snapshot_id": snapshot_id,
        "ledger_seq": 2,
        "inputs": {},
        "result": "{}",
        "result_sha256": "0" * 64,
        "finished_at": now(),
    }


def _case(account_id: str, instrument_id: int) -> dict[str, Any]:
    return {
        "break_id": "BRK-0123456789",
        "account_id": account_id,
        "kind": "quantity_mismatch",
        "cause": "unknown",
        "severity": "warning",
        "state": "open",
        "subject": "KO",
        "instrument_id": instrument_id,
        "pair": "book_snapshot",
        "ours": Decimal(10),
        "theirs": Decimal("13.557436865"),
        "first_seen": MONDAY,
        "last_seen": MONDAY,
        "age_sessions": 0,
        "money_at_risk": Decimal("214.34"),
        "explanation": "The broker holds 3.557436865 KO more than the book.",
        "evidence": [{"source": "snapshot_position", "key": "KO", "says": "the broker's position", "values": {}}],
        "updated_at": now(),
    }


def _event(run_id: str) -> dict[str, Any]:
    return {
        "break_id": "BRK-0123456789",
        "run_id": run_id,
        "business_date": MONDAY,
        "event": "opened",
        "at": now(),
        "actor": "eod-reconciliation",
        "detail": {},
    }


def test_a_break_is_walked_back_to_the_raw_answer(closed: Desk) -> None:
    chain = closed.json("explain", "break", "BRK-0123456789")

    assert chain["case"]["subject"] == "KO"
    assert [event["event"] for event in chain["events"]] == ["opened"]
    assert chain["run"]["run_id"] == chain["reconciliation"]["run_id"] == "alpaca-main-20260302-01"
    assert chain["snapshot"]["snapshot_id"] == chain["reconciliation"]["snapshot_id"]
    (line,) = chain["snapshot_rows"]
    assert line["quantity"] == "13.557436865"
    assert [one["table"] for one in chain["evidence_rows"]] == ["snapshot_position"]
    quoted = {answer["part"]: answer["mentions"] for answer in chain["raw"] if answer["mentions"]}
    assert '"symbol": "KO"' in quoted["positions"][0]
    assert '"qty": "13.557436865"' in quoted["positions"][0]


def test_a_break_is_told_to_a_person(closed: Desk) -> None:
    told = closed("explain", "break", "brk-0123456789").stdout

    assert "BRK-0123456789  quantity_mismatch of KO in alpaca-main: open" in told
    assert "The broker holds 3.557436865 KO more than the book." in told
    for part in ("Case", "Events", "Evidence", "Run", "Reconciliation", "Snapshot", "Raw answers"):
        assert f"\n{part}" in told
    assert "test-secret" not in told


def test_a_break_nobody_knows_is_told(desk: Desk) -> None:
    assert "there is no break BRK-X; `tieout breaks` lists" in desk("explain", "break", "BRK-X", expect=1).stderr


def test_a_position_is_walked_back_to_the_file_it_came_from(closed: Desk) -> None:
    (chain,) = closed.json("explain", "position", "ko")

    assert (chain["account_id"], chain["quantity"], chain["cost_basis"]) == ("alpaca-main", "10", "581")
    (entry,) = chain["ledger_entries"]
    assert entry["event"] == "opening"
    assert entry["record"]["evidence"]["file"] == "opening.csv"
    assert entry["record"]["evidence"]["line"] == 2
    (lot,) = chain["lots"]
    assert (lot["quantity"], lot["cost_basis"]) == ("10", "581")
    assert chain["snapshot_line"]["quantity"] == "13.557436865"
    assert any(answer["mentions"] for answer in chain["raw"])


def test_a_position_that_only_the_broker_has_is_shown(closed: Desk) -> None:
    (chain,) = closed.json("explain", "position", "KO260306P00050000", "--account", "alpaca-main")

    assert (chain["quantity"], chain["ledger_entries"], chain["lots"]) == ("0", [], [])
    assert chain["snapshot_line"]["quantity"] == "-1"
    assert any(answer["mentions"] for answer in chain["raw"])


def test_a_position_is_told_to_a_person(closed: Desk) -> None:
    told = closed("explain", "position", "KO").stdout

    assert "alpaca-main: KO, the book holds 10 at a cost of 581" in told
    assert "Open lots" in told
    assert "opening.csv" in told


def test_what_nobody_holds_is_told(closed: Desk) -> None:
    assert "no instrument 'NOPE' is known" in closed("explain", "position", "NOPE", expect=1).stderr
    said = closed("explain", "position", "KO", "--account", "other", expect=1).stderr
    assert "KO is in no book and no snapshot of other" in said


def test_an_order_is_found_by_either_id(closed: Desk) -> None:
    with open_stores() as stores, stores.journal.write() as journal:
        order = {
            "account_id": AccountId("alpaca-main"),
            "broker_order_id": "B-1",
            "client_order_id": "C-1",
            "filled_quantity": Decimal(0),
            "state": "working",
            "venue_status": "new",
            "updated_at": now(),
        }
        journal.execute(insert(journal_tables.broker_order), order)

    for order_id in ("B-1", "C-1"):
        chain = closed.json("explain", "order", order_id)
        assert [one["venue_status"] for one in chain["orders"]] == ["new"]
        assert "C-1" in closed("explain", "order", order_id).stdout


def test_an_order_nobody_knows_is_told(closed: Desk) -> None:
    assert "no order 'X' is known" in closed("explain", "order", "X", expect=1).stderr


def test_an_order_that_only_the_broker_knows_is_found_in_its_statement(closed: Desk) -> None:
    with open_stores() as stores, stores.warehouse.read() as warehouse:
        (order_id,) = warehouse.execute(select(tables.statement_execution.c.broker_order_id)).scalars().all()

    (execution,) = closed.json("explain", "order", order_id)["statement_executions"]

    assert (execution["side"], execution["quantity"], execution["price"]) == ("buy", "3", "60.26")
