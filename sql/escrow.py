"""Escrow in the journal: units that an intent may still trade, kept at its account and wherever the rest may go.

The rows follow the placement in the transaction that saves it, so that a reader never sees an order without what it
keeps. At an end without proof they stay: the units may still trade.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from sql.load import query
from tieout.money import WIDE, ZERO
from tieout.next_action import goes_on
from tieout.orders import Order
from tieout.placement import Placement


def hold(connection: Connection, row: Placement, now: datetime) -> None:
    """Keep what may still trade under an intent; nothing where nothing may."""
    rows = _rows(row, now)
    if rows:
        connection.execute(query("hold_in_escrow"), rows)


def settle(connection: Connection, row: Placement, now: datetime) -> None:
    """Bring escrow to where a saved placement stands: less after fills, nothing after an end that nobody goes on from.

    now    UTC
    """
    if row.ended and not goes_on(row, now):
        binds = {"intent_id": row.intent.intent_id, "now": now, "why": _why_released(row)}
        connection.execute(query("release_escrow"), binds)
    elif row.executed > 0 or row.ended or row.told:  # otherwise it stands as the intent was written down
        hold(connection, row, now)


def _units(order: Order, quantity: Decimal) -> dict[tuple[str, str], Decimal]:
    """Units by symbol and side that `quantity` units of an order would trade; for legs by their ratio."""
    if not order.legs:
        return {(order.instrument.symbol, order.side.value): quantity}
    found: dict[tuple[str, str], Decimal] = {}
    for leg in order.legs:
        key = (leg.instrument.symbol, leg.side.value)
        found[key] = WIDE.add(found.get(key, ZERO), WIDE.multiply(quantity, Decimal(leg.ratio)))
    return found


def _rows(row: Placement, now: datetime) -> list[dict[str, Any]]:
    intent = row.intent
    accounts = dict.fromkeys((intent.account_id, *intent.routes))
    return [
        {
            "intent_id": intent.intent_id,
            "account_id": account_id,
            "symbol": symbol,
            "side": side,
            "quantity": quantity,
            "since": now,
            "why": _why_held(row),
        }
        for account_id in accounts
        for (symbol, side), quantity in _units(intent.order, row.remaining).items()
    ]


def _why_held(row: Placement) -> str:
    if row.ended:
        return f"{row.state}, and the rest waits for its proof"
    return "it may still trade" if row.intent.parent_id is None else f"it goes on for {row.intent.parent_id}"


def _why_released(row: Placement) -> str:
    return f"{row.heir} goes on" if row.heir is not None else str(row.state)
