"""Orders as TWS reports them.

| status                                          | ours                                                          |
| ----------------------------------------------- | ------------------------------------------------------------- |
| PendingSubmit, ApiPending, PreSubmitted         | working, partially filled where something traded              |
| Submitted, PendingCancel, ApiUpdate             | the same                                                      |
| ValidationError (the library's own)             | the same: a warning came, the order lives                     |
| Filled                                          | filled                                                        |
| Cancelled, ApiCancelled                         | cancelled; expired where the completed order says so          |
| Inactive, among open orders                     | working, with its own word beside it: it may trade again      |
| Inactive, among completed orders                | rejected                                                      |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from brokers.http.fields import Row
from brokers.http.unmapped import Unmapped
from brokers.ibkr.parse.symbols import BAG, instrument_of
from tieout.errors import Malformed
from tieout.ids import BrokerOrderId, ClientOrderId
from tieout.instruments import Instrument
from tieout.money import ZERO
from tieout.orders import OrderReport, OrderState, OrderType, Side, TimeInForce

MemberT = TypeVar("MemberT", bound=StrEnum)

INACTIVE = "Inactive"
PENDING_CANCEL = "PendingCancel"
LIVE = frozenset(
    {"PendingSubmit", "ApiPending", "PreSubmitted", "Submitted", "ApiUpdate", "ValidationError", PENDING_CANCEL}
)
ENDED = {
    "Filled": OrderState.FILLED,
    "Cancelled": OrderState.CANCELLED,
    "ApiCancelled": OrderState.CANCELLED,
}
TYPES = {
    "MKT": OrderType.MARKET,
    "LMT": OrderType.LIMIT,
    "STP": OrderType.STOP,
    "STP LMT": OrderType.STOP_LIMIT,
    "TRAIL": OrderType.TRAILING_STOP,
    "MOC": OrderType.MARKET,
    "LOC": OrderType.LIMIT,
}
AT_CLOSE = frozenset({"MOC", "LOC"})
TIMES = {
    "DAY": TimeInForce.DAY,
    "GTC": TimeInForce.GTC,
    "IOC": TimeInForce.IOC,
    "FOK": TimeInForce.FOK,
    "OPG": TimeInForce.OPEN,
}
SIDES = {"BUY": Side.BUY, "SELL": Side.SELL, "SSHORT": Side.SELL}
_EXPIRED = "expired"
_TWS_ZONE = "America/New_York"

Named = Callable[[int], Instrument]
"""The instrument of a contract number, for the legs of combinations."""


def order_report(row: Row, named: Named, *, completed: bool = False) -> OrderReport:
    """The order. Its permanent number is the broker's id: order numbers are only unique within one client.

    completed   the row stands in the list of completed orders
    raises      Unmapped where the instrument is not known, Malformed for a field that cannot be read
    """
    combined = row.text("secType") == BAG
    filled = row.number("filledQuantity" if completed else "filled")
    total = row.number_or_none("totalQuantity") or ZERO
    kind = row.text("orderType")
    state = state_of(row, filled, completed)
    return OrderReport(
        broker_order_id=broker_order_id(row),
        client_order_id=client_id(row),
        state=state,
        instrument=None if combined else instrument_of(row),
        side=None if combined else _known(row, "action", SIDES),
        quantity=total or filled,  # zero on a completed order that filled whole
        filled_quantity=filled,
        average_fill_price=_price(row, "avgFillPrice") if filled else None,
        order_type=_known(row, "orderType", TYPES),
        time_in_force=TimeInForce.CLOSE if kind in AT_CLOSE else _known(row, "tif", TIMES),
        limit_price=_limit(row),
        stop_price=_stop(row),
        updated_at=_ended_at(row),
        venue_status=row.text("status"),
        legs=tuple(_leg(row, each, filled, state, named) for each in _legs(row)) if combined else (),
    )


def _ended_at(row: Row) -> datetime | None:
    """`20230306 12:28:30 America/Los_Angeles`, on a completed order. Raises Malformed."""
    text = row.text_or_none("completedTime")
    if text is None:
        return None
    day, _, rest = text.partition(" ")
    clock, _, zone = rest.partition(" ")
    try:
        local = datetime.strptime(f"{day} {clock}", "%Y%m%d %H:%M:%S")  # noqa: DTZ007 - the zone stands behind it
        return local.replace(tzinfo=ZoneInfo(zone or _TWS_ZONE)).astimezone(UTC)
    except (ValueError, ZoneInfoNotFoundError):
        raise Malformed(f"{row.where}: field `completedTime`: {text!r} is no time", received=text) from None


def state_of(row: Row, filled: Decimal, completed: bool) -> OrderState:
    """Where the order stands. Raises Malformed for a status that nobody knows: it is never guessed."""
    status = row.text("status")
    if status == INACTIVE and completed:
        return OrderState.REJECTED
    if status in LIVE or status == INACTIVE:
        return OrderState.PARTIALLY_FILLED if filled else OrderState.WORKING
    if status not in ENDED:
        raise Malformed(f"{row.where}: field `status`: {status!r} is not a known status", received=status)
    if completed and _EXPIRED in (row.text_or_none("completedStatus") or "").lower():
        return OrderState.EXPIRED
    return ENDED[status]


def client_id(row: Row) -> ClientOrderId | None:
    """Our id, which TWS carries as the order's reference; None for an order placed by hand."""
    text = row.text_or_none("orderRef")
    return ClientOrderId(text) if text else None


def broker_order_id(row: Row) -> BrokerOrderId:
    """The permanent number. Raises Malformed before TWS has given one."""
    number = row.text("permId")
    if number == "0":
        raise Malformed(f"{row.where}: TWS has not numbered it yet")
    return BrokerOrderId(number)


def _leg(row: Row, leg: dict[str, object], filled: Decimal, state: OrderState, named: Named) -> OrderReport:
    """A leg trades with its combination: its filled units are the combination's times its ratio."""
    number, ratio = leg.get("conId"), leg.get("ratio")
    if not isinstance(number, int) or not isinstance(ratio, int) or leg.get("action") not in SIDES:
        raise Malformed(f"{row.where}: a leg cannot be read: {leg!r}", received=repr(leg))
    total = row.number_or_none("totalQuantity") or filled
    return OrderReport(
        broker_order_id=broker_order_id(row),
        client_order_id=None,
        state=state,
        instrument=named(number),
        side=SIDES[str(leg["action"])],
        quantity=total * ratio,
        filled_quantity=filled * ratio,
        venue_status=row.text("status"),
    )


def _legs(row: Row) -> list[dict[str, object]]:
    legs = row.values.get("legs")
    if not isinstance(legs, list) or not legs:
        raise Unmapped(f"{row.where}: a combination without its legs")
    return legs


def _limit(row: Row) -> Decimal | None:
    return row.number_or_none("lmtPrice") if row.text("orderType") in ("LMT", "STP LMT", "LOC") else None


def _stop(row: Row) -> Decimal | None:
    kind = row.text("orderType")
    if kind == "TRAIL":
        return _price(row, "trailStopPrice")
    return row.number_or_none("auxPrice") if kind in ("STP", "STP LMT") else None


def _price(row: Row, field: str) -> Decimal | None:
    return row.number_or_none(field) or None


def _known(row: Row, field: str, table: Mapping[str, MemberT]) -> MemberT:
    text = row.text(field)
    if text not in table:
        raise Malformed(f"{row.where}: field `{field}`: {text!r} is not known", received=text)
    return table[text]
