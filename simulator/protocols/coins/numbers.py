"""The numbers that a venue counts its orders with: they grow with time, so that lists can be paged by them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from weakref import WeakKeyDictionary

from simulator.account import SimulatedAccount
from simulator.orders import WorkingOrder
from simulator.updates import Change

_A_MILLISECOND = 1_000
_OURS = 500


def stamped(moment: datetime, place: int) -> int:
    """A number for something that happened at a moment; `place` tells apart what happened in one millisecond."""
    return int(moment.timestamp() * 1_000) * _A_MILLISECOND + place


def forced(moment: datetime, event: int) -> int:
    """The number of an order that the venue made itself."""
    return stamped(moment, _OURS + event % _OURS)


class Numbers:
    """One account's orders, each with a number."""

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
        for working in self._working:
            if working.shown_from <= now:
                yield self._orders[working.broker_order_id], working

    def _catch_up(self) -> None:
        updates = self._account.desk.updates
        for told in updates[self._seen :]:
            if told.change is Change.PENDING_NEW:
                number = stamped(told.at, len(self._working) % _OURS)
                self._orders[told.working.broker_order_id] = number
                self._working.append(told.working)
        self._seen = len(updates)


_NUMBERS: WeakKeyDictionary[SimulatedAccount, Numbers] = WeakKeyDictionary()


def numbers_of(account: SimulatedAccount) -> Numbers:
    """The numbers of one account, the same for every face that shows it."""
    found = _NUMBERS.get(account)
    if found is None:
        found = _NUMBERS[account] = Numbers(account)
    return found
