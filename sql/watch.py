"""What the risk watch saw of an account: events of the journal, for the next watch to compare with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, insert, select

from sql.rows import read_rows
from sql.schema.journal import order_event
from tieout.ids import AccountId

_EVENT = "risk_watched"


def append_watch(
    connection: Connection,
    account_id: AccountId,
    equity: Decimal | None,
    prices: Mapping[str, Decimal],
    now: datetime,
) -> None:
    """Keep what was seen.

    prices    by symbol, currency per unit
    now       UTC
    """
    seen = {name: str(price) for name, price in prices.items()}
    detail = {"equity": None if equity is None else str(equity), "prices": seen}
    values = {"account_id": account_id, "event": _EVENT, "at": now, "detail": detail}
    connection.execute(insert(order_event).values(values))


def read_watched(connection: Connection, account_id: AccountId, since: datetime) -> list[dict[str, Decimal]]:
    """Prices by symbol of each watch from `since` on, UTC, the oldest first."""
    mine = (order_event.c.account_id == account_id) & (order_event.c.event == _EVENT) & (order_event.c.at >= since)
    rows = read_rows(connection, select(order_event).where(mine).order_by(order_event.c.event_id))
    return [{name: Decimal(price) for name, price in row["detail"]["prices"].items()} for row in rows]
