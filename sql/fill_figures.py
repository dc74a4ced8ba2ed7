"""How well each intent traded, in the journal: the newest figures, for people and for the next who measures."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from sql.rows import chunks, read_rows
from sql.schema.fills import fill_figures as table
from tieout.fill_figures import OrderFigures
from tieout.ids import IntentId
from tieout.money import rounded
from tieout.placement import Placement
from tieout.vwap import Vwap, VwapOf

_FINEST = Decimal("0.01")  # basis points


def save_figures(connection: Connection, row: Placement, figures: OrderFigures, now: datetime) -> None:
    """Write an intent's figures down in place of the earlier ones; `now` is UTC."""
    vwap, intent = figures.vwap, row.intent
    values = {
        "intent_id": intent.intent_id,
        "account_id": intent.account_id,
        "executed": figures.executed,
        "average_price": None if figures.average_price is None else rounded(figures.average_price),
        "arrival_price": intent.arrival_price,
        "slippage_bp": _bp(figures.slippage_bp),
        "vwap": vwap.price if vwap else None,
        "vwap_of": vwap.of.value if vwap else None,
        "vwap_since": vwap.since if vwap else None,
        "vwap_until": vwap.until if vwap else None,
        "vwap_bp": _bp(figures.vwap_bp),
        "fill_s": None if figures.fill_s is None else Decimal(str(figures.fill_s)),
        "measured_at": now,
    }
    connection.execute(delete(table).where(table.c.intent_id == intent.intent_id))
    connection.execute(insert(table).values(values))


def read_vwaps(connection: Connection, intent_ids: Collection[IntentId]) -> dict[IntentId, Vwap]:
    """The market's prices that intents were measured against; those without one are left out."""
    found = {}
    for row in read_figures(connection, intent_ids):
        if row["vwap"] is not None:
            span = (row["vwap_since"], row["vwap_until"])
            found[IntentId(row["intent_id"])] = Vwap(VwapOf(row["vwap_of"]), row["vwap"], *span)
    return found


def read_figures(connection: Connection, intent_ids: Collection[IntentId]) -> list[dict[str, Any]]:
    """The figures of intents as they were stored."""
    found = []
    for chunk in chunks(sorted(intent_ids)):
        found += read_rows(connection, select(table).where(table.c.intent_id.in_(chunk)))
    return found


def _bp(number: Decimal | None) -> Decimal | None:
    return None if number is None else number.quantize(_FINEST)
