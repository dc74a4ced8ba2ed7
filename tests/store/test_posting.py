from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from multiprocessing.context import ForkServerContext
from typing import Any

import pytest
from sqlalchemy import Connection, func, select, text, update

from sql import posting
from sql.journal import Journal
from sql.posting import Posted, post
from sql.records import append_activities, append_executions, last_seq, record_account
from sql.rows import read_rows
from sql.schema.journal import journal_sequence
from sql.schema.warehouse import instrument, ledger_entry, lot
from sql.schema.warehouse import posting as posting_table
from sql.warehouse import Warehouse
from tests.databases import Stores
from tests.store.examples import (
    ACCOUNT,
    EVENING,
    MSFT,
    NEXT_EVENING,
    PUT,
    SESSIONS,
    a_dividend,
    a_fill,
    an_account,
    cash,
)
from tests.store.workers import post_many_times
from tieout.errors import StoreError
from tieout.ids import AccountId
from tieout.ledger.types import LotMethod
from tieout.orders import Side
from tieout.records import Execution, RecordStatus

SELL: dict[str, Any] = {"side": Side.SELL, "quantity": Decimal(4), "price": Decimal(160)}


def fill(journal: Journal, *executions: Execution, account: str = ACCOUNT, now: Any = EVENING) -> None:
    with journal.write() as connection:
        append_executions(connection, AccountId(account), executions, sessions=SESSIONS, source="order", now=now)


def open_book(journal: Journal) -> None:
    with journal.write() as connection:
        record_account(connection, an_account())
        happened = [cash("10000"), a_dividend()]
        append_activities(connection, ACCOUNT, happened, sessions=SESSIONS, source="import", now=EVENING)
    fill(journal, a_fill("e-1"), a_fill("e-2", **SELL), a_fill("e-3", PUT, side=Side.SELL, price=Decimal("1.5")))


def post_all(stores: Stores, account: str = ACCOUNT) -> Posted:
    return post(stores.journal, stores.warehouse, AccountId(account), LotMethod.FIFO, EVENING)


def ledger(warehouse: Warehouse) -> dict[str, Sequence[dict[str, Any]]]:
    """Everything that posting writes, in a fixed order."""
    with warehouse.write() as connection:
        return {
            "entries": read_rows(connection, select(ledger_entry).order_by(ledger_entry.c.seq, ledger_entry.c.leg)),
            "lots": read_rows(connection, select(lot).order_by(lot.c.seq, lot.c.lot_id)),
        }


def book(connection: Connection) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
    """Units by symbol and money by currency, as the two views say."""
    units = text(
        "SELECT i.symbol, b.quantity FROM book_position b JOIN instrument i ON i.instrument_id = b.instrument_id"
    )
    money = text("SELECT currency, quantity FROM book_cash")
    return (
        {row[0]: row[1] for row in connection.execute(units)},
        {row[0]: row[1] for row in connection.execute(money)},
    )


def test_the_book_says_what_the_journal_adds_up_to(stores: Stores) -> None:
    open_book(stores.journal)
    posted = post_all(stores)
    assert posted.last_seq == 5
    stores.warehouse.publish()
    with stores.warehouse.read() as connection:
        units, money = book(connection)
    assert units == {"AAPL": Decimal(6), PUT.symbol: Decimal(-10)}
    fills = -Decimal("1502.50") + Decimal(640) + Decimal(1500) - Decimal("0.06")
    assert money == {"USD": Decimal(10_000) + Decimal("2.40") + fills}


def test_posting_twice_adds_nothing(stores: Stores) -> None:
    open_book(stores.journal)
    post_all(stores)
    before = ledger(stores.warehouse)
    assert post_all(stores) == Posted(0, 5)
    assert ledger(stores.warehouse) == before


def test_posting_in_steps_gives_the_same_ledger_as_posting_at_once(stores: Stores, tmp_path_factory: Any) -> None:
    steps = [a_fill(f"e-{number}", **(SELL if number % 3 == 2 else {})) for number in range(9)]
    for step in steps:
        fill(stores.journal, step)
        post_all(stores)
    in_steps = ledger(stores.warehouse)
    fill(stores.journal, *steps, account="at-once")
    post_all(stores, "at-once")
    at_once = ledger(stores.warehouse)
    for name, rows in in_steps.items():
        mine = [row for row in at_once[name] if row["account_id"] == "at-once"]
        assert [without_keys(row) for row in mine] == [without_keys(row) for row in rows]


def without_keys(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in ("account_id", "entry_id")}


