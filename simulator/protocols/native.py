"""The paper broker's own protocol: JSON over HTTP on loopback, for every asset class the simulator knows.

Each request carries `X-Key-Id` and `X-Key-Secret`. Numbers are text, times RFC 3339 in UTC. A list answer is

    {"items": [...], "count": 312, "next": "200", "revision": 88, "as_of": "2026-01-14T21:30:00Z"}

`count` is the number of rows on all pages; `next` is the cursor of the page after, null on the last one (a full page
always names one); `revision` grows with every change of the account. A refusal is {"code": "...", "message": "..."}.
Executions and activities are found by the time at which the broker first showed them, for a record may come late.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal

from simulator.account import QUIET, SimulatedAccount
from simulator.hours import is_open, next_close, next_open
from simulator.kept import Kept
from simulator.protocols.http_face import HttpFace
from simulator.protocols.native_orders import instructed, instructions, order_from, order_of_account
from simulator.protocols.native_rows import (
    Row,
    activity_row,
    balance_row,
    execution_row,
    instrument_row,
    position_row,
    rfc3339,
)
from simulator.protocols.wire import FaceAnswer, FaceRequest, answered, from_json
from simulator.venue import SimulatedVenue
from tieout.errors import (
    BrokerError,
    DataError,
    DuplicateOrder,
    InsufficientFunds,
    InvalidOrder,
    MarketClosed,
    NotFound,
    NotTradable,
    Unauthorised,
)
from tieout.orders import OrderReport
from tieout.records import Activity, Execution

PAGE = 100
_CODES: dict[type[BrokerError], tuple[int, str]] = {
    Unauthorised: (401, "unauthorised"),
    InsufficientFunds: (403, "insufficient_funds"),
    NotFound: (404, "order_not_found"),
    DuplicateOrder: (409, "duplicate_order"),
    InvalidOrder: (422, "invalid_order"),
    NotTradable: (422, "not_tradable"),
    MarketClosed: (422, "market_closed"),
}

Endpoint = Callable[[SimulatedVenue, SimulatedAccount, FaceRequest], FaceAnswer]


class NativeFace(HttpFace):
    """Speaks for every account of the venue whose key a request carries."""

    def __init__(self, venue: SimulatedVenue, port: int = 0) -> None:
        super().__init__(port)
        self.venue = venue

    def answer(self, request: FaceRequest) -> FaceAnswer:
        with self.venue.lock:
            try:
                key, secret = request.headers.get("x-key-id", ""), request.headers.get("x-key-secret", "")
                account = self.venue.authenticate(key, secret)
                return self._with_rights(key, secret, request, _routed(self.venue, account, request))
            except BrokerError as error:
                status, code = _CODES.get(type(error), (400, "rejected"))
                return _refused(status, code, error.reason)
            except (ValueError, KeyError, DataError) as error:
                return _refused(400, "bad_request", str(error))

    def _with_rights(self, key: str, secret: str, request: FaceRequest, answer: FaceAnswer) -> FaceAnswer:
        """The account's answer also says what this key may do, and from where."""
        found = self.venue.keys.find(key, secret)
        if request.path != "/v1/account" or found is None:
            return answer
        rights: Row = {"permissions": list(found.rights), "ip_allow_list": list(found.ip_allow_list)}
        body = from_json(answer.body)
        return answer.with_json(body | rights) if isinstance(body, dict) else answer


def _refused(status: int, code: str, message: str) -> FaceAnswer:
    return answered({"code": code, "message": message}, status)


def _routed(venue: SimulatedVenue, account: SimulatedAccount, request: FaceRequest) -> FaceAnswer:
    endpoint = _ENDPOINTS.get((request.method, request.path))
    if endpoint is not None:
        return endpoint(venue, account, request)
    if request.path.startswith(_ORDER) and request.method in _ORDER_VERBS:
        return answered(order_of_account(account, _ORDER_VERBS[request.method](venue, account, request)))
    return _refused(404, "no_such_endpoint", f"{request.method} {request.path} is not spoken here")


