"""Sending the message of a run over Apprise, to the targets of its severity.

Targets are references; a URL is opened where it is used, and stands in no log, record, message or exception.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from tasks.credentials import open_reference
from tieout.alert import Alert, compose, quoted
from tieout.errors import ConfigError, NotDelivered, StoreError
from tieout.recon.types import CaseState, Severity
from tieout.redact import REMOVED, redact_text
from tieout.settings import AlertSettings, Settings
from tieout.verdict import AccountOutcome

if TYPE_CHECKING:
    from sql.journal import Journal

# Apprise and its HTTP client log the URL, or parts of it, at some levels and for some services.
_TALKATIVE = ("apprise", "urllib3", "requests", "httpx", "httpcore", "paho", "slixmpp", "smtplib")
_ONE_AT_A_TIME = Lock()  # the loggers are the process's own


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a message.

    targets     references that took it
    errors      why it did not reach the others, without a URL; also what could not be read or written down about it
    repeated    every target had heard of this outcome last, so nobody was told again
    """

    targets: tuple[str, ...] = ()
    errors: tuple[NotDelivered, ...] = ()
    repeated: bool = False


@dataclass(slots=True)
class _Known:
    """What the journal holds for a message; nothing where it cannot be read, for silence would be worse."""

    alert: Alert
    heard: frozenset[str] = frozenset()
    errors: list[NotDelivered] = field(default_factory=list)


def send(
    settings: Settings, journal: Journal, outcomes: Sequence[AccountOutcome], report: Path | str, now: datetime
) -> Sent:
    """Tell the targets of the run's severity what came of it, once per outcome.

    report    a path becomes a link where `public_url` says how a browser reaches it
    raises    nothing for targets, references or stores that fail: the close stands, and `errors` says what failed
    """
    known = _read(journal, outcomes, _reference(report, settings))
    alert, errors = known.alert, known.errors
    wanted = targets_of(settings.alerts, alert.severity)
    missing = [one for one in wanted if one not in known.heard]
    if wanted and not missing:
        return Sent(errors=tuple(errors), repeated=True)
    took = []
    for reference in missing:
        try:
            deliver(reference, alert)
            took.append(reference)
        except NotDelivered as error:
            errors.append(error)
    errors += _note(journal, alert, took, now)
    return Sent(tuple(took), tuple(errors))


def targets_of(settings: AlertSettings, severity: Severity) -> tuple[str, ...]:
    """References of the targets that a severity goes to, each once."""
    named = {Severity.CRITICAL: settings.critical, Severity.WARNING: settings.warning, Severity.INFO: settings.info}
    return tuple(dict.fromkeys(named[severity]))


def deliver(reference: str, alert: Alert) -> None:
    """Send to one target.

    raises    NotDelivered with the reference and the reason, without the URL
    """
    try:
        url = open_reference(reference, "alerts")
    except ConfigError as error:
        raise NotDelivered(f"{reference}: {error}") from None
    with _ONE_AT_A_TIME, _overheard() as said:
        target = _target(url)
        if target is None:
            raise NotDelivered(f"{reference}: what it holds is no Apprise URL that this installation can send to")
        if not _notify(target, alert):
            raise NotDelivered(f"{reference}: not delivered. {_reason(said, url)}")


def _target(url: str) -> Any | None:
    from apprise import Apprise, AppriseAsset
    from apprise.common import OverflowMode

    asset = AppriseAsset(app_id="tieout", app_desc="tieout", async_mode=False)
    target = Apprise(asset=asset)
    if not target.add(url):
        return None
    for service in target:
        if (
            service.overflow_mode == OverflowMode.UPSTREAM
        ):  # the default, with which many services refuse a long message
            service.overflow_mode = OverflowMode.SPLIT
    return target


def _notify(target: Any, alert: Alert) -> bool:
    """Whether all of it was taken. Apprise answers False rather than raise."""
    from apprise import NotifyFormat, NotifyType

    kinds = {
        Severity.CRITICAL: NotifyType.FAILURE,
        Severity.WARNING: NotifyType.WARNING,
        Severity.INFO: NotifyType.INFO,
    }
    kind = kinds[alert.severity]
    return bool(target.notify(body=alert.body, title=alert.title, notify_type=kind, body_format=NotifyFormat.TEXT))


@contextmanager
def _overheard() -> Iterator[list[str]]:
    """Whatever is logged meanwhile about the sending goes into the list, and to no other handler."""
    said: list[str] = []
    ear = _Ear(said)
    loggers = [logging.getLogger(name) for name in _existing()]
    before = [(one, one.handlers, one.propagate) for one in loggers]
    try:
        for one in loggers:
            one.handlers, one.propagate = [ear], False
        yield said
    finally:
        for one, handlers, propagate in before:
            one.handlers, one.propagate = handlers, propagate


def _existing() -> list[str]:
    """The talkative loggers and those below them, which may have handlers of their own."""
    import apprise  # noqa: F401  its loggers and its clients' must exist before they are silenced

    known = [
        name for name in logging.Logger.manager.loggerDict if name.startswith(tuple(f"{one}." for one in _TALKATIVE))
    ]
    return [*_TALKATIVE, *known]


class _Ear(logging.Handler):
    """Keeps warnings and errors, for the reason of a failure."""

    def __init__(self, said: list[str]) -> None:
        super().__init__(logging.WARNING)
        self.said = said

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line."""
        self.said.append(record.getMessage())


def _reason(said: Sequence[str], url: str) -> str:
    """The last thing that was said, without any part of the URL."""
    if not said:
        return "The target refused the message or could not be reached."
    return quoted(redact_text(said[-1], _parts(url)))


def _parts(url: str) -> Iterable[str]:
    """The URL and each piece between its marks: in Apprise's URLs any of them may be the secret."""
    return {url, *re.split(r"[/:@?&=,\s]+", url.partition("://")[2])} - {REMOVED}


def _read(journal: Journal, outcomes: Sequence[AccountOutcome], report: str) -> _Known:
    from sql.alerts import heard
    from sql.cases import read_cases

    try:
        with journal.read() as connection:
            accounts = dict.fromkeys(one.account_id for one in outcomes)
            cases = [row for name in accounts for row in read_cases(connection, name, states=(CaseState.OPEN,))]
            alert = compose(outcomes, cases, report)
            return _Known(alert, heard(connection, alert))
    except StoreError as error:
        told = NotDelivered(f"the message lacks the open breaks, and may repeat an earlier one: {error}")
        return _Known(compose(outcomes, (), report), errors=[told])


def _note(journal: Journal, alert: Alert, took: Sequence[str], now: datetime) -> list[NotDelivered]:
    from sql.alerts import record_alert

    try:
        with journal.write() as connection:
            record_alert(connection, alert, took, now)
    except StoreError as error:
        return [NotDelivered(f"who was told could not be written down, so a rerun will tell them again: {error}")]
    return []


def _reference(report: Path | str, settings: Settings) -> str:
    """A link where a browser can reach the folder, otherwise the path."""
    if isinstance(report, str) or not settings.public_url:
        return str(report)
    root = Path(settings.output_dir).resolve()
    if not report.resolve().is_relative_to(root):
        return str(report)
    return f"{settings.public_url.rstrip('/')}/{report.resolve().relative_to(root).as_posix()}"
