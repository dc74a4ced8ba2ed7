"""SIGKILL at any moment of a write: nothing that was committed is lost, and nothing is torn."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable
from multiprocessing.context import ForkServerContext
from typing import Any

from sqlalchemy import func, select, text

from sql.schema.journal import audit_event
from sql.schema.warehouse import price
from tests.databases import Stores
from tests.store.workers import ROWS, write_journal_until_killed, write_warehouse_until_killed

KILLS = 50
MESSAGES = 7  # the writer is killed after one of its first so many words, about two writes


def kill_a_writer(
    processes: ForkServerContext, target: Callable[..., None], rng: random.Random, *arguments: Any
) -> dict[str, int]:
    """Start a writer, kill it after a random word of its, and return the last number it told of each kind."""
    told, ours = processes.Pipe(duplex=False)
    writer = processes.Process(target=target, args=(*arguments, ours))
    writer.start()
    ours.close()
    words = [told.recv() for _ in range(rng.randrange(1, MESSAGES))]
    for _ in range(rng.randrange(3_000)):  # somewhere inside the step that follows
        rng.random()
    os.kill(writer.pid or 0, signal.SIGKILL)
    writer.join()
    try:
        while True:
            words.append(told.recv())
    except EOFError:
        return dict(words)


def test_fifty_kills_lose_no_commit_of_the_journal(stores: Stores, processes: ForkServerContext) -> None:
    rng = random.Random(1)
    committed = {}
    for kill in range(KILLS):
        told = kill_a_writer(processes, write_journal_until_killed, rng, stores.journal_url, f"k{kill}")
        committed[f"k{kill}"] = told.get("committed", -1) + 1
    with stores.journal.write() as connection:
        by_actor = select(audit_event.c.actor, func.count()).group_by(audit_event.c.actor)
        found = {row[0]: row[1] for row in connection.execute(by_actor)}
        if stores.journal.dialect == "sqlite":
            assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
    for actor, told_count in committed.items():
        # A kill between the commit and the word may leave one more than was told, never one less.
        assert found.get(actor, 0) in (told_count, told_count + 1)


def test_fifty_kills_lose_no_commit_of_the_warehouse(stores: Stores, processes: ForkServerContext) -> None:
    rng = random.Random(2)
    for kill in range(KILLS):
        told = kill_a_writer(processes, write_warehouse_until_killed, rng, stores.warehouse_url, kill)
        published = rows_by_number(stores, kill, fresh=False)
        committed = rows_by_number(stores, kill, fresh=True)
        assert set(published.values()) | set(committed.values()) <= {ROWS}
        assert committed.keys() >= set(range(told.get("committed", -1) + 1))
        assert committed.keys() >= published.keys() >= set(range(told.get("published", -1) + 1))
    stores.warehouse.publish()
    if stores.warehouse.published_path is not None:
        folder = stores.warehouse.published_path.parent
        assert not [path.name for path in folder.iterdir() if path.name.endswith((".part", ".wal"))]


def rows_by_number(stores: Stores, writer: int, *, fresh: bool) -> dict[int, int]:
    """How many rows each write of one writer has, in the store itself or in what readers see."""
    number = price.c.instrument_id
    statement = (
        select(number, func.count()).where(number.between(writer * 100_000, writer * 100_000 + 99_999)).group_by(number)
    )
    with stores.warehouse.write() if fresh else stores.warehouse.read() as connection:
        return {found - writer * 100_000: count for found, count in connection.execute(statement)}
