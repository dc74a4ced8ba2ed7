"""Prices of a session as the close took them from the brokers' lists."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import Connection, select

from sql.rows import read_rows
from sql.schema.warehouse import instrument, price
from tieout.instruments import AssetClass


def read_closes(warehouse: Connection, day: date) -> dict[str, Decimal]:
    """Symbol -> currency per unit of shares on a session, the newest where there are several."""
    wanted = (
        select(instrument.c.symbol, price.c.price)
        .join(instrument, instrument.c.instrument_id == price.c.instrument_id)
        .where(price.c.business_date == day, instrument.c.asset_class == AssetClass.EQUITY.value)
        .order_by(price.c.priced_at)
    )
    return {row["symbol"]: row["price"] for row in read_rows(warehouse, wanted)}
