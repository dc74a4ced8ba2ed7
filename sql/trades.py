"""The book's trades as they stand, each with the session it was made in and who decided it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection

from sql.load import query
from sql.record_rows import execution_record
from sql.reference import read_instruments
from sql.rows import read_rows
from tieout.blotter import Trade
from tieout.ids import AccountId, InstrumentId, IntentId
from tieout.instruments import Instrument


def read_trades(
    connection: Connection,
    since: date,
    until: date,
    account_id: AccountId | None = None,
    *,
    cancelled: bool = False,
) -> list[Trade]:
    """Trades of the sessions from `since` to `until`, both included, in order of time.

    cancelled    those too that the venue took back
    """
    binds = {"account_id": account_id, "since": since, "until": until, "cancelled": cancelled}
    rows = read_rows(connection, query("standing_trades"), binds)
    instruments = read_instruments(connection, {row["instrument_id"] for row in rows})
    return [_trade(row, instruments) for row in rows]


def _trade(row: Mapping[str, Any], instruments: Mapping[InstrumentId, Instrument]) -> Trade:
    proposer = (row["detail"] or {}).get("proposer") or ""
    return Trade(
        AccountId(row["account_id"]),
        execution_record(row, instruments),
        row["trade_date"],
        row["settles_on"],
        IntentId(row["intent_id"]) if row["intent_id"] else None,
        row["strategy"] or proposer,
        row["source"],
    )
