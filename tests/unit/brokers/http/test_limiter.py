"""One budget, however many processes; orders first; and the venue's word above our own."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokers.http import limiter
from brokers.http.allowance import Allowance
from brokers.http.gate import FileGate
from brokers.http.limiter import RequestBudget, Waiting, budget_name
from tests.unit.brokers.http.passing import Passing
from tieout.errors import ConfigError, RateLimited, Unavailable
from tieout.lanes import Lane, Lanes

NOT_AT_ALL = Lanes(orders_wait_s=0.01, reconciliation_wait_s=0.01, data_wait_s=0.01)
HARDLY = Lanes(orders_wait_s=20, reconciliation_wait_s=20, data_wait_s=20)  # room comes after a minute of real time
SPEND = """
import sys
from decimal import Decimal
from pathlib import Path
from brokers.http.limiter import RequestBudget
from tieout.errors import RateLimited
from tieout.lanes import Lane, Lanes
budget = RequestBudget("alpaca", "PKTEST", 20, Path(sys.argv[1]), Lanes(orders_wait_s=20))
spent = 0
for _ in range(15):
    try:
        budget.spend(Lane.ORDERS)
        spent += 1
    except RateLimited:
        pass
print(spent)
"""


def spent_of(budget: RequestBudget, tries: int, lane: Lane = Lane.ORDERS) -> int:
    spent = 0
    for _ in range(tries):
        try:
            budget.spend(lane)
        except RateLimited:
            break
        spent += 1
    return spent


def a_budget(per_minute: int, lanes: Lanes = NOT_AT_ALL, time: Passing | None = None) -> RequestBudget:
    return RequestBudget("alpaca", "PKTEST", per_minute, None, lanes, (time or Passing()).waiting)


@pytest.mark.parametrize("shared", [True, False])
def test_a_budget_is_spent_and_not_exceeded(tmp_path: Path, shared: bool) -> None:
    path = tmp_path / "data" / "limits.sqlite" if shared else None
    budget = RequestBudget("alpaca", "PKTEST", 5, path, HARDLY)

    assert spent_of(budget, 8) == 5
    budget.close()


def test_a_spent_budget_says_when_there_is_room_again() -> None:
    time = Passing()
    budget = a_budget(1, time=time)
    budget.spend(Lane.ORDERS)
    time.now_ms += 20_000

    with pytest.raises(RateLimited, match="nothing was sent") as limited:
        budget.spend(Lane.ORDERS)

    assert limited.value.retry_after_s == pytest.approx(40, abs=0.01)
    assert time.slept == []  # what cannot come in time is not waited for


def test_a_request_waits_for_room_as_long_as_its_lane_may() -> None:
    time = Passing()
    budget = a_budget(2, Lanes(Decimal(1), Decimal(1), reconciliation_wait_s=60, data_wait_s=20), time)
    budget.spend(Lane.ORDERS)
    time.now_ms += 10_000
    budget.spend(Lane.ORDERS)

    with pytest.raises(RateLimited):
        budget.spend(Lane.DATA)
    budget.spend(Lane.RECONCILIATION)

    assert sum(time.slept) == pytest.approx(50, abs=0.01)


def test_a_lower_lane_stops_at_its_share_and_orders_go_on() -> None:
    budget = a_budget(20)

    assert spent_of(budget, 50, Lane.DATA) == 10
    assert spent_of(budget, 50, Lane.RECONCILIATION) == 5
    assert spent_of(budget, 50, Lane.DATA) == 0
    assert spent_of(budget, 50, Lane.ORDERS) == 5


def test_what_orders_spent_counts_for_the_lower_lanes_too() -> None:
    budget = a_budget(20)

    assert spent_of(budget, 15, Lane.ORDERS) == 15
    assert spent_of(budget, 1, Lane.RECONCILIATION) == 0


@given(
    asked=st.lists(st.tuples(st.sampled_from(list(Lane)), st.integers(0, 20_000)), max_size=60),
    per_minute=st.integers(1, 12),
)
def test_no_minute_holds_more_than_the_budget_nor_a_lower_lane_above_its_share(
    asked: list[tuple[Lane, int]], per_minute: int
) -> None:
    time = Passing()
    budget = a_budget(per_minute, time=time)
    granted: list[tuple[Lane, int]] = []
    for lane, pause_ms in asked:
        time.now_ms += pause_ms
        if spent_of(budget, 1, lane):
            granted.append((lane, time.now_ms))
    budget.close()

    for number, (lane, at) in enumerate(granted, 1):
        within = sum(1 for _, other in granted[:number] if other >= at - 60_000)
        share = {Lane.ORDERS: 1.0, Lane.RECONCILIATION: 0.75, Lane.DATA: 0.5}[lane]
        assert within <= max(1, int(per_minute * share))


# The venue's word


def test_what_others_spent_is_gone_for_us_until_the_venue_counts_anew() -> None:
    time = Passing()
    budget = a_budget(20, time=time)
    budget.spend(Lane.ORDERS)

    budget.heed(Allowance(3, 30))

    assert spent_of(budget, 20) == 3
    time.now_ms += 29_000
    assert spent_of(budget, 20) == 0
    time.now_ms += 2_000
    assert spent_of(budget, 20) == 16  # less the four of our own minute


def test_our_own_requests_are_not_counted_twice() -> None:
    budget = a_budget(20)
    assert spent_of(budget, 8) == 8

    budget.heed(Allowance(12, 30))

    assert spent_of(budget, 20) == 12


def test_requests_of_ours_that_age_out_before_the_reset_make_no_room() -> None:
    time = Passing()
    budget = a_budget(20, time=time)
    assert spent_of(budget, 10) == 10
    time.now_ms += 50_000

    budget.heed(Allowance(2, 55))  # the venue began to count anew five seconds ago, and others were quick
    time.now_ms += 15_000

    assert spent_of(budget, 20) == 2


def test_the_same_word_twice_lowers_once() -> None:
    time = Passing()
    budget = a_budget(20, time=time)

    for _ in range(3):
        budget.heed(Allowance(5, 30))
        time.now_ms += 40  # the same reset, as later answers tell it

    assert spent_of(budget, 20) == 5


def test_the_last_word_counts() -> None:
    budget = a_budget(20)

    budget.heed(Allowance(5, 30))
    budget.heed(Allowance(9, 30))

    assert spent_of(budget, 20) == 9


def test_a_longer_pause_is_not_shortened_by_an_answer_that_was_on_its_way() -> None:
    time = Passing()
    budget = a_budget(20, time=time)

    budget.heed(Allowance(0, 50))
    budget.heed(Allowance(9, 10))
    time.now_ms += 49_000

    assert spent_of(budget, 20) == 0


def test_a_reset_that_moves_on_with_every_answer_does_not_add_up() -> None:
    time = Passing()
    budget = a_budget(20, time=time)

    for left in (8, 7, 6):
        budget.heed(Allowance(left, 60))
        time.now_ms += 5_000

    assert spent_of(budget, 20) == 6


def test_the_lower_lanes_keep_their_distance_from_what_the_venue_leaves() -> None:
    budget = a_budget(20)

    budget.heed(Allowance(8, 30))

    assert spent_of(budget, 20, Lane.DATA) == 0  # 12 of 20 are gone: more than its half
    assert spent_of(budget, 20, Lane.RECONCILIATION) == 3
    assert spent_of(budget, 20, Lane.ORDERS) == 5


def test_a_venue_that_leaves_more_than_we_have_changes_nothing() -> None:
    budget = a_budget(20)

    budget.heed(Allowance(199, 30))

    assert spent_of(budget, 50) == 20


def test_a_pause_longer_than_a_minute_is_kept() -> None:
    time = Passing()
    budget = a_budget(20, time=time)

    budget.heed(Allowance(0, 300))
    time.now_ms += 299_000

    assert spent_of(budget, 1) == 0
    time.now_ms += 2_000
    assert spent_of(budget, 50) == 20


def test_the_venues_word_reaches_the_others_who_share_the_budget(tmp_path: Path) -> None:
    told = RequestBudget("alpaca", "PKTEST", 20, tmp_path / "limits.sqlite", HARDLY)
    other = RequestBudget("alpaca", "PKTEST", 20, tmp_path / "limits.sqlite", HARDLY)

    told.heed(Allowance(2, 50))

    assert spent_of(other, 20) == 2


def test_a_word_that_cannot_be_noted_is_no_error(tmp_path: Path) -> None:
    budget = RequestBudget("alpaca", "PKTEST", 2, tmp_path / "limits.sqlite")
    drop_table(tmp_path / "limits.sqlite")

    budget.heed(Allowance(0, 50))


# Who shares it


def test_processes_share_one_budget(tmp_path: Path) -> None:
    path = tmp_path / "limits.sqlite"
    command = [sys.executable, "-c", SPEND, str(path)]

    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    spent = [int(process.communicate(timeout=60)[0]) for process in running]

    assert sum(spent) == 20


def test_threads_share_one_budget(tmp_path: Path) -> None:
    budget = RequestBudget("alpaca", "PKTEST", 20, tmp_path / "limits.sqlite", HARDLY)
    spent: list[int] = []
    threads = [threading.Thread(target=lambda: spent.append(spent_of(budget, 15))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(spent) == 20


def test_another_key_has_a_budget_of_its_own(tmp_path: Path) -> None:
    first = RequestBudget("alpaca", "PKTEST", 2, tmp_path / "limits.sqlite", HARDLY)
    second = RequestBudget("alpaca", "PKOTHER", 2, tmp_path / "limits.sqlite", HARDLY)

    assert spent_of(first, 3) == 2
    assert spent_of(second, 3) == 2


def test_the_file_does_not_hold_the_key(tmp_path: Path) -> None:
    RequestBudget("alpaca", "PKTEST", 2, tmp_path / "limits.sqlite").spend()

    assert all(b"PKTEST" not in file.read_bytes() for file in tmp_path.iterdir())
    assert "PKTEST" not in budget_name("alpaca", "PKTEST")


# Trouble


def test_a_budget_that_cannot_be_opened_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")

    with pytest.raises(ConfigError, match="limits_file"):
        RequestBudget("alpaca", "PKTEST", 2, tmp_path / "file" / "limits.sqlite")


def test_a_budget_that_fails_later_is_unavailable_and_nothing_is_sent(tmp_path: Path) -> None:
    budget = RequestBudget("alpaca", "PKTEST", 2, tmp_path / "limits.sqlite")
    drop_table(tmp_path / "limits.sqlite")

    with pytest.raises(Unavailable, match="request budget"):
        budget.spend()


def test_a_lock_that_is_never_given_back_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limiter, "_LOCK_S", 0.01)
    budget = RequestBudget("alpaca", "PKTEST", 2, tmp_path / "limits.sqlite", waiting=Waiting())

    with FileGate(tmp_path / "limits.sqlite.gate").held(1), pytest.raises(Unavailable, match="request budget"):
        budget.spend()


def test_an_order_that_is_let_through_much_too_late_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    time = Passing()
    budget = a_budget(2, Lanes(orders_wait_s=2), time)

    def slowly(_: Lane) -> float:
        time.now_ms += 4_000
        return 0.0

    monkeypatch.setattr(budget, "_taken_after", slowly)

    with pytest.raises(RateLimited, match="nothing was sent"):
        budget.spend(Lane.ORDERS)


def drop_table(path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute(f"DROP TABLE {budget_name('alpaca', 'PKTEST')}")
