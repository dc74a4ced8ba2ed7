"""Sending the message of a run over Apprise, to the targets of its severity. Targets are references, never URLs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.credentials import open_reference
from tieout.alert import Alert, compose
from tieout.errors import ConfigError
from tieout.recon.types import CaseState, Severity
from tieout.settings import AlertSettings, Settings
from tieout.verdict import AccountOutcome

if TYPE_CHECKING:
    from sql.journal import Journal


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a message.

    targets     references that took it
    errors      why the others did not, without a URL
    repeated    the same outcome was told before, so nobody was told again
    """

    targets: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    repeated: bool = False


def send(
    settings: Settings, journal: Journal, outcomes: Sequence[AccountOutcome], report: Path | str, now: datetime
) -> Sent:
    """Tell the targets of the run's severity, once per outcome.

    raises    nothing for a target that cannot be reached: the close stands, and `errors` says so
    """
    from sql.alerts import record_alert, was_sent
    from sql.cases import read_cases

    with journal.read() as connection:
        accounts = {one.account_id for one in outcomes}
        cases = [row for row in read_cases(connection, states=(CaseState.OPEN,)) if row["account_id"] in accounts]
        alert = compose(outcomes, cases, str(report))
        if was_sent(connection, alert.fingerprint):
            return Sent(repeated=True)
    sent = _deliver(alert, targets_of(settings.alerts, alert.severity))
    if sent.targets:
        with journal.write() as connection:
            record_alert(connection, alert.fingerprint, alert.severity.value, alert.title, now)
    return sent


def targets_of(settings: AlertSettings, severity: Severity) -> tuple[str, ...]:
    """References of the targets that a severity goes to."""
    named = {Severity.CRITICAL: settings.critical, Severity.WARNING: settings.warning, Severity.INFO: settings.info}
    return named[severity]


def _deliver(alert: Alert, references: Sequence[str]) -> Sent:
    took, errors = [], []
    for reference in references:
        why = _deliver_to(reference, alert)
        if why is None:
            took.append(reference)
        else:
            errors.append(f"{reference}: {why}")
    return Sent(tuple(took), tuple(errors))


def _deliver_to(reference: str, alert: Alert) -> str | None:
    """Send to one target; why it failed, or None. Apprise never raises for a target that cannot be reached."""
    from apprise import Apprise, NotifyFormat, NotifyType

    kinds = {
        Severity.CRITICAL: NotifyType.FAILURE,
        Severity.WARNING: NotifyType.WARNING,
        Severity.INFO: NotifyType.INFO,
    }
    try:
        url = open_reference(reference, "alerts")
    except ConfigError as error:
        return str(error)
    target = Apprise()
    if not target.add(url):
        return "not an Apprise URL that this installation can send to"
    told = target.notify(
        body=alert.body, title=alert.title, notify_type=kinds[alert.severity], body_format=NotifyFormat.TEXT
    )
    return None if told else "the target refused the message or could not be reached"
