"""Orders and their updates as Alpaca's JSON: legs inside their parent, a combination without a symbol of its own."""

from __future__ import annotations

from collections.abc import Callable

from simulator.orders import Role, WorkingOrder
from simulator.protocols.alpaca_rows import CLASSES, Row, asset_id, nano, text, wire_symbol
from simulator.updates import Change, Update
from tieout.money import plain
from tieout.orders import OrderReport, OrderState, Side

Known = Callable[[str], WorkingOrder | None]

MULTI_LEG = "mleg"
HELD = "held"
_STATUSES = {
    OrderState.SENDING: "pending_new",
    OrderState.UNKNOWN: "pending_new",
    OrderState.WORKING: "new",
    OrderState.PARTIALLY_FILLED: "partially_filled",
    OrderState.FILLED: "filled",
    OrderState.CANCELLED: "canceled",
    OrderState.EXPIRED: "expired",
    OrderState.REJECTED: "rejected",
    OrderState.REPLACED: "replaced",
}
_EVENTS = {Change.CANCELLED: "canceled", Change.CORRECTED: "trade_correct", Change.BUSTED: "trade_bust"}
_STATUS_OF = {Change.PENDING_NEW: "pending_new", Change.DONE_FOR_DAY: "done_for_day"}


def order_row(order: OrderReport, known: Known = lambda _: None) -> Row:
    """One order object, legs inside.

    known    the order behind the broker's id: what a report leaves out
    """
    instrument, working = order.instrument, known(order.broker_order_id)
    submitted = nano(order.submitted_at)
    changed = nano(order.updated_at) or submitted
    kind = "" if working is not None and working.role is Role.LEG else order.order_type or ""
    row: Row = {
        "id": order.broker_order_id,
        "client_order_id": order.client_order_id,
        "created_at": submitted,
        "updated_at": changed,
        "submitted_at": submitted,
        "filled_at": changed if order.state is OrderState.FILLED else None,
        "expired_at": changed if order.state is OrderState.EXPIRED else None,
        "canceled_at": changed if order.state is OrderState.CANCELLED else None,
        "failed_at": changed if order.state is OrderState.REJECTED else None,
        "replaced_at": changed if order.state is OrderState.REPLACED else None,
        "replaced_by": order.replaced_by,
        "replaces": order.replaces,
        "asset_id": asset_id(instrument) if instrument else "",
        "symbol": wire_symbol(instrument) if instrument else "",
        "asset_class": CLASSES[instrument.asset_class] if instrument else "",
        "notional": None,
        "qty": text(order.quantity),
        "filled_qty": plain(order.filled_quantity),
        "filled_avg_price": text(order.average_fill_price),
        "order_class": _class_of(order, working),
        "order_type": kind,
        "type": kind,
        "side": order.side or "",
        "time_in_force": order.time_in_force or "",
        "limit_price": text(order.limit_price),
        "stop_price": text(order.stop_price),
        "status": HELD if order.venue_status == HELD else _STATUSES[order.state],
        "extended_hours": working is not None and working.order.extended_hours,
        "legs": [order_row(leg, known) for leg in order.legs] or None,
        "trail_percent": None,
        "trail_price": None,
        "hwm": None,
    }
    return row | _more(working) if working is not None else row


def update_frame(update: Update, known: Known) -> Row:
    """One frame of the `trade_updates` stream."""
    order = order_row(update.report, known)
    if order["order_class"] != MULTI_LEG:
        order["legs"] = None
    order["status"] = _STATUS_OF.get(update.change, order["status"])
    data: Row = {
        "event": _EVENTS.get(update.change, update.change.value),
        "order": order,
        "timestamp": nano(update.at),
    }
    if update.execution is not None:
        data |= {
            "execution_id": update.execution.execution_id,
            "price": plain(update.execution.price),
            "qty": plain(update.execution.quantity),
            "position_qty": text(update.position),
        }
    return {"stream": "trade_updates", "data": data}


def _class_of(order: OrderReport, working: WorkingOrder | None) -> str:
    if working is None:
        return MULTI_LEG if order.legs else ""
    if working.role in (Role.COMBINATION, Role.LEG):
        return MULTI_LEG
    entry = working.parent if working.parent and working.parent.role is Role.ENTRY else working
    if entry.role is Role.ENTRY:
        return "bracket" if len(entry.children) > 1 else "oto"
    return "oco" if working.role is not Role.SIMPLE else ""


def _more(working: WorkingOrder) -> Row:
    order = working.order
    percent = None if order.trail_percent is None else order.trail_percent * 100
    row: Row = {"trail_price": text(order.trail_amount), "trail_percent": text(percent), "hwm": text(working.best)}
    parent = working.parent
    if working.role is Role.LEG and parent is not None:
        leg = next(one for one in parent.order.legs if one.instrument == order.instrument)
        row["ratio_qty"] = str(leg.ratio)
        if leg.opens is not None:
            row["position_intent"] = intent_of(leg.side, opens=leg.opens)
    return row


def intent_of(side: Side, *, opens: bool) -> str:
    """`buy_to_open` and its like."""
    return f"{side}_to_{'open' if opens else 'close'}"