def _account(venue: SimulatedVenue, account: SimulatedAccount, request: FaceRequest) -> FaceAnswer:
    header: Row = {
        "account_number": account.account_number,
        "mode": account.mode.value,
        "base_currency": account.base_currency,
        "cash_basis": account.cash_basis.value,
        "trading_blocked": False,
    }
    return answered(header | _listed(venue, account, request, [balance_row(one) for one in account.balances()]))


def _positions(venue: SimulatedVenue, account: SimulatedAccount, request: FaceRequest) -> FaceAnswer:
    return _page(venue, account, request, [position_row(position) for position in account.positions()])


def _orders(venue: SimulatedVenue, account: SimulatedAccount, request: FaceRequest) -> FaceAnswer:
    orders = tuple(one.report() for one in account.shown)
    if request.query.get("scope") == "open":
        orders = tuple(order for order in orders if any(one.state.is_live for one in (order, *order.legs)))
    since, until = _window(request)
    within = [o for o in orders if o.submitted_at is not None and _inside(o.submitted_at, since, until)]
    return _page(venue, account, request, [order_of_account(account, order) for order in within])


def _executions(venue: SimulatedVenue, account: SimulatedAccount, request: FaceRequest) -> FaceAnswer:
    shown: Sequence[Kept[Execution]] = account.books.executions.shown(venue.clock.now)
    since, until = _window(request)
    rows = [execution_row(kept) for kept in shown if _inside(kept.visible_at, since, until)]
    return _page(venue, account, request, rows)


def _activities(venue: SimulatedVenue, account: SimulatedAccount, request: FaceRequest) -> FaceAnswer:
    shown: Sequence[Kept[Activity]] = account.books.activities.shown(venue.clock.now)
    since, until = _window(request)
    rows = [activity_row(kept) for kept in shown if _inside(kept.visible_at, since, until)]
    return _page(venue, account, request, rows)


def _updates(venue: SimulatedVenue, account: SimulatedAccount, request: FaceRequest) -> FaceAnswer:
    now = venue.clock.now
    rows = [
        order_of_account(account, told.report) | {"update": str(number)}
        for number, told in enumerate(account.desk.updates)
        if told.change not in QUIET and told.shown_at is not None and told.shown_at <= now
    ]
    return _page(venue, account, request, rows)


def _page(venue: SimulatedVenue, account: SimulatedAccount, request: FaceRequest, rows: list[Row]) -> FaceAnswer:
    return answered(_listed(venue, account, request, rows))


def _listed(venue: SimulatedVenue, account: SimulatedAccount, request: FaceRequest, rows: list[Row]) -> Row:
    start = int(request.query.get("cursor", "0"))
    items = rows[start : start + PAGE]
    return {
        "items": items,
        "count": len(rows),
        "next": str(start + PAGE) if len(items) == PAGE else None,
        "revision": account.revision,
        "as_of": rfc3339(venue.clock.now),
    }


def _submit(_: SimulatedVenue, account: SimulatedAccount, request: FaceRequest) -> FaceAnswer:
    return answered(order_of_account(account, account.submit(order_from(_body(request), account.listed))))


def _instruct(_: SimulatedVenue, account: SimulatedAccount, request: FaceRequest) -> FaceAnswer:
    return answered(instructed(account, _body(request)))


def _instructions(venue: SimulatedVenue, account: SimulatedAccount, request: FaceRequest) -> FaceAnswer:
    return _page(venue, account, request, instructions(account))


def _order(venue: SimulatedVenue, account: SimulatedAccount, request: FaceRequest) -> OrderReport:
    working = account.desk.find(_client_id(request))
    if working is None or working.shown_from > venue.clock.now:
        raise NotFound("simulator", f"there is no order {_client_id(request)}")
    return working.report()


def _replace(_: SimulatedVenue, account: SimulatedAccount, request: FaceRequest) -> OrderReport:
    return account.replace(_client_id(request), order_from(_body(request), account.listed))


