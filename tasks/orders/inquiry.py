"""Asking one venue about many orders at once: one list of trades and one list of orders instead of one call each.

A venue counts requests, and a window of five hundred orders would spend its minute on polls. What the lists do not show
is asked for by itself: an order that is missing from a list is not therefore gone.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from tasks.orders.wire import CLOCKS_APART, asked_since, name_market, on_the_wire
from tieout.errors import BrokerError
from tieout.fills import sorted_out
from tieout.ids import IntentId
from tieout.orders import OrderState
from tieout.placement import LookUp, NotSeen, Observation, Place, Placement, Seen, Step
from tieout.records import Execution

if TYPE_CHECKING:
    from brokers.base import Broker

Answer = Observation | tuple[Execution, ...]
LIST_FROM = 3  # orders from which one list costs less than asking for each

Answered = Iterator[tuple[Placement, Answer]]


def look_up(broker: Broker, asked: Sequence[Step], now: datetime) -> Answered:
    """What the venue says to each question, one at a time, so that each answer is written down before the next comes.

    asked    steps of this venue whose action is to look up; others are left out
    """
    looking = [(one.placement, one.action) for one in asked if isinstance(one.action, LookUp)]
    there = [row for row, _ in looking if row.state is not OrderState.UNKNOWN]
    if len(there) < LIST_FROM:
        there = []
    found = yield from _listed(broker, there, now)
    for row, action in looking:
        if row.intent.intent_id not in found:
            yield row, on_the_wire(broker, row, action, now)


def trades(broker: Broker, rows: Sequence[Placement], now: datetime) -> list[tuple[Placement, tuple[Execution, ...]]]:
    """Each order's executions, none of an order that has not traded.

    raises    Unavailable where the whole list could not be had
    """
    for row in rows:
        name_market(broker, row)
    fetched = broker.fetch_executions(min(map(asked_since, rows)), now + CLOCKS_APART)
    return list(zip(rows, sorted_out(fetched.records, rows), strict=True))


def _listed(
    broker: Broker, rows: Sequence[Placement], now: datetime
) -> Generator[tuple[Placement, Answer], None, set[IntentId]]:
    """What one list says of each order; returns those that need not be asked for any more."""
    found: set[IntentId] = set()
    if not rows:
        return found
    try:
        for row in rows:
            name_market(broker, row)
        reports = broker.fetch_orders(min(map(asked_since, rows)), now + CLOCKS_APART)
    except BrokerError as error:
        missed = NotSeen(Place.LIST, complete=False, words=str(error))
        yield from ((row, missed) for row in rows)
        return {row.intent.intent_id for row in rows}
    by_id = {one.client_order_id: one for one in reports if one.client_order_id is not None}
    for row in rows:
        report = by_id.get(row.intent.order.client_order_id)
        if report is not None:
            found.add(row.intent.intent_id)
            yield row, Seen(report)
    return found
