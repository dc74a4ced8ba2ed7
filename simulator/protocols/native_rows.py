"""Simulated records as rows of the paper broker's own protocol, and orders out of its requests."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from simulator.kept import Kept
from tieout.instruments import Instrument
from tieout.money import plain
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
        "strike": text(instrument.strike),
    }


def balance_row(balance: Balance) -> Row:
    """Cash of one currency."""
    return {
        "currency": balance.currency,
        "cash": plain(balance.cash),
        "settled_cash": text(balance.settled_cash),
        "equity": text(balance.equity),
        "buying_power": text(balance.buying_power),
    }


def position_row(position: Position) -> Row:
    """One line of the position list."""
    return instrument_row(position.instrument) | {
        "quantity": plain(position.quantity),
        "side": position.side,
        "average_entry_price": text(position.avg_entry_price),
        "market_price": text(position.market_price),
        "market_value": text(position.market_value),
        "cost_basis": text(position.cost_basis),
        "unrealized_pnl": text(position.unrealized_pnl),
        "priced_at": moment_text(position.priced_at),
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
        "price": text(activity.price),
        "amount": plain(activity.amount),
        "currency": activity.currency,
        "occurred_at": rfc3339(activity.occurred_at),
        "posted_at": rfc3339(kept.visible_at),
        "settles_on": activity.settles_on.isoformat() if activity.settles_on else None,
        "group_id": activity.group_id,
        "ratio": text(activity.ratio),
        "status": activity.status.value,
        "venue_kind": activity.venue_kind,
        "description": activity.description,
    }


def required(body: Row, name: str) -> str:
    """Text of a request. Raises ValueError."""
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} is missing")
    return value


def text(number: Decimal | None) -> str | None:
    """A number as text, exactly."""
    return None if number is None else plain(number)


def moment_text(moment: datetime | None) -> str | None:
    """A time as text."""
    return None if moment is None else rfc3339(moment)
