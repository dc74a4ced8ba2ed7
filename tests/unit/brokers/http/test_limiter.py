"""One budget, however many processes."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from brokers.http.limiter import RequestBudget, budget_name
from tieout.errors import ConfigError, RateLimited, Unavailable

SPEND = """
import sys
from pathlib import Path
from brokers.http.limiter import RequestBudget
from tieout.errors import RateLimited
budget = RequestBudget("alpaca", "PKTEST", 20, Path(sys.argv[1]), patience_s=0.01)
spent = 0
for _ in range(15):
    try:
        budget.spend()
        spent += 1
    except RateLimited:
        pass
print(spent)
"""


def spent_of(budget: RequestBudget, tries: int) -> int:
    spent = 0
    for _ in range(tries):
        with contextlib.suppress(RateLimited):
            budget.spend()
            spent += 1
    return spent


@pytest.mark.parametrize("shared", [True, False])
def test_a_budget_is_spent_and_not_exceeded(tmp_path: Path, shared: bool) -> None:
    path = tmp_path / "data" / "limits.sqlite" if shared else None
    budget = RequestBudget("alpaca", "PKTEST", 5, path, patience_s=0.01)

    assert spent_of(budget, 8) == 5
    budget.close()


def test_a_spent_budget_says_how_long_to_wait() -> None:
    budget = RequestBudget("alpaca", "PKTEST", 1, None, patience_s=0.01)
    budget.spend()

    with pytest.raises(RateLimited) as limited:
        budget.spend()

    assert limited.value.retry_after_s == 0.01


def test_processes_share_one_budget(tmp_path: Path) -> None:
    path = tmp_path / "limits.sqlite"
    command = [sys.executable, "-c", SPEND, str(path)]

    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    spent = [int(process.communicate(timeout=60)[0]) for process in running]

    # Never more; fewer where a process gave up waiting for the file's lock
    assert 0 < sum(spent) <= 20


def test_another_key_has_a_budget_of_its_own(tmp_path: Path) -> None:
    first = RequestBudget("alpaca", "PKTEST", 2, tmp_path / "limits.sqlite", patience_s=0.01)
    second = RequestBudget("alpaca", "PKOTHER", 2, tmp_path / "limits.sqlite", patience_s=0.01)

    assert spent_of(first, 3) == 2
    assert spent_of(second, 3) == 2


def test_the_file_does_not_hold_the_key(tmp_path: Path) -> None:
    RequestBudget("alpaca", "PKTEST", 2, tmp_path / "limits.sqlite").spend()

    assert all(b"PKTEST" not in file.read_bytes() for file in tmp_path.iterdir())
    assert "PKTEST" not in budget_name("alpaca", "PKTEST")


def test_a_budget_that_cannot_be_opened_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")

    with pytest.raises(ConfigError, match="limits_file"):
        RequestBudget("alpaca", "PKTEST", 2, tmp_path / "file" / "limits.sqlite")


def test_a_budget_that_fails_later_is_unavailable_and_nothing_is_sent(tmp_path: Path) -> None:
    budget = RequestBudget("alpaca", "PKTEST", 2, tmp_path / "limits.sqlite")
    with sqlite3.connect(tmp_path / "limits.sqlite") as other:
        other.execute(f"DROP TABLE {budget_name('alpaca', 'PKTEST')}")

    with pytest.raises(Unavailable, match="request budget"):
        budget.spend()
