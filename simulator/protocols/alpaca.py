"""Alpaca's trading API on loopback, over the simulated accounts of a venue.

Sources: the vendor's API reference and recorded answers. Defaults, sorts, limits and error bodies are the venue's;
what the simulated world has no notion of (notional orders) is refused in the venue's way.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time

from simulator.account import SimulatedAccount
from simulator.exercise import Choice
from simulator.protocols import alpaca_contracts as contracts
from simulator.protocols import alpaca_orders as orders
from simulator.protocols import alpaca_reference as reference
from simulator.protocols.alpaca_lists import Dated, Refused, page_of_activities, page_of_orders
from simulator.protocols.alpaca_order_rows import order_row
from simulator.protocols.alpaca_rows import (
    Row,
    account_row,
    activity_rows,
    fee_rows,
    fill_row,
    position_row,
)
from simulator.protocols.alpaca_stream import TradeUpdates
from simulator.protocols.http_face import HttpFace
from simulator.protocols.limits import RequestLimit
from simulator.protocols.wire import FaceAnswer, FaceRequest, answered
from simulator.venue import SimulatedVenue
from tieout.errors import Unauthorised

_SIGNED = ("apca-api-key-id", "apca-api-secret-key")
_UNAUTHORISED: Row = {"code": 40110000, "message": "access key verification failed : verification failure"}
_TOO_MANY: Row = {"code": 42910000, "message": "too many requests."}
_DATA = ("/v2/stocks/", "/v1beta1/", "/v1beta3/")
_NO_ENDPOINT: Row = {"code": 40410000, "message": "endpoint not found"}

Handler = Callable[[SimulatedVenue, SimulatedAccount, FaceRequest, str], FaceAnswer]


class AlpacaFace(HttpFace):
    """Speaks for every account of the venue whose key a request carries.

    limit    requests that an account has; None for as many as it likes, and no word about them
    """

    def __init__(self, venue: SimulatedVenue, port: int = 0, limit: RequestLimit | None = None) -> None:
        super().__init__(port)
        self.venue = venue
        self.limit = limit
        self.stream = TradeUpdates(venue)

    def converse(self, request: FaceRequest, connection: socket.socket) -> None:
        """The stream of trade updates, on the path the venue has it."""
        self.stream.converse(request, connection, self.is_stopping)

    def answer(self, request: FaceRequest) -> FaceAnswer:
        with self.venue.lock:
            try:
                account = _signed_by(self.venue, request)
            except Unauthorised:
                return answered(_UNAUTHORISED, 401)
            return self._within_limit(account, request)

    def _within_limit(self, account: SimulatedAccount, request: FaceRequest) -> FaceAnswer:
        """The trading host and the data host count for themselves."""
        if self.limit is None:
            return self._routed(account, request)
        caller = f"{account.account_number} {'data' if request.path.startswith(_DATA) else 'trading'}"
        taken = self.limit.take(caller)
        answer = self._routed(account, request) if taken else answered(_TOO_MANY, 429)
        return replace(answer, headers={**answer.headers, **self.limit.headers(caller, refused=not taken)})

    def _routed(self, account: SimulatedAccount, request: FaceRequest) -> FaceAnswer:
        for method, pattern, handler in _ROUTES:
            if method == request.method and (match := pattern.fullmatch(request.path)):
                try:
                    return handler(self.venue, account, request, "".join(filter(None, match.groups())))
                except Refused as refusal:
                    return answered(refusal.body, refusal.status)
        return answered(_NO_ENDPOINT, 404)


def _signed_by(venue: SimulatedVenue, request: FaceRequest) -> SimulatedAccount:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme == "Bearer":
        return venue.authenticate_token(token)
    return venue.authenticate(*(request.headers.get(name, "") for name in _SIGNED))


def _account(_: SimulatedVenue, account: SimulatedAccount, __: FaceRequest, ___: str) -> FaceAnswer:
    base = next(b for b in account.balances() if b.currency == account.base_currency)
    return answered(account_row(account.account_number, base, account.positions()))


def _positions(_: SimulatedVenue, account: SimulatedAccount, __: FaceRequest, symbol: str) -> FaceAnswer:
    rows = [position_row(position) for position in account.positions()]
    if not symbol:
        return answered(rows)
    for row in rows:
        if symbol.replace("/", "") in (row["symbol"], row["asset_id"]):
            return answered(row)
    return answered({"code": 40410000, "message": "position does not exist"}, 404)


def _orders(_: SimulatedVenue, account: SimulatedAccount, request: FaceRequest, __: str) -> FaceAnswer:
    rows = [order_row(one.report(), account.desk.by_broker_id) for one in account.shown]
    return answered(page_of_orders(rows, request.query))


def _order(venue: SimulatedVenue, account: SimulatedAccount, request: FaceRequest, order_id: str) -> FaceAnswer:
    return answered(orders.shown(account, orders.find(account, order_id), venue.clock.now, request.query))


def _order_by_client_id(venue: SimulatedVenue, account: SimulatedAccount, request: FaceRequest, _: str) -> FaceAnswer:
    found = orders.find_by_client_id(account, request.query.get("client_order_id", ""))
    return answered(orders.shown(account, found, venue.clock.now, request.query))


def _create(_: SimulatedVenue, account: SimulatedAccount, request: FaceRequest, __: str) -> FaceAnswer:
    return answered(orders.create(account, _json(request)))


def _replace(_: SimulatedVenue, account: SimulatedAccount, request: FaceRequest, order_id: str) -> FaceAnswer:
    return answered(orders.replace(account, order_id, _json(request)))


def _cancel(_: SimulatedVenue, account: SimulatedAccount, __: FaceRequest, order_id: str) -> FaceAnswer:
    orders.cancel(account, order_id)
    return FaceAnswer(204)


def _cancel_all(_: SimulatedVenue, account: SimulatedAccount, __: FaceRequest, ___: str) -> FaceAnswer:
    return answered(orders.cancel_all(account), 207)


def _activities(venue: SimulatedVenue, account: SimulatedAccount, request: FaceRequest, kind: str) -> FaceAnswer:
    query = {**request.query, "activity_types": kind} if kind else request.query
    now = venue.clock.now
    dated: list[Dated] = []
    for execution in account.executions:
        dated += [Dated(execution.executed_at, fill_row(execution))]
        dated += [_by_date(row) for row in fee_rows(execution)]
    for kept in account.books.activities.shown(now):
        dated += [_by_date(row) for row in activity_rows(kept.record, kept.visible_at)]
    return answered(page_of_activities(dated, query))


def _by_date(row: Row) -> Dated:
    """A non-trade row has a date and no time: the venue filters and sorts it by that date's midnight."""
    return Dated(datetime.combine(date.fromisoformat(str(row["date"])), time.min, UTC), row)