@pytest.mark.parametrize("status", [RecordStatus.CANCELLED, RecordStatus.CORRECTED])
@pytest.mark.parametrize("posted_before", [True, False])
def test_a_record_that_is_taken_back_leaves_lots_and_cash_as_if_it_had_not_been(
    stores: Stores, status: RecordStatus, posted_before: bool
) -> None:
    fill(stores.journal, a_fill("e-1"), a_fill("e-2", **SELL))
    if posted_before:
        post_all(stores)
    revised = {**SELL, "quantity": Decimal(3)}
    fill(stores.journal, a_fill("e-2", **revised, status=status), now=NEXT_EVENING)
    post_all(stores)
    sold = [a_fill("e-2", **revised)] if status is RecordStatus.CORRECTED else []
    fill(stores.journal, a_fill("e-1"), *sold, account="never-wrong")
    post_all(stores, "never-wrong")
    with stores.warehouse.write() as connection:
        sums = text("SELECT account_id, sum(quantity), sum(cost_basis), sum(realized_pnl) FROM ledger_entry GROUP BY 1")
        totals = {row[0]: tuple(row[1:]) for row in connection.execute(sums)}
        held = text("SELECT account_id, sum(quantity), sum(cost_basis) FROM lot GROUP BY 1")
        lots = {row[0]: tuple(row[1:]) for row in connection.execute(held)}
    assert totals[ACCOUNT] == totals["never-wrong"]
    assert lots[ACCOUNT] == lots["never-wrong"]


def test_a_posting_that_dies_before_its_commit_leaves_nothing_and_the_next_one_does_it_all(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_book(stores.journal)
    real = posting._insert

    def die_at_the_note(connection: Connection, table: Any, rows: Any) -> None:
        if table is posting_table:
            raise KeyboardInterrupt
        real(connection, table, rows)

    monkeypatch.setattr(posting, "_insert", die_at_the_note)
    with pytest.raises(KeyboardInterrupt):
        post_all(stores)
    monkeypatch.undo()
    assert ledger(stores.warehouse) == {"entries": [], "lots": []}
    assert post_all(stores).last_seq == 5


def test_a_posting_that_dies_after_its_commit_is_not_repeated(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    open_book(stores.journal)

    class Died(Exception):
        pass

    def post_and_die() -> None:
        post_all(stores)
        raise Died  # between the commit and whatever would have come next

    with pytest.raises(Died):
        post_and_die()
    before = ledger(stores.warehouse)
    assert post_all(stores) == Posted(0, 5)
    assert ledger(stores.warehouse) == before


def test_processes_that_post_at_once_post_every_record_once(stores: Stores, processes: ForkServerContext) -> None:
    open_book(stores.journal)
    go = processes.Event()
    urls = (stores.journal_url, stores.warehouse_url)
    started = [processes.Process(target=post_many_times, args=(*urls, ACCOUNT, number, go)) for number in range(4)]
    for process in started:
        process.start()
    go.set()
    for process in started:
        process.join()
    assert [process.exitcode for process in started] == [0] * 4
    post_all(stores)
    with stores.journal.read() as connection:
        last = last_seq(connection, ACCOUNT)
    assert last == 5 + 4 * 5
    with stores.warehouse.write() as connection:
        rows, ids, seqs = connection.execute(
            select(
                func.count(),
                func.count(ledger_entry.c.entry_id.distinct()),
                func.count(ledger_entry.c.seq.distinct()),
            ).select_from(ledger_entry)
        ).one()
    assert rows == ids
    assert seqs == last


def test_a_journal_that_is_behind_its_ledger_is_refused(stores: Stores) -> None:
    open_book(stores.journal)
    post_all(stores)
    with stores.journal.write() as connection:  # as if it had been restored from yesterday's backup
        connection.execute(update(journal_sequence).values(last_seq=3))
    with pytest.raises(StoreError, match="ledger holds the journal up to 5, but this journal ends at 3"):
        post_all(stores)


def test_instruments_and_accounts_are_mirrored_as_they_change(stores: Stores) -> None:
    open_book(stores.journal)
    post_all(stores)
    fill(stores.journal, a_fill("e-9", MSFT))
    with stores.journal.write() as connection:
        record_account(connection, an_account(calendar="24/7"))
    post_all(stores)
    with stores.warehouse.write() as connection:
        symbols = connection.execute(select(instrument.c.symbol).order_by(instrument.c.symbol)).scalars().all()
        calendars = connection.execute(text("SELECT calendar FROM account")).scalars().all()
    assert symbols == ["AAPL", PUT.symbol, "MSFT"]
    assert calendars == ["24/7"]


def test_stores_that_do_not_belong_together_are_told_apart(file_stores: Stores) -> None:
    open_book(file_stores.journal)
    post_all(file_stores)
    with file_stores.journal.write() as connection:
        connection.execute(text("UPDATE instrument SET symbol = 'TSLA' WHERE symbol = 'AAPL'"))
    with pytest.raises(StoreError, match="do not belong together"):
        post_all(file_stores)
