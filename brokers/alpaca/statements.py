"""Executions and activities of a window, each list read to its end or not returned at all."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from brokers.alpaca.pages import read_activities, read_orders
from brokers.alpaca.parse.activities import FILL, activity, execution
from brokers.alpaca.parse.orders import client_ids
from brokers.alpaca.parse.splits import Posted, joined_splits
from brokers.alpaca.parse.symbols import Multiply
from brokers.alpaca.refusals import BROKER
from brokers.http.answers import Request
from brokers.http.door import Ask
from brokers.http.fields import Row, row
from brokers.http.telling import rfc3339
from brokers.http.unmapped import readable
from tieout.errors import NotFound
from tieout.ids import BrokerOrderId, ClientOrderId
from tieout.records import Activity, Execution, Fetched

_EDGE = timedelta(seconds=1)  # asked for on both sides of a window; the window itself is cut here, to the microsecond
_POSTED_LATE = timedelta(days=7)  # a non-trade row is dated days before it is posted: Friday's expiry on Tuesday
_SUBMITTED_BEFORE = timedelta(days=1)  # most fills belong to an order of the same day
_MOST_LOOKUPS = 100


def fetch_executions(ask: Ask, multipliers: Multiply, since: datetime, until: datetime) -> Fetched[Execution]:
    """FILL rows in (since, until], UTC, oldest first.

    raises   a leaf of Unavailable where a page failed, repeats, or holds a field that cannot be read
    """
    query = {"activity_types": FILL, "after": rfc3339(since - _EDGE), "until": rfc3339(until + _EDGE)}
    listed = read_activities(ask, "executions", query)
    ids, notes = _ids_of_orders(ask, listed.rows, since, until)
    known = multipliers(listed.rows)
    found, unmapped = readable(BROKER, listed.rows, lambda r: execution(r, ids, known))
    within = [e for e in found if since < e.executed_at <= until]
    ordered = tuple(sorted(within, key=lambda e: (e.executed_at, e.execution_id)))
    return Fetched(ordered, listed.pages, unmapped, notes)


def fetch_activities(ask: Ask, multipliers: Multiply, since: datetime, until: datetime) -> Fetched[Activity]:
    """Non-trade rows posted in (since, until], UTC, oldest first; both halves of a split as one.

    raises   as `fetch_executions`
    """
    query = {"after": rfc3339(since - _POSTED_LATE), "until": rfc3339(until + _EDGE)}
    listed = read_activities(ask, "activities", query)
    others = [r for r in listed.rows if r.values.get("activity_type") != FILL]
    known = multipliers(others)
    found, unmapped = readable(BROKER, others, lambda r: activity(r, known))
    within = [p for p in joined_splits(found) if since < p.posted_at <= until]
    return Fetched(tuple(_activities(within)), listed.pages, unmapped)


def _activities(posted: Iterable[Posted]) -> Iterable[Activity]:
    return (entry.activity for entry in posted)


def _ids_of_orders(
    ask: Ask, fills: list[Row], since: datetime, until: datetime
) -> tuple[dict[BrokerOrderId, ClientOrderId], tuple[str, ...]]:
    """Our order ids behind the fills: from the list of recent orders, then one by one."""
    wanted = {str(fill.values.get("order_id")) for fill in fills}
    if not wanted:
        return {}, ()
    ids: dict[BrokerOrderId, ClientOrderId] = {}
    for listed in read_orders(ask, "all", since - _SUBMITTED_BEFORE, until + _EDGE).rows:
        ids |= client_ids(listed)
    unknown = sorted(wanted - set(ids))
    for order_id in unknown[:_MOST_LOOKUPS]:
        ids |= _ids_of_order(ask, order_id)
    missing = sorted(wanted - set(ids))
    return ids, (f"no client order id for {len(missing)} orders: {', '.join(missing[:5])}",) if missing else ()


def _ids_of_order(ask: Ask, order_id: str) -> dict[BrokerOrderId, ClientOrderId]:
    try:
        return ask(Request("orders", "GET", f"/v2/orders/{order_id}"), lambda body: client_ids(row(body, "order")))
    except NotFound:
        return {}
