"""Telling people something: what a flow or service has to say goes from here to the one place, `tasks/alerts.py`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from decimal import Decimal

from tasks.clock import now
from tasks.log import run_logger
from tasks.settings import load_settings
from tieout.alert import About, Alert, quoted
from tieout.errors import NotDelivered, StoreError
from tieout.recon.types import Severity


def tell_people(
    severity: Severity,
    title: str,
    lines: Sequence[str],
    about: Sequence[About] = (),
    *,
    source: str = "",
    money: Decimal | None = None,
) -> tuple[str, ...]:
    """Send a message; what was not delivered is logged and given back, and fails nothing.

    lines    what is quoted in them is cut and cleared of secrets
    about    what it is about, so that the same is not told twice; nothing: its own words
    money    at risk, base currency
    """
    body = "\n".join(quoted(one) for one in lines)
    return tell_alert(Alert(severity, quoted(title), body, tuple(about), source, money))


def tell_alert(alert: Alert) -> tuple[str, ...]:
    """Send a message that is composed; what was not delivered is logged and given back, and fails nothing."""
    from sql.journal import Journal
    from tasks.alerts import Sent, tell, tell_blindly

    settings = load_settings()
    try:
        with closing(Journal.open(settings.journal_url)) as journal:
            sent: Sent = tell(settings.alerts, journal, alert, now())
    except StoreError as error:
        sent = tell_blindly(settings.alerts, alert, error)
    return told_of(sent.errors)


def flush_messages() -> tuple[str, ...]:
    """Send what waits and is due; what was not delivered is logged and given back."""
    from sql.journal import Journal
    from tasks.alerts import flush

    settings = load_settings()
    try:
        with closing(Journal.open(settings.journal_url)) as journal:
            return told_of(flush(settings.alerts, journal, now()).errors)
    except StoreError as error:
        return told_of((NotDelivered(str(error)),))


def end_alerts(subjects: Sequence[str]) -> None:
    """Troubles that are over: when they come back they are news."""
    from sql.alerts import end_alert
    from sql.journal import Journal

    try:
        with closing(Journal.open(load_settings().journal_url)) as journal, journal.write() as connection:
            for one in subjects:
                end_alert(connection, one, now())
    except StoreError as error:
        run_logger().warning("what is over could not be written down: %s", error)


def told_of(errors: Sequence[NotDelivered]) -> tuple[str, ...]:
    """Errors of telling, logged, as words."""
    for error in errors:
        run_logger().error("alert not delivered: %s", error)
    return tuple(str(error) for error in errors)
