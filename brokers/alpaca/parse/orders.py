"""Orders, read and written. Source: the order object of /v2/orders and of `trade_updates` frames."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from brokers.alpaca.parse.symbols import NO_MULTIPLIERS, Multipliers, instrument_of, wire_symbol
from brokers.http.fields import Row, row, rows
from tieout.errors import Malformed
from tieout.exits import one_exit
from tieout.ids import BrokerOrderId, ClientOrderId
from tieout.instruments import Instrument
from tieout.money import ZERO, plain
from tieout.orders import Order, OrderLeg, OrderReport, OrderState, OrderType, Side, TimeInForce

MemberT = TypeVar("MemberT", bound=StrEnum)

STATES = {
    **dict.fromkeys(
        (
            "new",
            "accepted",
            "pending_new",
            "accepted_for_bidding",
            "held",
            "pending_review",
            "stopped",
            "calculated",
            "suspended",  # may not trade now, yet is not gone: the venue's word stays beside it
            "done_for_day",  # rests until it expires
            "pending_cancel",
            "pending_replace",
        ),
        OrderState.WORKING,
    ),
    "partially_filled": OrderState.PARTIALLY_FILLED,
    "filled": OrderState.FILLED,
    "canceled": OrderState.CANCELLED,
    "expired": OrderState.EXPIRED,
    "rejected": OrderState.REJECTED,
    "replaced": OrderState.REPLACED,
}
SIDES = {
    **dict.fromkeys(("buy", "buy_minus", "buy_to_open", "buy_to_close"), Side.BUY),
    **dict.fromkeys(
        ("sell", "sell_plus", "sell_short", "sell_short_exempt", "sell_to_open", "sell_to_close"), Side.SELL
    ),
}
_MULTI_LEG, _PAIR = "mleg", "oco"
_ONE_INTENT = frozenset({_MULTI_LEG, _PAIR})
_HUNDRED = Decimal(100)

Body = dict[str, object]


def order_report(found: Row, multipliers: Multipliers = NO_MULTIPLIERS) -> OrderReport:
    """One order with its legs; a pair of exits as the one order it is to us.

    raises   Unmapped where the instrument is not known, Malformed for an unknown status or unreadable field
    """
    status = found.text("status")
    if status not in STATES:
        raise Malformed(f"{found.where}: field `status`: {status!r} is not a known order status", received=status)
    report = OrderReport(
        broker_order_id=BrokerOrderId(found.text("id")),
        client_order_id=_client_order_id(found),
        state=STATES[status],
        instrument=_instrument(found, multipliers),
        side=_side(found),
        quantity=found.number_or_none("qty"),
        filled_quantity=found.number_or_none("filled_qty") or ZERO,
        average_fill_price=found.number_or_none("filled_avg_price"),
        order_type=_member(found, "type", OrderType),
        time_in_force=_member(found, "time_in_force", TimeInForce),
        limit_price=found.number_or_none("limit_price"),
        stop_price=found.number_or_none("stop_price"),
        submitted_at=found.moment_or_none("submitted_at"),
        updated_at=found.moment_or_none("updated_at"),
        replaces=_broker_id(found, "replaces"),
        replaced_by=_broker_id(found, "replaced_by"),
        venue_status=status,
        legs=tuple(order_report(leg, multipliers) for leg in legs(found)),
    )
    return one_exit(report) if found.values.get("order_class") == _PAIR and report.legs else report


def legs(found: Row) -> list[Row]:
    """The rolled-up legs of an order, none for a plain one."""
    inner = found.values.get("legs")
    return [] if inner is None else rows(inner, f"{found.where} legs")


def client_ids(found: Row) -> dict[BrokerOrderId, ClientOrderId]:
    """Broker order id to our id, legs included.

    The legs of a combination and the second exit of a pair carry ids that the venue made up; their fills belong to the
    parent's intent. The exits of a bracket are not the entry: their fills keep the venue's ids.
    """
    own = _client_order_id(found)
    ids = {BrokerOrderId(found.text("id")): own} if own else {}
    for leg in legs(found):
        made_up = own is not None and found.values.get("order_class") in _ONE_INTENT
        ids |= dict.fromkeys(client_ids(leg), own) if made_up and own else client_ids(leg)
    return ids


def order_update(frame: object) -> Row | None:
    """The order inside a `trade_updates` frame; None for the stream's own frames (authorization, listening)."""
    found = row(frame, "stream frame")
    if found.values.get("stream") != "trade_updates":
        return None
    data = row(found.values.get("data"), "trade update")
    return row(data.values.get("order"), f"trade update {data.text('event')}")