def _clock(venue: SimulatedVenue, _: SimulatedAccount, __: FaceRequest, ___: str) -> FaceAnswer:
    return answered(reference.clock(venue))


def _calendar(venue: SimulatedVenue, _: SimulatedAccount, request: FaceRequest, __: str) -> FaceAnswer:
    return answered(reference.calendar(venue, request.query))


def _asset(venue: SimulatedVenue, _: SimulatedAccount, __: FaceRequest, symbol: str) -> FaceAnswer:
    return answered(reference.asset(venue, symbol))


def _contract(venue: SimulatedVenue, _: SimulatedAccount, __: FaceRequest, symbol: str) -> FaceAnswer:
    return answered(contracts.contract(venue, symbol))


def _exercise(venue: SimulatedVenue, account: SimulatedAccount, _: FaceRequest, symbol: str) -> FaceAnswer:
    contracts.instruct(venue, account, symbol, Choice.EXERCISE)
    return FaceAnswer(200)


def _do_not_exercise(venue: SimulatedVenue, account: SimulatedAccount, _: FaceRequest, symbol: str) -> FaceAnswer:
    contracts.instruct(venue, account, symbol, Choice.DO_NOT_EXERCISE)
    return FaceAnswer(200)


def _quotes(venue: SimulatedVenue, _: SimulatedAccount, request: FaceRequest, __: str) -> FaceAnswer:
    return answered(reference.quotes(venue, request.query))


def _stock_snapshots(venue: SimulatedVenue, _: SimulatedAccount, request: FaceRequest, __: str) -> FaceAnswer:
    return answered(reference.snapshots(venue, request.query))


def _bars(venue: SimulatedVenue, _: SimulatedAccount, request: FaceRequest, __: str) -> FaceAnswer:
    return answered(reference.bars(venue, request.query))


def _coin_snapshots(venue: SimulatedVenue, _: SimulatedAccount, request: FaceRequest, __: str) -> FaceAnswer:
    return answered({"snapshots": reference.snapshots(venue, request.query)})


def _json(request: FaceRequest) -> object:
    try:
        return request.json()
    except ValueError:
        raise Refused(400, 40010000, "request body format is invalid") from None


_ROUTES: tuple[tuple[str, re.Pattern[str], Handler], ...] = tuple(
    (method, re.compile(pattern), handler)
    for method, pattern, handler in (
        ("GET", "/v2/account", _account),
        ("GET", "/v2/account/activities(?:/([A-Z]+))?", _activities),
        ("GET", "/v2/positions(?:/(.+))?", _positions),
        ("POST", "/v2/positions/([^/]+)/exercise", _exercise),
        ("POST", "/v2/positions/([^/]+)/do-not-exercise", _do_not_exercise),
        ("GET", "/v2/orders", _orders),
        ("GET", "/v2/orders/([^/]+)", _order),
        ("GET", "/v2/orders:by_client_order_id", _order_by_client_id),
        ("POST", "/v2/orders", _create),
        ("PATCH", "/v2/orders/([^/]+)", _replace),
        ("DELETE", "/v2/orders/([^/]+)", _cancel),
        ("DELETE", "/v2/orders", _cancel_all),
        ("GET", "/v2/clock", _clock),
        ("GET", "/v2/calendar", _calendar),
        ("GET", "/v2/assets/(.+)", _asset),
        ("GET", "/v2/options/contracts/([^/]+)", _contract),
        ("GET", "/v2/stocks/quotes/latest", _quotes),
        ("GET", "/v1beta1/options/quotes/latest", _quotes),
        ("GET", "/v1beta3/crypto/us/latest/quotes", _quotes),
        ("GET", "/v2/stocks/snapshots", _stock_snapshots),
        ("GET", "/v1beta3/crypto/us/snapshots", _coin_snapshots),
        ("GET", "/v2/stocks/bars", _bars),
        ("GET", "/v1beta1/options/bars", _bars),
        ("GET", "/v1beta3/crypto/us/bars", _bars),
    )
)
