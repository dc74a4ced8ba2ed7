"""Answers and rows that nobody could read, kept until a person or a newer parser has dealt with them."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from sql.rows import read_rows
from sql.schema.journal import quarantine
from tieout.ids import AccountId, RunId


@dataclass(frozen=True, slots=True)
class Kept:
    """One thing in quarantine; `body` as it came, secrets removed."""

    quarantine_id: int
    account_id: AccountId
    run_id: RunId | None
    part: str
    reason: str
    received_at: datetime
    body: bytes


def keep(
    connection: Connection,
    account_id: AccountId,
    run_id: RunId | None,
    part: str,
    reason: str,
    received_at: datetime,
    body: bytes,
) -> None:
    """Keep what could not be read.

    part    which answer: positions, account, orders, executions, activities
    body    as it came; the caller has removed secrets
    """
    row = {
        "account_id": account_id,
        "run_id": run_id,
        "part": part,
        "reason": reason,
        "received_at": received_at,
        "body": zlib.compress(body),
    }
    connection.execute(insert(quarantine), row)


def read_kept(connection: Connection, account_id: AccountId | None = None) -> list[Kept]:
    """Everything in quarantine, oldest first, of one account or of all."""
    statement = select(quarantine).order_by(quarantine.c.quarantine_id)
    if account_id is not None:
        statement = statement.where(quarantine.c.account_id == account_id)
    return [
        Kept(
            row["quarantine_id"],
            AccountId(row["account_id"]),
            RunId(row["run_id"]) if row["run_id"] else None,
            row["part"],
            row["reason"],
            row["received_at"],
            zlib.decompress(row["body"]),
        )
        for row in read_rows(connection, statement)
    ]
