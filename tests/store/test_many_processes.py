"""Eight flow runs at once, as Prefect starts them: each a process of its own."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

import pytest
from sqlalchemy import func, select

from sql.schema.journal import audit_event
from sql.schema.warehouse import price
from sql.warehouse import Warehouse
from tests.databases import FileTemplate, PostgresTemplate, Stores, open_stores
from tests.store.workers import ROWS, commit_to_journal, commit_to_warehouse, open_both

PROCESSES = 8
JOURNAL_COMMITS = 200
WAREHOUSE_WRITES = 20


def run_all(started: Sequence[ForkServerProcess]) -> None:
    for process in started:
        process.start()


def end_all(started: Sequence[ForkServerProcess]) -> None:
    for process in started:
        process.join()
    assert [process.exitcode for process in started] == [0] * len(started)


def test_eight_processes_commit_to_the_journal_without_a_failure(stores: Stores, processes: ForkServerContext) -> None:
    started = [
        processes.Process(target=commit_to_journal, args=(stores.journal_url, f"p{number}", JOURNAL_COMMITS))
        for number in range(PROCESSES)
    ]
    run_all(started)
    end_all(started)
    with stores.journal.read() as connection:
        assert connection.execute(select(func.count()).select_from(audit_event)).scalar() == PROCESSES * JOURNAL_COMMITS


def test_eight_processes_write_to_the_warehouse_while_a_reader_polls(
    stores: Stores, processes: ForkServerContext
) -> None:
    started = [
        processes.Process(target=commit_to_warehouse, args=(stores.warehouse_url, number, WAREHOUSE_WRITES))
        for number in range(PROCESSES)
    ]
    run_all(started)
    seen = [0]
    for process in started:
        while process.is_alive():
            seen.append(rows_read(stores.warehouse))
            process.join(0.03)
    end_all(started)
    assert seen == sorted(seen)
    assert all(count % ROWS == 0 for count in seen)
    assert rows_read(stores.warehouse) == PROCESSES * WAREHOUSE_WRITES * ROWS


def rows_read(warehouse: Warehouse) -> int:
    with warehouse.read() as connection:
        return connection.execute(select(func.count()).select_from(price)).scalar_one()


def test_reading_goes_on_while_a_writer_holds_the_warehouse(stores: Stores) -> None:
    counts: list[int] = []
    with stores.warehouse.write():
        reader = threading.Thread(target=lambda: counts.append(rows_read(stores.warehouse)))
        reader.start()
        reader.join()
    assert counts == [0]


def test_reading_the_journal_goes_on_while_a_writer_holds_it(stores: Stores) -> None:
    with stores.journal.write(), stores.journal.read() as connection:
        assert connection.execute(select(func.count()).select_from(audit_event)).scalar() == 0


@pytest.mark.parametrize("kind", ["sqlite+duckdb", "postgresql"])
def test_eight_processes_may_make_the_stores_at_once(
    kind: str, tmp_path: Path, processes: ForkServerContext, request: pytest.FixtureRequest
) -> None:
    if kind == "postgresql":
        template: PostgresTemplate = request.getfixturevalue("postgres")
        urls = (template.empty(),) * 2
    else:
        urls = FileTemplate.urls(tmp_path / "new")
    go = processes.Event()
    started = [processes.Process(target=open_both, args=(*urls, go)) for _ in range(PROCESSES)]
    run_all(started)
    go.set()
    end_all(started)
    open_stores(*urls).close()
