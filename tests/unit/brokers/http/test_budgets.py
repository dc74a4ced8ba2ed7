"""Where an account's request budget stands, and how large it is."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from brokers.http.budgets import budget_of
from brokers.http.limiter import budget_name
from tests.alpaca_accounts import settings_for
from tieout.errors import ConfigError, RateLimited
from tieout.lanes import Lane, Lanes

NOT_AT_ALL = Lanes(orders_wait_s=20, reconciliation_wait_s=20, data_wait_s=20)
NOWHERE = "postgresql+psycopg://nobody@127.0.0.1:9/none"


def spent(rehearsal: bool, url: str | None = None, **options: str) -> int:
    """Requests until the budget of three said no."""
    settings = replace(settings_for(None, **options), lanes=NOT_AT_ALL, limits_url=url)
    budget = budget_of(settings, "alpaca", "PKTEST", 3, rehearsal=rehearsal)
    for number in range(100):
        try:
            budget.spend(Lane.ORDERS)
        except RateLimited:
            return number
    raise AssertionError("never refused")


def kept_in(path: Path) -> int:
    with sqlite3.connect(path) as file:
        count: int = file.execute(f"SELECT count(*) FROM {budget_name('alpaca', 'PKTEST')}").fetchone()[0]
    return count


def test_the_venue_itself_has_a_file_that_this_machine_shares(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert spent(rehearsal=False) == 3
    assert spent(rehearsal=False) == 0
    assert kept_in(tmp_path / "data/limits.sqlite") == 3


def test_a_rehearsal_shares_nothing_unless_it_is_told_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert [spent(rehearsal=True), spent(rehearsal=True)] == [3, 3]
    assert list(tmp_path.iterdir()) == []
    assert spent(rehearsal=True, limits_file="mine.sqlite") == 3
    assert spent(rehearsal=True, limits_in="file", limits_file="mine.sqlite") == 0


def test_a_journal_in_postgresql_has_the_budget_unless_the_account_says_otherwise(tmp_path: Path) -> None:
    settings = replace(settings_for(None), limits_url=NOWHERE)

    assert budget_of(settings, "alpaca", "PKTEST", 3, rehearsal=False)._where == NOWHERE
    assert spent(False, NOWHERE, limits_file=str(tmp_path / "mine.sqlite")) == 3
    assert spent(False, NOWHERE, limits_in="run") == 3
    assert spent(True, NOWHERE) == 3


def test_requests_per_minute_goes_before_what_the_adapter_knows() -> None:
    assert spent(True, requests_per_minute="5") == 5


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"limits_in": "journal"}, "needs a journal in PostgreSQL"),
        ({"limits_in": "cloud"}, "must be one of run, file, journal"),
        ({"requests_per_minute": "0"}, "not a count"),
        ({"requests_per_minute": "many"}, "not a count"),
    ],
)
def test_options_that_cannot_be_used_are_refused(options: dict[str, str], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        spent(True, **options)
