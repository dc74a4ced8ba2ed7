"""A broker that our own probes find down is not chosen where another can take the order."""

from __future__ import annotations

from datetime import datetime

from tasks.stores import Stores
from tieout.errors import KnownDown
from tieout.health import UNUSABLE
from tieout.ids import AccountId


def require_usable(stores: Stores, account_id: AccountId, now: datetime) -> None:
    """Believe the probes while they are fresh; without a watch nothing is known, and every broker is tried.

    raises    KnownDown naming what they found
    """
    from sql.health import read_health

    with stores.journal.read() as journal:
        health = read_health(journal, account_id).get(account_id)
    if health is not None and health.state in UNUSABLE and health.fresh(now, stores.settings.watch):
        words = f"our probes find it {health.state} since {health.since:%Y-%m-%d %H:%M:%S} UTC: {health.reason}"
        raise KnownDown(health.broker, words)
