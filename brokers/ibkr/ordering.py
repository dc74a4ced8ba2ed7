"""The order side: told once with our id as its reference, looked up in all three places, never guessed at."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from brokers.base import Capabilities
from brokers.http.errors import unreadable
from brokers.http.fields import Row
from brokers.http.kinds import require_supported
from brokers.ibkr.codes import BROKER, CODES, Kind, code_of, error_of
from brokers.ibkr.parse.executions import fills_of
from brokers.ibkr.parse.orders import INACTIVE, PENDING_CANCEL, client_id, order_report
from brokers.ibkr.reading import fetch_open_orders
from brokers.ibkr.reference import Contracts
from brokers.ibkr.rows import completed_row, execution_row, order_row
from brokers.ibkr.rules import against
from brokers.ibkr.sdk import ibi
from brokers.ibkr.session import Session
from tieout.errors import Ambiguous, BrokerError, InvalidOrder, Malformed, NotFound, Rejected
from tieout.ids import ClientOrderId
from tieout.money import ZERO, plain, rounded
from tieout.orders import Order, OrderReport, OrderType, Side, TimeInForce

_PLACES = 3  # open orders, completed orders, executions
_NOT_YET = frozenset({"", "PendingSubmit", "ApiPending", "ValidationError"})
_WORD_OF_REFUSAL_S = 1.0  # an Inactive order's reason comes beside it, or never
_TYPES = {
    OrderType.MARKET: "MKT",
    OrderType.LIMIT: "LMT",
    OrderType.STOP: "STP",
    OrderType.STOP_LIMIT: "STP LMT",
    OrderType.TRAILING_STOP: "TRAIL",
}
_TIMES = {TimeInForce.OPEN: "OPG", TimeInForce.CLOSE: "DAY"}
_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Traces:
    """Everything TWS shows of the account's orders today, each part read to its end, in this sequence.

    An order that ends while they are read is in the second part at the latest.
    """

    open: list[Row]
    completed: list[Row]
    executions: list[Row]

    def of(self, client_order_id: ClientOrderId) -> Traces:
        """Those of one order."""
        ours = [[row for row in rows if client_id(row) == client_order_id] for rows in (self.open, self.completed)]
        return Traces(ours[0], ours[1], [row for row in self.executions if client_id(row) == client_order_id])


@dataclass(frozen=True, slots=True)
class Desk:
    """What the order side works with.

    account    the account's number, known once there is a connection
    ended      when and how completed orders ended, by permanent number
    as_client  a session under another client id, for orders that another process of ours placed
    """

    session: Session
    contracts: Contracts
    account: Callable[[], str]
    ended: dict[int, tuple[str, str]]
    as_client: Callable[[int], Session]

    def traces(self) -> Traces:
        """Raises a leaf of Unavailable where one part has no end: half a look is no look."""
        number = self.account()

        async def asked(ib: Any) -> Traces:
            open_rows = await fetch_open_orders(ib, number)
            completed = [one for one in await ib.reqCompletedOrdersAsync(False) if one.order.account == number]
            await ib.reqExecutionsAsync()
            fills = [execution_row(one) for one in ib.fills() if one.execution.acctNumber == number]
            rows = [completed_row(one, self.ended.get(one.order.permId, ("", ""))) for one in completed]
            return Traces(open_rows, rows, fills)

        return self.session.ask("order", asked, bounds=_PLACES)


def fetch_order(desk: Desk, client_order_id: ClientOrderId) -> OrderReport | None:
    """The order under our id; None only when all three places were read to their end and none of them has it.

    raises   Unreadable where it traded and neither list shows it, or where several orders carry the id
    """
    found = desk.traces().of(client_order_id)
    reports = _reports(desk, found)
    if len(reports) > 1:
        numbers = ", ".join(one.broker_order_id for one in reports)
        raise unreadable(BROKER, f"orders {numbers} carry the same reference {client_order_id}", numbers)
    if not reports and found.executions:
        raise unreadable(BROKER, f"{client_order_id} traded, and neither list of orders shows it", client_order_id)
    return reports[0] if reports else None


def fetch_orders(desk: Desk, since: datetime) -> tuple[OrderReport, ...]:
    """Orders of every state that TWS lists: those of its present day. It does not say when they were submitted.

    Left out is what ended at or before `since`, and so was submitted before it.
    """
    reports = _reports(desk, desk.traces())
    return tuple(one for one in reports if one.updated_at is None or one.updated_at > since)


def submit(desk: Desk, order: Order, capabilities: Capabilities) -> OrderReport:
    """Send the order once.

    raises   Unsupported before anything is sent; leaves of Rejected; Unavailable where nothing was sent; Ambiguous
             where no acknowledgement came, or a code that nobody knows
    """
    require_supported(order, capabilities, *against(order))
    number, contract = desk.account(), _contract(desk, order)
    request = _request(order, number)
    patience = min(_WORD_OF_REFUSAL_S, desk.session.timeout_s / 2)
    about = order.client_order_id
    row = desk.session.tell("order", lambda ib: _place(ib, contract, request, patience), about=about)
    return _answered(row, desk, order.client_order_id)


def cancel(desk: Desk, client_order_id: ClientOrderId) -> OrderReport:
    """Ask for the cancel, and say how the order stands after it.

    raises   NotFound, Rejected where it can no longer be cancelled, Ambiguous where the answer was lost
    """
    known = desk.traces().of(client_order_id)
    if not known.open:
        _refuse(known, client_order_id)
    (row, *others) = known.open
    if others:
        raise InvalidOrder(
            BROKER, f"{len(known.open)} orders carry the reference {client_order_id}: cancel them in TWS"
        )
    _tell_owner(desk, row, client_order_id)
    report = order_report(row, desk.contracts.named)
    try:
        return fetch_order(desk, client_order_id) or report
    except BrokerError:
        return replace(report, venue_status=PENDING_CANCEL)  # asked for, and its effect not seen


def _refuse(known: Traces, client_order_id: ClientOrderId) -> None:
    if known.completed or known.executions:
        raise InvalidOrder(BROKER, f"order {client_order_id} is over already", code="161")
    raise NotFound(BROKER, f"no order under {client_order_id}", code="10147")


def _tell_owner(desk: Desk, row: Row, about: ClientOrderId) -> None:
    """Cancel under the client id that placed the order: TWS takes a cancel from nobody else."""
    order_id, owner = int(row.text("orderId")), int(row.text("clientId"))
    if order_id <= 0:
        raise Rejected(BROKER, "the order was placed by hand in TWS, and can only be cancelled there")
    if owner == desk.session.client_id:
        desk.session.tell("cancel", lambda ib: _cancelled(ib, order_id), about=about)
        return
    session = desk.as_client(owner)
    try:
        session.tell("cancel", lambda ib: _cancelled(ib, order_id), about=about)
    finally:
        session.close()


def _reports(desk: Desk, traces: Traces) -> list[OrderReport]:
    """One report for each order; what is over is over, though it stood among the open ones a moment before."""
    found: dict[str, OrderReport] = {}
    try:
        for row in traces.open:
            report = order_report(row, desk.contracts.named)
            found[report.broker_order_id] = report
        for row in traces.completed:
            report = order_report(row, desk.contracts.named, completed=True)
            found[report.broker_order_id] = _with_average(report, traces.executions)
    except Malformed as error:
        raise unreadable(BROKER, str(error), error.received) from error
    return list(found.values())


def _with_average(report: OrderReport, executions: Iterable[Row]) -> OrderReport:
    """The list of completed orders states no price: it is that of the order's trades, where all of them are shown."""
    if report.legs or not report.filled_quantity:
        return report
    fills = [one for one in fills_of(executions) if one.broker_order_id == report.broker_order_id]
    units = sum((one.quantity for one in fills), ZERO)
    if units != report.filled_quantity:
        return report
    value = sum((one.quantity * one.price for one in fills), ZERO)
    return replace(report, average_fill_price=rounded(value / units))


