"""What a process of its own does to a request budget in PostgreSQL. A module apart: it is imported by each of them."""

from __future__ import annotations

from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier

from brokers.http.limiter import RequestBudget
from tieout.errors import RateLimited
from tieout.lanes import Lane, Lanes

WAIT_S = 120
NOT_AT_ALL = Lanes(orders_wait_s=20, reconciliation_wait_s=20, data_wait_s=20)


def a_budget(url: str, per_minute: int, key: str = "PKTEST") -> RequestBudget:
    return RequestBudget("alpaca", key, per_minute, url, NOT_AT_ALL)


def spent_of(budget: RequestBudget, tries: int, lane: Lane = Lane.ORDERS) -> int:
    spent = 0
    for _ in range(tries):
        try:
            budget.spend(lane)
        except RateLimited:
            break
        spent += 1
    return spent


def spend_in_process(url: str, per_minute: int, tries: int, pipe: Connection, ready: Barrier) -> None:
    """Tell how many requests were granted, of those that all processes ask for at the same time."""
    budget = a_budget(url, per_minute)
    ready.wait(WAIT_S)
    pipe.send(spent_of(budget, tries))
    budget.close()
