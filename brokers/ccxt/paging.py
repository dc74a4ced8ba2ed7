"""How a venue's list goes on after a page, as a value, and a list read to its end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from brokers.http.errors import unreadable
from brokers.http.fields import Row
from tieout.errors import Malformed

MOST_PAGES = 2_000

Query = dict[str, object]


class Paging(Protocol):
    """What to ask for after a page; None after the last."""

    def after(self, query: Query, answer: object, page: list[Row]) -> Query | None: ...


@dataclass(frozen=True, slots=True)
class Whole:
    """The list comes in one answer."""

    def after(self, query: Query, answer: object, page: list[Row]) -> Query | None:
        return None


@dataclass(frozen=True, slots=True)
class Cursor:
    """The answer names what comes next.

    path     dots lead to the cursor inside the answer; empty or absent on the last page
    param    under which it is asked for
    """

    path: str
    param: str = "cursor"

    def after(self, query: Query, answer: object, page: list[Row]) -> Query | None:
        following = dig(answer, self.path)
        return {**query, self.param: following} if following and page else None


@dataclass(frozen=True, slots=True)
class FromRow:
    """The next page begins where the last row of a full page ends.

    param     takes the field of that row
    step      added to it where the venue would show the row again (Binance counts `fromId` in)
    most      the largest field of the page counts, not that of its last row
    drops     parameters that the venue does not take together with it
    """

    param: str
    field: str
    limit: int
    step: int = 0
    most: bool = False
    drops: tuple[str, ...] = ()

    def after(self, query: Query, answer: object, page: list[Row]) -> Query | None:
        if len(page) < self.limit:
            return None
        query = {name: value for name, value in query.items() if name not in self.drops}
        if self.step or self.most:
            return {**query, self.param: max(int(str(row.values[self.field])) for row in page) + self.step}
        return {**query, self.param: page[-1].values[self.field]}


def _next_of(count: object) -> object:
    return int(str(count)) + 1


@dataclass(frozen=True, slots=True)
class Back:
    """The list goes back in time and leaves its bound out: what happened in the last row's moment is shown again.

    param     takes the moment just behind that of the last row of a full page
    behind    that moment, from the last row's field; of a count the next number
    """

    param: str
    field: str
    limit: int
    behind: Callable[[object], object] = _next_of

    def after(self, query: Query, answer: object, page: list[Row]) -> Query | None:
        if len(page) < self.limit:
            return None
        return {**query, self.param: self.behind(page[-1].values[self.field])}


@dataclass(frozen=True, slots=True)
class Numbered:
    """Pages have numbers, and each says how many there are."""

    param: str
    total: str

    def after(self, query: Query, answer: object, page: list[Row]) -> Query | None:
        number, total = int(str(query.get(self.param, 1))), dig(answer, self.total)
        if total is None:
            raise Malformed(f"the page says nothing of `{self.total}`")
        return {**query, self.param: number + 1} if number < int(str(total)) else None


@dataclass(frozen=True, slots=True)
class Offset:
    """Rows are skipped by their number, and each page says how many there are."""

    param: str
    count: str

    def after(self, query: Query, answer: object, page: list[Row]) -> Query | None:
        skipped, count = int(str(query.get(self.param, 0))) + len(page), dig(answer, self.count)
        if count is None:
            raise Malformed(f"the page says nothing of `{self.count}`")
        if not page and skipped < int(str(count)):
            raise Malformed(f"a page is empty after {skipped} of {count} rows")
        return {**query, self.param: skipped} if skipped < int(str(count)) else None


@dataclass(frozen=True, slots=True)
class Skipping:
    """Rows are skipped by their number, and a page that is not full is the last."""

    param: str
    limit: int

    def after(self, query: Query, answer: object, page: list[Row]) -> Query | None:
        if len(page) < self.limit:
            return None
        return {**query, self.param: int(str(query.get(self.param, 0))) + len(page)}


@dataclass(frozen=True, slots=True)
class Turning:
    """Pages have numbers from one on, and a page that is not full is the last."""

    param: str
    limit: int

    def after(self, query: Query, answer: object, page: list[Row]) -> Query | None:
        return {**query, self.param: int(str(query.get(self.param, 1))) + 1} if len(page) >= self.limit else None


@dataclass(frozen=True, slots=True)
class Capped:
    """There is one page only: a full one may hide rows, so it is refused."""

    limit: int

    def after(self, query: Query, answer: object, page: list[Row]) -> Query | None:
        if len(page) >= self.limit:
            raise Malformed(f"a page of {self.limit} rows may not be all: ask for a shorter window")
        return None


@dataclass(frozen=True, slots=True)
class Listing:
    """One list of a venue.

    method     ccxt's name of the endpoint
    rows       dots lead to the rows inside the answer; empty where the answer itself is the list
    key        fields that name a row together: seen again it is the same row
    since      parameters of the window and how its moments are written; without them the list has no window
    longest    the venue answers no longer window than this
    fixed      what is asked for each time
    keyed      the list is an object, its rows by their ids
    happened   when a row happened, of a list that goes back in time without a bound: it is read until the window begins
    """

    method: str
    rows: str = ""
    key: tuple[str, ...] = ()
    paging: Paging = Whole()
    since: str = ""
    until: str = ""
    written: Callable[[datetime], object] = lambda moment: int(moment.timestamp() * 1000)
    longest: timedelta | None = None
    fixed: Mapping[str, object] = field(default_factory=dict)
    keyed: bool = False
    happened: Callable[[Row], datetime] | None = None


@dataclass(frozen=True, slots=True)
class Pages:
    """Rows of all pages, each once, in the venue's order; the last page was seen."""

    rows: list[Row]
    pages: int


