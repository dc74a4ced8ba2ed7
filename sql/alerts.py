"""What was told last of each account's session, and to whom: a rerun with the same outcome tells nobody twice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import takewhile
from typing import Any

from sqlalchemy import Connection, insert, select

from sql.schema.journal import alert_sent
from tieout.alert import Alert, Told


def heard(journal: Connection, alert: Alert) -> frozenset[str]:
    """Targets that were told all of it, where nothing else has been told since.

    An outcome that comes back after another one is news again: only what was told last counts.
    """
    groups = [_heard_last(journal, one) for one in alert.told]
    return frozenset.intersection(*groups) if groups else frozenset()


def record_alert(journal: Connection, alert: Alert, targets: Sequence[str], now: datetime) -> None:
    """Note an outcome and who took its message, also where nobody did: it is what later outcomes are compared with.

    Adds nothing where nobody took it and the outcome was noted last.
    """
    common = {"severity": alert.severity.value, "title": alert.title, "targets": list(targets), "sent_at": now}
    rows = [
        common | {"account_id": one.account_id, "business_date": one.business_date, "fingerprint": one.fingerprint}
        for one in alert.told
        if targets or not _noted_last(journal, one)
    ]
    if rows:
        journal.execute(insert(alert_sent), rows)


def _heard_last(journal: Connection, told: Told) -> frozenset[str]:
    noted = takewhile(lambda row: row[0] == told.fingerprint, _newest_first(journal, told))
    return frozenset(target for _, targets in noted for target in targets)


def _noted_last(journal: Connection, told: Told) -> bool:
    return next(iter(_newest_first(journal, told)), (None,))[0] == told.fingerprint


def _newest_first(journal: Connection, told: Told) -> Iterable[Sequence[Any]]:
    table = alert_sent
    of_session = (table.c.account_id == told.account_id, table.c.business_date == told.business_date)
    wanted = select(table.c.fingerprint, table.c.targets).where(*of_session).order_by(table.c.alert_id.desc())
    return journal.execute(wanted).all()