def _answered(row: Row, desk: Desk, client_order_id: ClientOrderId) -> OrderReport:
    try:
        report = order_report(row, desk.contracts.named)
    except (Malformed, BrokerError) as error:
        raise Ambiguous(BROKER, f"unreadable answer to an order: {error}") from error
    if report.client_order_id != client_order_id:
        raise Ambiguous(BROKER, f"the answer is about order {report.client_order_id}, not {client_order_id}")
    return report


# In the loop's thread


async def _place(ib: Any, contract: Any, request: Any, patience_s: float) -> Row:
    """Until TWS has numbered the order and says how it stands, or refuses it.

    patience_s   how long the reason of an Inactive order is waited for
    """
    changed, refusal = asyncio.Event(), _Refusal()

    def heard(number: int, code: int, text: str, *_: object) -> None:
        if number == request.orderId:
            refusal.hear(code, text)
            changed.set()

    def moved(_: Any) -> None:
        changed.set()

    ib.errorEvent += heard
    ib.orderStatusEvent += moved
    ib.openOrderEvent += moved
    try:
        request.orderId = ib.client.getReqId()
        trade = ib.placeOrder(contract, request)
        while not _acknowledged(trade) and refusal.error is None:
            await changed.wait()
            changed.clear()
        if trade.orderStatus.status == INACTIVE and refusal.error is None:
            await _a_moment(changed, patience_s)
        if refusal.error is not None:
            raise refusal.error
        return order_row(trade)
    finally:
        ib.errorEvent -= heard
        ib.orderStatusEvent -= moved
        ib.openOrderEvent -= moved


