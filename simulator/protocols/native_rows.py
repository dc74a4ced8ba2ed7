"""Simulated records as rows of the paper broker's own protocol, and orders out of its requests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

from simulator.kept import Kept
from tieout.errors import InvalidOrder, Malformed
from tieout.ids import ClientOrderId
from tieout.instruments import Instrument
from tieout.money import exact, exact_or_none, plain
from tieout.orders import Order, OrderReport, OrderType, Side, TimeInForce
from tieout.records import Activity, Execution
from tieout.snapshots import Balance, Position

Row = dict[str, object]


def rfc3339(moment: datetime) -> str:
    """UTC to the microsecond, with a Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def instrument_row(instrument: Instrument) -> Row:
    """Everything that makes an instrument."""
    return {
        "asset_class": instrument.asset_class.value,
        "symbol": instrument.symbol,
        "currency": instrument.currency,
        "multiplier": plain(instrument.multiplier),
        "underlying": instrument.underlying,
        "expiration": instrument.expiration.isoformat() if instrument.expiration else None,
        "right": instrument.option_right.value if instrument.option_right else None,
        "strike": _text(instrument.strike),
    }


def balance_row(balance: Balance) -> Row:
    """Cash of one currency."""
    return {
        "currency": balance.currency,
        "cash": plain(balance.cash),
        "settled_cash": _text(balance.settled_cash),
        "equity": _text(balance.equity),
        "buying_power": _text(balance.buying_power),
    }


def position_row(position: Position) -> Row:
    """One line of the position list."""
    return instrument_row(position.instrument) | {
        "quantity": plain(position.quantity),
        "side": position.side,
        "average_entry_price": _text(position.avg_entry_price),
        "market_price": _text(position.market_price),
        "market_value": _text(position.market_value),
        "cost_basis": _text(position.cost_basis),
        "unrealized_pnl": _text(position.unrealized_pnl),
        "priced_at": _moment(position.priced_at),
    }


def order_row(order: OrderReport) -> Row:
    """One order as it stands."""
    instrument = instrument_row(order.instrument) if order.instrument else {}
    return instrument | {
        "order_id": order.broker_order_id,
        "client_order_id": order.client_order_id,
        "state": order.state.value,
        "side": order.side.value if order.side else None,
        "quantity": _text(order.quantity),
        "filled_quantity": plain(order.filled_quantity),
        "average_fill_price": _text(order.average_fill_price),
        "order_type": order.order_type.value if order.order_type else None,
        "time_in_force": order.time_in_force.value if order.time_in_force else None,
        "limit_price": _text(order.limit_price),
        "stop_price": _text(order.stop_price),
        "submitted_at": _moment(order.submitted_at),
        "updated_at": _moment(order.updated_at),
        "replaces": order.replaces,
        "replaced_by": order.replaced_by,
    }


def execution_row(kept: Kept[Execution]) -> Row:
    """One trade; `posted_at` is when the broker first showed it."""
    execution = kept.record
    return instrument_row(execution.instrument) | {
        "execution_id": execution.execution_id,
        "order_id": execution.broker_order_id,
        "client_order_id": execution.client_order_id,
        "side": execution.side.value,
        "quantity": plain(execution.quantity),
        "price": plain(execution.price),
        "fee": plain(execution.fee),
        "fee_currency": execution.fee_currency,
        "executed_at": rfc3339(execution.executed_at),
        "posted_at": rfc3339(kept.visible_at),
        "status": execution.status.value,
    }


def activity_row(kept: Kept[Activity]) -> Row:
    """One other event; `currency` is what its cash moves in, and `posted_at` when the broker first showed it."""
    activity = kept.record
    return {
        "activity_id": activity.activity_id,
        "kind": activity.kind.value,
        "instrument": instrument_row(activity.instrument) if activity.instrument else None,
        "quantity": plain(activity.quantity),
        "price": _text(activity.price),
        "amount": plain(activity.amount),
        "currency": activity.currency,
        "occurred_at": rfc3339(activity.occurred_at),
        "posted_at": rfc3339(kept.visible_at),
        "settles_on": activity.settles_on.isoformat() if activity.settles_on else None,
        "group_id": activity.group_id,
        "ratio": _text(activity.ratio),
        "status": activity.status.value,
        "venue_kind": activity.venue_kind,
        "description": activity.description,
    }


def order_from(body: Row, listed: Callable[[str], Instrument]) -> Order:
    """The order that a request asks for.

    listed   the instrument behind a canonical symbol
    raises   InvalidOrder for fields that make no order, NotTradable for an unlisted symbol
    """
    try:
        return Order(
            client_order_id=ClientOrderId(_required(body, "client_order_id")),
            instrument=listed(_required(body, "symbol")),
            side=Side(_required(body, "side")),
            quantity=exact(body.get("quantity"), "quantity"),
            order_type=OrderType(_required(body, "order_type")),
            time_in_force=TimeInForce(_required(body, "time_in_force")),
            limit_price=exact_or_none(body.get("limit_price"), "limit_price"),
            stop_price=exact_or_none(body.get("stop_price"), "stop_price"),
            extended_hours=body.get("extended_hours") is True,
        )
    except (ValueError, Malformed) as error:
        raise InvalidOrder("simulator", str(error)) from error


def _required(body: Row, name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} is missing")
    return value


def _text(number: Decimal | None) -> str | None:
    return None if number is None else plain(number)


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else rfc3339(moment)
