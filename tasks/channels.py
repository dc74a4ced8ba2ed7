"""One message to one channel over Apprise. Its URL is opened here, and stands in no log, record or exception."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any

from tasks.credentials import open_reference
from tieout.alert import Alert, quoted
from tieout.errors import ConfigError, NotDelivered, SecretSourceError
from tieout.recon.types import Severity
from tieout.redact import REMOVED, redact_text

# Apprise and its HTTP client log the URL, or parts of it, at some levels and for some services.
_TALKATIVE = ("apprise", "urllib3", "requests", "httpx", "httpcore", "paho", "slixmpp", "smtplib")
_ONE_AT_A_TIME = Lock()  # the loggers are the process's own


def deliver(reference: str, alert: Alert) -> None:
    """Send to one target.

    raises    NotDelivered with the reference and the reason, without the URL
    """
    try:
        url = open_reference(reference, "alerts")
    except (ConfigError, SecretSourceError) as error:
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
    kind, mark = kinds[alert.severity], f"[{alert.severity} {alert.key}]"
    for service in target:
        if isinstance(getattr(service, "details", None), dict):  # PagerDuty's custom details; Apprise sets no dedup_key
            service.details |= {"severity": alert.severity.value, "fingerprint": alert.key}
    body = f"{alert.body}\n\n{mark}".lstrip()
    return bool(target.notify(body=body, title=alert.title, notify_type=kind, body_format=NotifyFormat.TEXT))


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
