"""One request budget for every machine: in the PostgreSQL that holds the journal."""

from __future__ import annotations

from collections.abc import Iterator
from multiprocessing.context import ForkServerContext

import psycopg
import pytest

from brokers.http import limiter
from brokers.http.allowance import Allowance
from brokers.http.limiter import budget_name
from tests.databases import PostgresTemplate
from tests.store.spending import a_budget, spend_in_process, spent_of
from tieout.errors import Unavailable
from tieout.lanes import Lane

PROCESSES = 8


@pytest.fixture
def url(postgres: PostgresTemplate) -> Iterator[str]:
    with postgres.copied() as stores:
        yield stores.journal_url


def dsn(url: str) -> str:
    return url.replace("+psycopg", "")


def test_eight_processes_share_one_budget_to_the_last_request(url: str, processes: ForkServerContext) -> None:
    pipes = [processes.Pipe(duplex=False) for _ in range(PROCESSES)]
    ready = processes.Barrier(PROCESSES)
    running = [processes.Process(target=spend_in_process, args=(url, 30, 10, pipe, ready)) for _, pipe in pipes]
    for process in running:
        process.start()
    spent = [pipe.recv() for pipe, _ in pipes]
    for process in running:
        process.join()

    assert sum(spent) == 30
    assert [process.exitcode for process in running] == [0] * PROCESSES


def test_lanes_hold_for_all_who_share_it(url: str) -> None:
    close, window = a_budget(url, 20), a_budget(url, 20)

    assert spent_of(close, 50, Lane.RECONCILIATION) == 15
    assert spent_of(window, 50, Lane.ORDERS) == 5


def test_the_venues_word_holds_for_all_who_share_it(url: str) -> None:
    told, other = a_budget(url, 20), a_budget(url, 20)
    told.spend(Lane.ORDERS)

    told.heed(Allowance(4, 50))
    told.heed(Allowance(4, 50))

    assert spent_of(other, 20) == 4


def test_what_is_left_is_the_same_for_all_who_share_it(url: str) -> None:
    one, other = a_budget(url, 20), a_budget(url, 20)
    one.spend(Lane.ORDERS)
    other.spend(Lane.DATA)

    assert one.headroom() == other.headroom() == (18, 20)
    other.heed(Allowance(5, 50))
    assert one.headroom() == (5, 20)


def test_servers_in_other_zones_count_the_same_minute(url: str) -> None:
    with psycopg.connect(dsn(url), autocommit=True) as connection:
        connection.execute("ALTER DATABASE " + connection.info.dbname + " SET timezone TO 'Pacific/Auckland'")
    first = a_budget(url, 5)
    assert spent_of(first, 9) == 5
    with psycopg.connect(dsn(url), autocommit=True) as connection:
        connection.execute("ALTER DATABASE " + connection.info.dbname + " SET timezone TO 'America/Los_Angeles'")

    assert spent_of(a_budget(url, 5), 9) == 0


def test_the_database_does_not_hold_the_key(url: str) -> None:
    a_budget(url, 5, key="PKTESTSECRET").spend()

    with psycopg.connect(dsn(url)) as connection:
        names = [row[0] for row in connection.execute("SELECT relname FROM pg_class WHERE relname LIKE '%alpaca%'")]
        table = f"ratelimit___{budget_name('alpaca', 'PKTESTSECRET')}"
        kept = connection.execute(psycopg.sql.SQL("SELECT name FROM {}").format(psycopg.sql.Identifier(table)))
        assert [row[0] for row in kept] == ["reconciliation"]
    assert table in names
    assert not any("testsecret" in name.lower() for name in names)


def test_a_connection_that_broke_is_made_anew(url: str) -> None:
    budget = a_budget(url, 5)
    assert spent_of(budget, 2) == 2
    with psycopg.connect(dsn(url), autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    with pytest.raises(Unavailable, match="request budget"):
        budget.spend()
    assert spent_of(budget, 9) == 3


def test_a_lock_that_is_never_given_back_is_unavailable(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limiter, "_LOCK_S", 0.05)
    budget, other = a_budget(url, 5), a_budget(url, 5)
    budget.spend()
    other.spend()

    with other._shared.held(1), pytest.raises(Unavailable, match="timeout"):
        budget.spend()
    assert spent_of(budget, 9) == 3


def test_a_database_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="request budget"):
        a_budget("postgresql+psycopg://nobody@127.0.0.1:9/none", 5).spend()
