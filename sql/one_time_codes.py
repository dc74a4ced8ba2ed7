"""One-time codes that were used: each serves once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from sql.load import query


def use(connection: Connection, approver: str, step: int, now: datetime) -> bool:
    """Use the code of a time step. False where it, or a later one, was used already.

    now    UTC
    """
    binds = {"approver": approver, "step": step, "now": now}
    return connection.execute(query("use_one_time_code"), binds).scalar_one_or_none() is not None
