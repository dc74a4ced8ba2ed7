"""What moved an account's wallets besides trading, as coin venues list it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from simulator.account import SimulatedAccount
from tieout.records import Activity, ActivityKind


def external(account: SimulatedAccount) -> list[Activity]:
    """Deposits and withdrawals shown by now, oldest first."""
    return [one for one in account.activities if one.kind is ActivityKind.TRANSFER]


def dated(rows: Iterable[Activity], since: datetime | None, until: datetime | None) -> list[Activity]:
    """Those inside [since, until]; an end that is None is open."""
    return [
        one
        for one in rows
        if (since is None or one.occurred_at >= since) and (until is None or one.occurred_at <= until)
    ]
