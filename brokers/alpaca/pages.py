"""Reading lists to their end, and noticing a venue that shows the same page again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from brokers.alpaca.refusals import BROKER
from brokers.http.answers import Request
from brokers.http.door import Ask
from brokers.http.errors import unreadable
from brokers.http.fields import Row, rows
from brokers.http.telling import rfc3339
from tieout.errors import Unreadable

ORDERS_LIMIT = 500
ACTIVITIES_LIMIT = 100
_MOST_PAGES = 2_000
_SUPERSEDING = frozenset({"correct", "canceled"})
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Pages:
    """Rows of all pages in the venue's order, oldest first; the last page was seen."""

    rows: list[Row]
    pages: int


def read_orders(ask: Ask, status: str, after: datetime | None = None, until: datetime | None = None) -> Pages:
    """GET /v2/orders to its end, by submission time. `after` is exclusive, both UTC.

    The venue has no page token: each page starts one microsecond before the last order of the page before, for two
    orders may share that instant. Orders seen twice there are dropped; a page of old orders only is an error.
    raises   Unreadable for a page that repeats, leaves of BrokerError for calls that failed
    """
    found: dict[str, Row] = {}
    for number in range(1, _MOST_PAGES):
        page = ask(_orders(status, after, until), lambda body: rows(body, "orders"))
        new = {row.text("id"): row for row in page if row.text("id") not in found}
        if len({row.text("id") for row in page}) < len(page):
            raise _repeats("orders", number, "the same order twice")
        found |= new
        if len(page) < ORDERS_LIMIT:
            return Pages(list(found.values()), number)
        if not new:
            raise _repeats("orders", number, "nothing new")
        after = page[-1].moment("submitted_at") - _TICK
    raise _repeats("orders", _MOST_PAGES, "no end")


def read_activities(ask: Ask, part: str, query: dict[str, str]) -> Pages:
    """GET /v2/account/activities to its end: pages of 100, each named by the last id of the one before.

    A row seen again is an error, unless it says that it corrects or cancels the earlier one and so takes its place.
    """
    found: dict[str, Row] = {}
    token: str | None = None
    for number in range(1, _MOST_PAGES):
        params = query | {"direction": "asc", "page_size": str(ACTIVITIES_LIMIT)}
        params |= {"page_token": token} if token else {}
        page = ask(Request(part, "GET", "/v2/account/activities", params), lambda body: rows(body, part))
        for row in page:
            _place(found, row, part, number)
        if len(page) < ACTIVITIES_LIMIT:
            return Pages(list(found.values()), number)
        token = page[-1].text("id")
    raise _repeats(part, _MOST_PAGES, "no end")


def _orders(status: str, after: datetime | None, until: datetime | None) -> Request:
    params: dict[str, str | bool] = {
        "status": status,
        "limit": str(ORDERS_LIMIT),
        "direction": "asc",
        "nested": "true",
    }
    params |= {"after": rfc3339(after)} if after else {}
    params |= {"until": rfc3339(until)} if until else {}
    return Request("orders", "GET", "/v2/orders", params)


def _place(found: dict[str, Row], row: Row, part: str, number: int) -> None:
    key = row.text("id")
    if key in found:
        if row.values == found[key].values or row.values.get("status") not in _SUPERSEDING:
            raise _repeats(part, number, f"row {key} again")
        del found[key]
    found[key] = row


def _repeats(part: str, page: int, what: str) -> Unreadable:
    return unreadable(BROKER, f"{part}: page {page} shows {what}, so the list cannot be trusted", "")
