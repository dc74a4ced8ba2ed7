"""Lists read to their end, with the venue's own count as proof that nothing is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from brokers.http.answers import Request
from brokers.http.door import Ask
from brokers.http.errors import unreadable
from brokers.http.fields import Row, row, rows
from brokers.http.telling import rfc3339
from brokers.paper.refusals import BROKER
from tieout.errors import Malformed

_MOST_PAGES = 2_000


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list.

    count      rows on all pages
    after      cursor of the next page, None on the last
    revision   of the account while the page was made
    """

    rows: list[Row]
    count: int
    after: str | None
    revision: int


@dataclass(frozen=True, slots=True)
class Whole:
    """Every row of a list; the last page was seen and the count agrees."""

    rows: list[Row]
    pages: int
    revision: int


def read_list(ask: Ask, part: str, path: str, query: Mapping[str, str], key: str | None = None) -> Whole:
    """A list to its end.

    key      field that names a row: seeing a name twice is an error
    raises   Unreadable where the pages do not make one list: a count that disagrees, a cursor or row that repeats, an
             account that changed between two pages
    """
    found: list[Row] = []
    cursor: str | None = None
    seen: set[str | None] = {None}
    first: Page | None = None
    for number in range(1, _MOST_PAGES):
        params = dict(query) | ({"cursor": cursor} if cursor else {})
        page = ask(Request(part, "GET", path, params), lambda body: _page(body, part))
        first = first or page
        if (page.count, page.revision) != (first.count, first.revision):
            raise _broken(part, f"it changed between page 1 and page {number}")
        found += page.rows
        if page.after is None:
            _require_all(part, found, page.count, key)
            return Whole(found, number, page.revision)
        if page.after in seen:
            raise _broken(part, f"page {number} names a page that was read before")
        cursor = page.after
        seen.add(cursor)
    raise _broken(part, "it has no end")


def window(since: datetime, until: datetime) -> dict[str, str]:
    """The query for (since, until]."""
    return {"since": rfc3339(since), "until": rfc3339(until)}


def _page(body: object, part: str) -> Page:
    page = row(body, part)
    after = page.text_or_none("next")
    return Page(rows(page.values.get("items"), part), _whole(page, "count"), after, _whole(page, "revision"))


def _whole(page: Row, field: str) -> int:
    value = page.values.get(field)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Malformed(f"{page.where}: field `{field}`: a whole number was expected, got {value!r}")
    return value


def _require_all(part: str, found: list[Row], count: int, key: str | None) -> None:
    if len(found) != count:
        raise _broken(part, f"it has {len(found)} rows where the venue counts {count}")
    if key is not None and len({each.text(key) for each in found}) < len(found):
        raise _broken(part, f"it gives the same `{key}` twice")


def _broken(part: str, why: str) -> Exception:
    return unreadable(BROKER, f"the list of {part} cannot be trusted: {why}", "")
