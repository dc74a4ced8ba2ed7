"""Forecasts and the cash kept for them, in the journal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from sql.reference import instrument_ids, read_instruments
from sql.rows import read_rows
from sql.schema.options import option_forecast, option_reservation
from tieout.ids import AccountId, InstrumentId, RunId
from tieout.instruments import Instrument
from tieout.options.account import AccountForecast, Reservation
from tieout.options.moment import Moment
from tieout.options.told import told_position


def append_forecasts(
    connection: Connection, found: AccountForecast, *, run_id: RunId, moment: Moment, day: Any, now: datetime
) -> None:
    """Keep what is expected of every position of one account.

    day    the session it was made in
    now    UTC
    """
    if not found.positions:
        return
    ids = instrument_ids(connection, [one.contract for one in found.positions])
    rows = [
        {
            "account_id": found.standing.account_id,
            "run_id": run_id,
            "business_date": day,
            "moment": moment.value,
            "instrument_id": ids[one.contract.symbol],
            "contracts": one.contracts,
            "expires": one.expires,
            "likelihood": one.likelihood.value,
            "outcome": one.outcome.value,
            "cash": one.cash,
            "decide_by": one.decide_by.at,
            "report_only": one.report_only,
            "detail": told_position(one),
            "at": now,
        }
        for one in found.positions
    ]
    connection.execute(insert(option_forecast), rows)


def read_forecasts(
    connection: Connection, account_id: AccountId, instruments: Iterable[InstrumentId] | None = None
) -> list[dict[str, Any]]:
    """The newest forecast of each position of an account, with its symbol, the earliest expiration first."""
    table = option_forecast
    newest = (
        select(func.max(table.c.forecast_id)).where(table.c.account_id == account_id).group_by(table.c.instrument_id)
    )
    rows = read_rows(connection, select(table).where(table.c.forecast_id.in_(newest)))
    wanted = None if instruments is None else set(instruments)
    kept = [row for row in rows if wanted is None or row["instrument_id"] in wanted]
    names = read_instruments(connection, [row["instrument_id"] for row in kept])
    told = [row | {"symbol": names[InstrumentId(row["instrument_id"])].symbol} for row in kept]
    return sorted(told, key=lambda row: (row["expires"], row["symbol"]))


def reserve(
    connection: Connection,
    account_id: AccountId,
    wanted: Sequence[Reservation],
    contracts: Mapping[str, Instrument],
    seen: Iterable[Instrument],
    *,
    run_id: RunId,
    now: datetime,
) -> None:
    """Keep what is wanted, and let go of what was kept for positions that were looked at and cost nothing any more.

    contracts    by symbol, those that a reservation is for
    seen         every position that was forecast
    """
    ids = instrument_ids(connection, [*contracts.values(), *seen])
    for one in wanted:
        _keep(connection, account_id, ids[one.symbol], one, run_id, now)
    kept = {one.symbol for one in wanted}
    for instrument in seen:
        if instrument.symbol not in kept:
            release(connection, account_id, ids[instrument.symbol], "not expected to cost anything any more", now)


def release(
    connection: Connection, account_id: AccountId, instrument_id: InstrumentId, why: str, now: datetime
) -> bool:
    """Let go of what is kept for one position; whether anything was."""
    table = option_reservation
    mine = (table.c.account_id == account_id) & (table.c.instrument_id == instrument_id) & table.c.released_at.is_(None)
    done = connection.execute(update(table).where(mine).values(released_at=now, released_why=why))
    return bool(done.rowcount)


def read_reservations(connection: Connection, account_id: AccountId) -> list[tuple[Instrument, Reservation]]:
    """What is kept at an account now."""
    table = option_reservation
    mine = (table.c.account_id == account_id) & table.c.released_at.is_(None)
    rows = read_rows(connection, select(table).where(mine).order_by(table.c.instrument_id))
    names = read_instruments(connection, [row["instrument_id"] for row in rows])
    return [(names[InstrumentId(row["instrument_id"])], _reservation(row, names)) for row in rows]


def _keep(
    connection: Connection,
    account_id: AccountId,
    instrument_id: InstrumentId,
    one: Reservation,
    run_id: RunId,
    now: datetime,
) -> None:
    table = option_reservation
    values = {
        "contracts": one.contracts,
        "amount": one.amount,
        "currency": one.currency,
        "until": one.until,
        "why": one.why,
        "run_id": run_id,
        "since": now,
        "released_at": None,
        "released_why": None,
    }
    key = {"account_id": account_id, "instrument_id": instrument_id}
    mine = (table.c.account_id == account_id) & (table.c.instrument_id == instrument_id)
    if connection.execute(update(table).where(mine).values(values)).rowcount == 0:
        connection.execute(insert(table), key | values)


def _reservation(row: Mapping[str, Any], names: Mapping[InstrumentId, Instrument]) -> Reservation:
    symbol = names[InstrumentId(row["instrument_id"])].symbol
    return Reservation(symbol, row["contracts"], row["amount"], row["currency"], row["until"], row["why"])
