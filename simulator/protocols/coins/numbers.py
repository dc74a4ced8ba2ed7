"""The numbers that a venue counts its orders and trades with."""

from __future__ import annotations

from collections.abc import Iterator
from weakref import WeakKeyDictionary

from simulator.account import SimulatedAccount
from simulator.orders import WorkingOrder
from simulator.updates import Change
from tieout.records import Execution

_FIRST_ORDER = 10_000_001
_FIRST_TRADE = 50_000_001


class Numbers:
    """One account's orders and trades, each with a number that grows."""

    def __init__(self, account: SimulatedAccount) -> None:
        self._account = account
        self._orders: dict[str, int] = {}
        self._working: list[WorkingOrder] = []
        self._seen = 0

    def order(self, broker_order_id: str) -> int:
        """The number of an order by the id that the simulated account gave it."""
        self._catch_up()
        return self._orders[broker_order_id]

    def orders(self) -> Iterator[tuple[int, WorkingOrder]]:
        """Every order that look-ups show now, replaced ones among them, by number."""
        self._catch_up()
        now = self._account.now
        for number, working in enumerate(self._working, start=_FIRST_ORDER):
            if working.shown_from <= now:
                yield number, working

    def trades(self) -> Iterator[tuple[int, Execution]]:
        """Every trade that is shown now, by number."""
        places = {one.execution_id: place for place, one in enumerate(self._account.books.executions.all)}
        for one in self._account.executions:
            yield _FIRST_TRADE + places[one.execution_id], one

    def trade(self, execution: Execution) -> int:
        """The number of one trade, shown or not."""
        every = self._account.books.executions.all
        return _FIRST_TRADE + next(n for n, one in enumerate(every) if one.execution_id == execution.execution_id)

    def _catch_up(self) -> None:
        updates = self._account.desk.updates
        for told in updates[self._seen :]:
            if told.change is Change.PENDING_NEW:
                self._orders[told.working.broker_order_id] = _FIRST_ORDER + len(self._working)
                self._working.append(told.working)
        self._seen = len(updates)


_NUMBERS: WeakKeyDictionary[SimulatedAccount, Numbers] = WeakKeyDictionary()


def numbers_of(account: SimulatedAccount) -> Numbers:
    """The numbers of one account, the same for every face that shows it."""
    found = _NUMBERS.get(account)
    if found is None:
        found = _NUMBERS[account] = Numbers(account)
    return found
