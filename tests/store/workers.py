"""What the store tests run in processes of their own; a fork server has imported this page before they start."""

from __future__ import annotations

import os
import signal
from datetime import UTC, datetime
from decimal import Decimal
from multiprocessing.connection import Connection as Pipe
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import duckdb_sqlalchemy  # noqa: F401  imported before forking: it takes most of a start
import pandas as pd  # noqa: F401  DuckDB asks for it when a value is bound
import psycopg  # noqa: F401
import pyarrow as pa
import pyarrow.dataset
import sqlalchemy.dialects.postgresql
import sqlalchemy.dialects.sqlite  # noqa: F401
from sqlalchemy import insert

from sql.audit import append
from sql.bulk import arrow_table, insert_arrow
from sql.fairlock import FairLock
from sql.journal import Journal
from sql.posting import post
from sql.records import append_executions
from sql.schema.journal import audit_event
from sql.schema.warehouse import price
from sql.warehouse import Warehouse
from tests.store.examples import ACCOUNT, EVENING, SESSIONS, a_fill
from tieout.ids import AccountId
from tieout.ledger.types import LotMethod

WHEN = datetime(2026, 1, 15, 21, tzinfo=UTC)
pa.table({"warmed": [1]})  # what Arrow imports at first use
ROWS = 40  # rows of one warehouse write; a part of them would be a torn write
WAIT_S = 60.0


def event_row(actor: str, number: int) -> dict[str, Any]:
    """One row of the journal that can be told from every other."""
    text = f"{actor}-{number}"
    return {
        "at": WHEN,
        "actor": actor,
        "action": "test",
        "detail": {"number": number, "padding": "x" * 500},
        "previous_hash": "",
        "event_hash": text,
    }


def price_rows(writer: int, number: int) -> list[dict[str, Any]]:
    """The rows of one warehouse write: instrument_id says who and which."""
    row = {"instrument_id": writer * 100_000 + number, "business_date": WHEN.date(), "currency": "USD"}
    return [row | {"price": Decimal(line), "source": str(line), "priced_at": WHEN} for line in range(ROWS)]


def commit_to_journal(url: str, actor: str, times: int) -> None:
    journal = Journal.open(url)
    for number in range(times):
        with journal.write() as connection:
            connection.execute(insert(audit_event), event_row(actor, number))
    journal.close()


def append_to_audit(url: str, actor: str, times: int) -> None:
    """One event per transaction, beside others who do the same."""
    journal = Journal.open(url)
    for number in range(times):
        with journal.write() as connection:
            append(connection, actor=actor, action="test.done", subject=str(number), detail={"n": number}, now=WHEN)
    journal.close()


def append_to_audit_until_killed(url: str, actor: str, pipe: Pipe) -> None:
    """Tell `appended` after each event."""
    journal, number = Journal.open(url), 0
    while True:
        with journal.write() as connection:
            append(connection, actor=actor, action="test.done", subject=str(number), detail={"n": number}, now=WHEN)
        pipe.send(("appended", number))
        number += 1


def commit_to_warehouse(url: str, writer: int, times: int) -> None:
    warehouse = Warehouse.open(url)
    for number in range(times):
        with warehouse.write() as connection:
            insert_arrow(connection, price, arrow_table(price, price_rows(writer, number)))
        if number % 4 == 3:
            warehouse.publish()
    warehouse.close()


def open_both(journal_url: str, warehouse_url: str, start: Event) -> None:
    start.wait(WAIT_S)
    Journal.open(journal_url).close()
    Warehouse.open(warehouse_url).close()


def write_journal_until_killed(url: str, actor: str, pipe: Pipe) -> None:
    """Tell `begun` before, `inserted` inside and `committed` after each transaction."""
    journal, number = Journal.open(url), 0
    while True:
        pipe.send(("begun", number))
        with journal.write() as connection:
            connection.execute(insert(audit_event), event_row(actor, number))
            pipe.send(("inserted", number))
        pipe.send(("committed", number))
        number += 1


def write_warehouse_until_killed(url: str, writer: int, pipe: Pipe) -> None:
    """As for the journal, and `published` after each publication."""
    warehouse, number = Warehouse.open(url), 0
    while True:
        pipe.send(("begun", number))
        with warehouse.write() as connection:
            insert_arrow(connection, price, arrow_table(price, price_rows(writer, number)))
            pipe.send(("inserted", number))
        pipe.send(("committed", number))
        warehouse.publish()
        pipe.send(("published", number))
        number += 1


def hold_lock(folder: Path, ready: Event) -> None:
    with FairLock(folder, wait_s=WAIT_S).held():
        ready.set()
        signal.pause()


def count_under_lock(folder: Path, counter: Path, times: int) -> None:
    for _ in range(times):
        with FairLock(folder, wait_s=WAIT_S).held():
            counter.write_text(str(int(counter.read_text()) + 1))


def hold_duckdb(path: str, ready: Event, enough: Event) -> None:
    """Somebody else's program that has the file itself open."""
    import duckdb

    with duckdb.connect(path):
        ready.set()
        enough.wait(WAIT_S)


def write_with_limited_file_size(url: str, limit: int, pipe: Pipe) -> None:
    """Grow the journal until the system refuses; tell what was committed, then the error."""
    import resource

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # then the write fails instead of the process
    journal, number = Journal.open(url), 0
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        while True:
            with journal.write() as connection:
                connection.execute(insert(audit_event), event_row("limited", number))
            number += 1
    except Exception as error:  # noqa: BLE001  told to the test, which knows what it expects
        pipe.send((type(error).__name__, str(error), number))
    os._exit(0)


def post_many_times(journal_url: str, warehouse_url: str, account_id: str, worker: int, go: Event) -> None:
    """Append a record and post, five times over, beside others who do the same."""
    journal, warehouse = Journal.open(journal_url), Warehouse.open(warehouse_url)
    go.wait(WAIT_S)
    for number in range(5):
        with journal.write() as connection:
            fill = a_fill(f"w-{worker}-{number}")
            append_executions(connection, ACCOUNT, [fill], sessions=SESSIONS, source="order", now=EVENING)
        post(journal, warehouse, AccountId(account_id), LotMethod.FIFO, EVENING)