async def _cancelled(ib: Any, order_id: int) -> None:
    """Until TWS says that it is cancelled, or that it cannot be."""
    key = (ib.client.clientId, order_id)
    trade = ib.wrapper.trades.get(key)
    if trade is None:  # placed by an earlier connection under this number
        await ib.reqOpenOrdersAsync()
        trade = ib.wrapper.trades.get(key)
    if trade is None:
        raise InvalidOrder(BROKER, f"order number {order_id} is over already", code="10147")
    changed, refusal = asyncio.Event(), _Refusal()

    def heard(number: int, code: int, text: str, *_: object) -> None:
        if number == order_id:
            refusal.hear(code, text)
            changed.set()

    def moved(_: Any) -> None:
        changed.set()

    ib.errorEvent += heard
    ib.orderStatusEvent += moved
    try:
        ib.cancelOrder(trade.order)
        while refusal.error is None and not refusal.cancelled and not trade.isDone():
            changed.clear()
            await changed.wait()
        if refusal.error is not None and not refusal.cancelled:
            raise refusal.error
    finally:
        ib.errorEvent -= heard
        ib.orderStatusEvent -= moved


async def _a_moment(changed: asyncio.Event, patience_s: float) -> None:
    changed.clear()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(changed.wait(), patience_s)


class _Refusal:
    """What was said about one order while it was told."""

    def __init__(self) -> None:
        self.error: BrokerError | None = None
        self.cancelled = False

    def hear(self, code: int, text: str) -> None:
        """Note what a message means for the order; the first refusal counts."""
        kind = code_of(code).kind
        self.cancelled = self.cancelled or kind is Kind.CANCELLED
        if kind in (Kind.INFORMATION, Kind.WARNING, Kind.CANCELLED) or self.error is not None:
            return
        error = error_of(code, text)
        known = code in CODES and (isinstance(error, Rejected) or kind is Kind.PACING)
        # what nobody knows is no proof: the library calls the order cancelled, and IB may well hold it
        self.error = error if known else Ambiguous(BROKER, text, code=str(code))


def _acknowledged(trade: Any) -> bool:
    numbered = trade.order.permId or trade.orderStatus.permId
    return bool(numbered) and trade.orderStatus.status not in _NOT_YET


def _request(order: Order, account: str) -> Any:
    """The library's order, numbers as text: every digit leaves as it was decided."""
    kind = _TYPES[order.order_type]
    if order.time_in_force is TimeInForce.CLOSE:
        kind = "LOC" if order.order_type is OrderType.LIMIT else "MOC"
    request = ibi.Order(
        action="BUY" if order.legs or order.side is Side.BUY else "SELL",
        totalQuantity=plain(order.quantity),
        orderType=kind,
        tif=_TIMES.get(order.time_in_force, order.time_in_force.value.upper()),
        orderRef=order.client_order_id,
        account=account,
        outsideRth=order.extended_hours,
        transmit=True,
    )
    if order.limit_price is not None:
        request.lmtPrice = plain(order.limit_price)
    if (aux := order.stop_price if order.stop_price is not None else order.trail_amount) is not None:
        request.auxPrice = plain(aux)
    if order.trail_percent is not None:
        request.trailingPercent = plain(order.trail_percent * _HUNDRED)
    return request


def _contract(desk: Desk, order: Order) -> Any:
    if not order.legs:
        return desk.contracts.details(order.instrument).contract
    legs = [
        ibi.ComboLeg(
            conId=desk.contracts.details(leg.instrument).contract.conId,
            ratio=leg.ratio,
            action="BUY" if leg.side is Side.BUY else "SELL",
            exchange="SMART",
        )
        for leg in order.legs
    ]
    symbol = order.instrument.symbol.replace(".", " ")
    return ibi.Contract(
        secType="BAG", symbol=symbol, currency=order.instrument.currency, exchange="SMART", comboLegs=legs
    )