def _cancel(_: SimulatedVenue, account: SimulatedAccount, request: FaceRequest) -> OrderReport:
    return account.cancel(_client_id(request))


def _client_id(request: FaceRequest) -> str:
    return request.path.removeprefix(_ORDER)


def _quote(venue: SimulatedVenue, _: SimulatedAccount, request: FaceRequest) -> FaceAnswer:
    symbol = request.query["symbol"]
    quote = venue.market.quote(symbol, venue.clock.now)
    return answered(
        {
            "symbol": symbol,
            "bid": f"{quote.bid:f}" if quote.bid else None,
            "ask": f"{quote.ask:f}",
            "quoted_at": rfc3339(venue.market.quoted_at(symbol, venue.clock.now)),
            **{name: f"{price:f}" for name, price in _day(venue, symbol).items()},
        }
    )


def _day(venue: SimulatedVenue, symbol: str) -> dict[str, Decimal]:
    day = venue.market.day(symbol, venue.clock.now)
    return {"last": day.last, "day_low": day.low, "day_high": day.high, "vwap": day.mean} if day else {}


def _instrument(venue: SimulatedVenue, _: SimulatedAccount, request: FaceRequest) -> FaceAnswer:
    listing = venue.market.listing(request.query["symbol"])
    return answered(
        instrument_row(listing.instrument)
        | {
            "tradable": listing.tradable,
            "fractionable": listing.fractionable,
            "shortable": listing.shortable,
        }
    )


def _clock(venue: SimulatedVenue, _: SimulatedAccount, __: FaceRequest) -> FaceAnswer:
    now, sessions = venue.clock.now, venue.sessions
    return answered(
        {
            "now": rfc3339(now),
            "is_open": is_open(sessions, now),
            "next_open": rfc3339(next_open(sessions, now)),
            "next_close": rfc3339(next_close(sessions, now)),
        }
    )


def _sessions(venue: SimulatedVenue, account: SimulatedAccount, request: FaceRequest) -> FaceAnswer:
    start, end = date.fromisoformat(request.query["start"]), date.fromisoformat(request.query["end"])
    rows: list[Row] = []
    day = start if venue.sessions.is_session(start) else venue.sessions.next(start)
    while day <= end:
        opens, closes = venue.sessions.opens_at(day), venue.sessions.closes_at(day)
        rows.append({"date": day.isoformat(), "opens_at": rfc3339(opens), "closes_at": rfc3339(closes)})
        day = venue.sessions.next(day)
    return _page(venue, account, request, rows)


def _window(request: FaceRequest) -> tuple[datetime | None, datetime | None]:
    since, until = request.query.get("since"), request.query.get("until")
    return (
        datetime.fromisoformat(since) if since else None,
        datetime.fromisoformat(until) if until else None,
    )


def _inside(moment: datetime, since: datetime | None, until: datetime | None) -> bool:
    return (since is None or since < moment) and (until is None or moment <= until)


def _body(request: FaceRequest) -> Row:
    body = request.json()
    if not isinstance(body, dict):
        raise ValueError("an object was expected")
    return body


_ORDER = "/v1/orders/"
_ORDER_VERBS: dict[str, Callable[[SimulatedVenue, SimulatedAccount, FaceRequest], OrderReport]] = {
    "GET": _order,
    "PATCH": _replace,
    "DELETE": _cancel,
}
_ENDPOINTS: dict[tuple[str, str], Endpoint] = {
    ("GET", "/v1/account"): _account,
    ("GET", "/v1/positions"): _positions,
    ("GET", "/v1/orders"): _orders,
    ("POST", "/v1/orders"): _submit,
    ("POST", "/v1/instructions"): _instruct,
    ("GET", "/v1/instructions"): _instructions,
    ("GET", "/v1/executions"): _executions,
    ("GET", "/v1/activities"): _activities,
    ("GET", "/v1/order-updates"): _updates,
    ("GET", "/v1/quote"): _quote,
    ("GET", "/v1/instrument"): _instrument,
    ("GET", "/v1/clock"): _clock,
    ("GET", "/v1/sessions"): _sessions,
}
