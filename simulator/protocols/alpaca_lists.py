"""How Alpaca sorts, filters and pages its lists. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from simulator.protocols.alpaca_rows import Row

ORDERS_DEFAULT, ORDERS_MOST = 50, 500
ACTIVITIES_MOST = 100
_CLOSED = frozenset({"filled", "canceled", "expired", "rejected", "replaced", "done_for_day"})
_DIRECTIONS = frozenset({"asc", "desc"})
TRADE = "FILL"
_EVER = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


class Refused(Exception):
    """An answer of 4xx with the venue's code and words."""

    def __init__(self, status: int, code: int, message: str, **more: object) -> None:
        super().__init__(message)
        self.status = status
        self.body: Row = {"code": code, "message": message, **more}


def invalid(message: str) -> Refused:
    """422 under the general validation code."""
    return Refused(422, 40010001, message)


@dataclass(frozen=True, slots=True)
class Dated:
    """A row with the moment it sorts and filters by, UTC."""

    at: datetime
    row: Row


def page_of_orders(orders: Sequence[Row], query: Mapping[str, str]) -> list[Row]:
    """GET /v2/orders: open ones by default, newest first, 50 of them; `after` and `until` are exclusive.

    With `nested` an exit or leg is shown inside its parent; an exit whose parent is not asked for stands by itself.
    """
    status = _one_of(query, "status", ("open", "closed", "all"))
    limit = _count(query, "limit", ORDERS_DEFAULT, ORDERS_MOST)
    after, until = _window(query)

    def wanted(row: Row) -> bool:
        if status != "all" and (row["status"] in _CLOSED) != (status == "closed"):
            return False
        if "symbols" in query and not _symbols(row) & set(query["symbols"].split(",")):
            return False
        return after < moment(str(row["submitted_at"])) < until

    nested = query.get("nested") == "true"
    rows = [found for row in orders for found in (_rolled_up(row, wanted) if nested else _flat(row, wanted))]
    dated = [Dated(moment(str(row["submitted_at"])), row) for row in rows]
    return [d.row for d in _sorted(dated, query)][:limit]


def page_of_activities(rows: Sequence[Dated], query: Mapping[str, str]) -> list[Row]:
    """GET /v2/account/activities: newest first by default, at most 100, `page_token` is the last id seen."""
    size = _count(query, "page_size", ACTIVITIES_MOST, ACTIVITIES_MOST)
    wanted = set(query["activity_types"].split(",")) if "activity_types" in query else None
    if wanted is not None and "category" in query:
        raise invalid("only one of activity_types and category may be given")
    kept = [d for d in rows if wanted is None or d.row["activity_type"] in wanted]
    if "category" in query:
        trades = _one_of(query, "category", ("trade_activity", "non_trade_activity")) == "trade_activity"
        kept = [d for d in kept if (d.row["activity_type"] == TRADE) == trades]
    after, until = _window(query)
    kept = [d for d in kept if after < d.at <= until]
    ordered = [d.row for d in _sorted(kept, query)]
    return _after_token(ordered, query.get("page_token"))[:size]


def moment(text: str) -> datetime:
    """A time or a date of a query as UTC. Raises Refused."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise invalid(f"invalid time {text}") from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _window(query: Mapping[str, str]) -> tuple[datetime, datetime]:
    after, until = query.get("after"), query.get("until")
    return moment(after) if after else _EVER[0], moment(until) if until else _EVER[1]


def _after_token(rows: list[Row], token: str | None) -> list[Row]:
    if not token:
        return rows
    places = [number for number, row in enumerate(rows, start=1) if row["id"] == token]
    if not places:
        raise invalid(f"invalid page_token {token}")
    return rows[places[-1] :]


def _sorted(rows: list[Dated], query: Mapping[str, str]) -> list[Dated]:
    direction = query.get("direction", "desc")
    if direction not in _DIRECTIONS:
        raise invalid(f"invalid direction {direction}")
    return sorted(rows, key=lambda d: (d.at, str(d.row["id"])), reverse=direction == "desc")


def _rolled_up(row: Row, wanted: Callable[[Row], bool]) -> list[Row]:
    return [row] if wanted(row) else [leg for leg in _legs(row) if leg["order_class"] != "mleg" and wanted(leg)]


def _flat(row: Row, wanted: Callable[[Row], bool]) -> list[Row]:
    return [{**one, "legs": None} for one in (row, *_legs(row)) if wanted(one)]


def _legs(row: Row) -> list[Row]:
    legs = row["legs"]
    return legs if isinstance(legs, list) else []


def _symbols(row: Row) -> set[object]:
    return {row["symbol"], *(leg["symbol"] for leg in _legs(row) if not row["symbol"])}


def _count(query: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = query.get(name, str(default))
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise invalid(f"{name} must be between 1 and {most}")
    return int(text)


def _one_of(query: Mapping[str, str], name: str, known: tuple[str, ...]) -> str:
    value = query.get(name, known[0])
    if value not in known:
        raise invalid(f"invalid {name} {value}")
    return value
