"""Changes of orders as TWS tells them, kept until the caller asks; a broken connection is a gap, and is told."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from typing import Any

from brokers.http.errors import unreadable
from brokers.http.fields import Row
from brokers.ibkr.codes import BROKER
from brokers.ibkr.parse.orders import Named, order_report
from brokers.ibkr.rows import order_row
from brokers.ibkr.session import Session
from tieout.errors import Malformed, Unavailable
from tieout.orders import OrderReport

_MOST_WAITING = 10_000


class OrderUpdates:
    """Filled by the thread of the event loop, emptied by the caller's."""

    def __init__(self) -> None:
        self._rows: queue.Queue[Row] = queue.Queue(_MOST_WAITING)
        self._connection: int | None = None  # the one that is listened to
        self._overflowed = False

    def listen(self, ib: Any) -> None:
        """Hear the changes of a new connection. What TWS lists when asked is a change too where it is news."""
        ib.orderStatusEvent += self._heard

    def since_last(self, session: Session, named: Named, wait_s: float) -> Iterator[OrderReport]:
        """Changes since the last call; see `brokers.base.Broker.order_updates`."""
        if self._connection is None:
            session.connect()
            self._connection = session.connections
            self._empty()
            return
        yield from self._taken(named, wait_s if session.is_open() else 0)
        if not session.is_open() or session.connections != self._connection or self._overflowed:
            self._connection, self._overflowed = None, False
            raise Unavailable(BROKER, "the connection ended: changes of orders may have been missed")

    def _taken(self, named: Named, wait_s: float) -> Iterator[OrderReport]:
        while True:
            try:
                row = self._rows.get(timeout=wait_s) if wait_s > 0 else self._rows.get_nowait()
            except queue.Empty:
                return
            wait_s = 0
            try:
                yield order_report(row, named)
            except Malformed as error:
                self._connection = None
                raise unreadable(BROKER, str(error), error.received) from error

    def _empty(self) -> None:
        while not self._rows.empty():
            self._rows.get_nowait()

    def _heard(self, trade: Any) -> None:
        if not (trade.order.permId or trade.orderStatus.permId):
            return  # our own note of it: TWS has not answered yet
        try:
            self._rows.put_nowait(order_row(trade))
        except queue.Full:
            self._overflowed = True
