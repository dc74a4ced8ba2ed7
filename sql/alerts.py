"""Which alerts went out: the same outcome is told once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert, select

from sql.schema.journal import alert_sent


def was_sent(journal: Connection, fingerprint: str) -> bool:
    """Whether an alert with that content went out before."""
    found = select(alert_sent.c.fingerprint).where(alert_sent.c.fingerprint == fingerprint)
    return journal.execute(found).first() is not None


def record_alert(journal: Connection, fingerprint: str, severity: str, title: str, now: datetime) -> None:
    """Note an alert that at least one target took. Noting it twice changes nothing."""
    if not was_sent(journal, fingerprint):
        row = {"fingerprint": fingerprint, "severity": severity, "title": title, "sent_at": now}
        journal.execute(insert(alert_sent).values(row))
