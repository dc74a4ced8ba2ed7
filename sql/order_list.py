"""Intents as people list them."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection

from sql.load import query
from sql.rows import read_rows
from tieout.ids import AccountId
from tieout.orders import OrderState


def list_intents(
    connection: Connection,
    *,
    account_id: AccountId | None = None,
    state: OrderState | None = None,
    business_date: date | None = None,
    window: str | None = None,
) -> list[dict[str, Any]]:
    """Our decisions and how far each got, the oldest first; `reason` is why it ended, `heir` who goes on."""
    binds = {
        "account_id": account_id,
        "state": state.value if state else None,
        "business_date": business_date,
        "execution_window": window,
    }
    return [_listed(row) for row in read_rows(connection, query("list_intents"), binds)]


def _listed(row: dict[str, Any]) -> dict[str, Any]:
    detail = row.pop("detail")
    row["window"] = row.pop("execution_window")
    return row | {"heir": detail.get("heir"), "reason": detail.get("reason", "")}
