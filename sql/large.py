"""What large positions are measured from: newest accepted snapshots, last prices, and what was told already."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Connection, select

from sql.audit import ACTOR, Wanted, append, read_events
from sql.load import query
from sql.reference import read_instruments
from sql.rows import read_rows
from sql.schema.warehouse import instrument
from tieout.ids import AccountId
from tieout.large import Finding, Holding, Level

ACTION = "position"


def read_holdings(warehouse: Connection, until: date) -> tuple[list[Holding], dict[AccountId, date]]:
    """Shares and options of every account, and the session of the snapshot that they stand in, by account."""
    rows = read_rows(warehouse, query("large_holdings"), {"until": until})
    held = [row for row in rows if row["instrument_id"] is not None]
    known = read_instruments(warehouse, {row["instrument_id"] for row in held})
    found = [
        Holding(AccountId(row["account_id"]), known[row["instrument_id"]], row["quantity"], row["market_value"])
        for row in held
    ]
    return found, {AccountId(row["account_id"]): row["business_date"] for row in rows}


def read_last_prices(warehouse: Connection, symbols: Collection[str], until: date) -> dict[str, Decimal]:
    """The last known price of each symbol, those without one left out."""
    named = select(instrument.c.instrument_id, instrument.c.symbol).where(instrument.c.symbol.in_(sorted(symbols)))
    ids = {row["instrument_id"]: row["symbol"] for row in read_rows(warehouse, named)}
    binds = {"instruments": sorted(ids), "business_date": until}
    return {ids[row["instrument_id"]]: row["price"] for row in read_rows(warehouse, query("recon_last_prices"), binds)}


def read_told(journal: Connection) -> dict[str, Level]:
    """How each finding stood when it was last noted, by its key."""
    events = read_events(journal, Wanted(action=ACTION))
    return {one.subject: Level(one.action.removeprefix(f"{ACTION}.")) for one in events}


def note_findings(journal: Connection, findings: Collection[Finding], now: datetime) -> None:
    """Note how they stand now, in the audit trail."""
    for one in findings:
        detail = {"found": one.words, "measured": one.measured, "threshold": one.threshold}
        append(journal, actor=ACTOR, action=f"{ACTION}.{one.level}", subject=one.key, detail=detail, now=now)
