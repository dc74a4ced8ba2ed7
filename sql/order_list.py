"""Intents as people list them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection

from sql.exit_words import read_exit_words
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
    """Our decisions and how far each got, the oldest first.

    `exits` says who holds its exits and how they stand, `reason` why it ended, `heir` who goes on
    """
    binds = {
        "account_id": account_id,
        "state": state.value if state else None,
        "business_date": business_date,
        "execution_window": window,
    }
    rows = read_rows(connection, query("list_intents"), binds)
    exits = read_exit_words(connection, [row["intent_id"] for row in rows])
    return [_listed(row, exits) for row in rows]


def _listed(row: dict[str, Any], exits: Mapping[str, str]) -> dict[str, Any]:
    detail = row.pop("detail")
    row["window"] = row.pop("execution_window")
    told = {"exits": exits.get(row["intent_id"], ""), "heir": detail.get("heir"), "reason": detail.get("reason", "")}
    return row | told