def is_pair(found: Row) -> bool:
    """Whether the order is one of a pair of exits: then it says half of the truth."""
    return found.values.get("order_class") == _PAIR


def order_request(order: Order) -> Body:
    """The body of POST /v2/orders: numbers as text, for the SDK's own request class would make floats of them."""
    body: Body = {
        "qty": plain(order.quantity),
        "type": order.order_type.value,
        "time_in_force": order.time_in_force.value,
        "client_order_id": order.client_order_id,
        **_prices(order),
    }
    if order.extended_hours:
        body["extended_hours"] = True
    if order.legs:
        return body | {"order_class": _MULTI_LEG, "legs": [_leg_request(leg) for leg in order.legs]}
    return body | {"symbol": wire_symbol(order.instrument), "side": order.side.value} | _exits(order)


def replace_request(order: Order) -> Body:
    """The body of PATCH /v2/orders/{id}: only what a replacement may change, under the replacement's own id."""
    prices = _prices(order)
    if order.is_exit and order.take_profit is not None:
        prices["limit_price"] = plain(order.take_profit)
    trail = prices.pop("trail_price", None) or prices.pop("trail_percent", None)
    return {
        "qty": plain(order.quantity),
        "time_in_force": order.time_in_force.value,
        "client_order_id": order.client_order_id,
        **prices,
        **({"trail": trail} if trail else {}),
    }


def _prices(order: Order) -> dict[str, str]:
    percent = None if order.trail_percent is None else order.trail_percent * _HUNDRED
    prices = {
        "limit_price": order.limit_price,
        "stop_price": order.stop_price,
        "trail_price": order.trail_amount,
        "trail_percent": percent,  # the venue writes two percent as 2
    }
    return {name: plain(price) for name, price in prices.items() if price is not None}


def _exits(order: Order) -> Body:
    """Order class and prices of what is sent along; a pair of exits is a limit order for the venue."""
    exits: Body = {}
    if order.take_profit is not None:
        exits["take_profit"] = {"limit_price": plain(order.take_profit)}
    if order.stop_loss is not None:
        exits["stop_loss"] = {"stop_price": plain(order.stop_loss)}
    if not exits:
        return {}
    if order.is_exit:
        return exits | {"order_class": _PAIR, "type": OrderType.LIMIT.value}
    return exits | {"order_class": "bracket" if len(exits) == 2 else "oto"}


def _leg_request(leg: OrderLeg) -> Body:
    body: Body = {"symbol": wire_symbol(leg.instrument), "ratio_qty": str(leg.ratio), "side": leg.side.value}
    if leg.opens is not None:
        body["position_intent"] = f"{leg.side}_to_{'open' if leg.opens else 'close'}"
    return body


def _client_order_id(found: Row) -> ClientOrderId | None:
    text = found.text_or_none("client_order_id")
    return ClientOrderId(text) if text else None


def _broker_id(found: Row, field: str) -> BrokerOrderId | None:
    text = found.text_or_none(field)
    return BrokerOrderId(text) if text else None


def _instrument(found: Row, multipliers: Multipliers) -> Instrument | None:
    """None for the parent of a multi-leg order, whose symbol and class are empty."""
    if found.text_or_none("symbol") is None and found.text_or_none("asset_class") is None:
        return None
    return instrument_of(found, multipliers)


def _side(found: Row) -> Side | None:
    text = found.text_or_none("side")
    if text is not None and text not in SIDES:
        raise Malformed(f"{found.where}: field `side`: {text!r} is not a known side", received=text)
    return SIDES[text] if text else None


def _member(found: Row, field: str, kind: type[MemberT]) -> MemberT | None:
    text = found.text_or_none(field)
    if text is None:
        return None
    try:
        return kind(text)
    except ValueError:
        raise Malformed(
            f"{found.where}: field `{field}`: {text!r} is no known {kind.__name__}", received=text
        ) from None