def read_list(
    broker: str,
    ask: Callable[[str, Query], object],
    listing: Listing,
    query: Mapping[str, object],
    part: str,
    over: Callable[[list[Row]], bool] = lambda _: False,
) -> Pages:
    """A list to its end.

    ask      calls an endpoint by ccxt's name for it
    over     whether a page is the last that is wanted
    raises   Unreadable where a page repeats: the list then has no end that could be trusted
    """
    found: dict[object, Row] = {}
    asked: Query | None = {**listing.fixed, **query}
    for number in range(1, MOST_PAGES):
        answer = ask(listing.method, asked or {})
        try:
            page = rows_in(answer, listing.rows, part, keyed=listing.keyed)
            following = listing.paging.after(asked or {}, answer, page)
        except (Malformed, ValueError, KeyError) as error:
            raise unreadable(broker, f"{part}: {error}", repr(answer)[:300]) from error
        fresh = {_key(row, listing.key, place): row for place, row in enumerate(page, start=len(found))}
        fresh = {key: row for key, row in fresh.items() if key not in found}
        if page and not fresh and number > 1 and following is not None:
            raise unreadable(broker, f"{part}: page {number} shows nothing new, so the list cannot be trusted", "")
        found |= fresh
        if following is None or over(page):
            return Pages(list(found.values()), number)
        asked = following
    raise unreadable(broker, f"{part}: the list has no end", "")


def windows(since: datetime, until: datetime, longest: timedelta | None) -> Iterable[tuple[datetime, datetime]]:
    """(since, until] in pieces that the venue answers."""
    start = since
    while longest is not None and until - start > longest:
        yield start, start + longest
        start += longest
    yield start, until


def dig(content: object, path: str) -> object:
    """What dots lead to inside an answer, None where there is no such place; a number picks from a list."""
    for name in filter(None, path.split(".")):
        if isinstance(content, list) and name.isdecimal() and int(name) < len(content):
            content = content[int(name)]
        elif isinstance(content, dict):
            content = content.get(name)
        else:
            return None
    return content


def pick(content: object, paths: str) -> object:
    """What stands at the first of several places, `a|b.c`, that holds something."""
    return next((found for path in paths.split("|") if path and (found := dig(content, path))), None)


def rows_in(answer: object, path: str, part: str, *, keyed: bool = False) -> list[Row]:
    """The rows at a place of an answer; where they are keyed by id, each with its id inside. Raises Malformed."""
    content = dig(answer, path)
    if keyed and isinstance(content, dict):
        content = [{"id": key, **value} for key, value in content.items() if isinstance(value, dict)]
    elif keyed:
        content = None
    if not isinstance(content, list) or not all(isinstance(item, dict) for item in content):
        raise Malformed(f"{part}: a list was expected at `{path or 'the top'}`, got {type(content).__name__}")
    return [Row(item, f"{part} row {number}") for number, item in enumerate(content, start=1)]


def _key(row: Row, fields: tuple[str, ...], place: int) -> object:
    return tuple(str(row.values.get(name)) for name in fields) if fields else place
