"""Figures for the watch's metrics: small counts of the journal, and the age of what the warehouse knows."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, select

from sql.load import query
from sql.rows import read_rows
from sql.schema.journal import break_case, intent
from tieout.orders import OrderState
from tieout.recon.types import CaseState


def count_open_breaks(journal: Connection) -> dict[tuple[str, str], int]:
    """By account and severity."""
    wanted = select(break_case.c.account_id, break_case.c.severity, func.count().label("open"))
    wanted = wanted.where(break_case.c.state == CaseState.OPEN.value)
    rows = read_rows(journal, wanted.group_by(break_case.c.account_id, break_case.c.severity))
    return {(row["account_id"], row["severity"]): row["open"] for row in rows}


def count_unknown_orders(journal: Connection) -> dict[str, int]:
    """Orders whose fate is not known, by account."""
    wanted = select(intent.c.account_id, func.count().label("orders"))
    rows = read_rows(journal, wanted.where(intent.c.state == OrderState.UNKNOWN.value).group_by(intent.c.account_id))
    return {row["account_id"]: row["orders"] for row in rows}


def read_newest_snapshots(warehouse: Connection) -> dict[str, datetime]:
    """When each account was last seen whole, UTC."""
    return {row["account_id"]: row["captured_at"] for row in read_rows(warehouse, query("newest_snapshots"))}
