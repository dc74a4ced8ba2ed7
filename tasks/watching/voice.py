"""How the watch speaks: through the one place, and where the journal is away with a small memory of its own."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from tasks.alerts import Sent, flush, tell_blindly, tell_over, tell_remembered
from tieout.alert import Alert
from tieout.alerts import Matter, Seen, observe
from tieout.errors import StoreError
from tieout.settings import AlertSettings

if TYPE_CHECKING:
    from sql.journal import Journal

_log = logging.getLogger("tieout.watch")
T = TypeVar("T")
_MOST = 500  # subjects remembered while there is no journal; the one seen longest ago goes first


@dataclass(slots=True)
class Voice:
    """Tells alerts of one process.

    matters    what was told without the journal, by subject
    heard      channels that took it then
    over       what was found to be over without the journal, by subject: told when it is back
    """

    rules: AlertSettings
    matters: dict[str, Matter] = field(default_factory=dict)
    heard: dict[str, tuple[str, ...]] = field(default_factory=dict)
    over: dict[str, Alert] = field(default_factory=dict)

    def say(self, journal: Journal | None, alert: Alert, now: datetime) -> Sent:
        """Tell it where it is worth it. Never raises for stores or channels."""
        for about in alert.subjects:
            self.over.pop(about.subject, None)
        try:
            if journal is None:
                raise StoreError("the journal cannot be opened")
            known = [self.matters[one.subject] for one in alert.subjects if one.subject in self.matters]
            sent = tell_remembered(self.rules, journal, alert, now, known)
            for one in known:
                del self.matters[one.subject]
        except StoreError as error:
            sent = self._say_blindly(alert, error, now)
        return _logged(sent)

    def say_over(self, journal: Journal | None, subject: str, alert: Alert, now: datetime) -> Sent:
        """Tell whoever heard of it that it is over; where there is no journal now, once it is back."""
        self.matters.pop(subject, None)
        try:
            if journal is None:
                raise StoreError("the journal cannot be opened")
            sent = tell_over(self.rules, journal, subject, alert, now, self.heard.get(subject, ()))
            self.heard.pop(subject, None)
            return _logged(sent)
        except StoreError as error:
            _log.warning("what is over is told later: %s", error)
            self.over[subject] = alert
            _forget_oldest(self.over)
            return Sent()

    def flush(self, journal: Journal, now: datetime) -> Sent:
        """Send what waits, and what could not be said before."""
        for subject, alert in list(self.over.items()):
            del self.over[subject]
            self.say_over(journal, subject, alert, now)
        return _logged(flush(self.rules, journal, now))

    def _say_blindly(self, alert: Alert, error: StoreError, now: datetime) -> Sent:
        whys = []
        for about in alert.subjects:
            seen = Seen(about, alert.severity, alert.title, alert.source, alert.money)
            matter, why = observe(self.matters.pop(about.subject, None), seen, self.rules, now)
            self.matters[about.subject] = matter
            whys.append(why)
        _forget_oldest(self.matters)
        if all(why is None for why in whys):
            return Sent(repeated=True)
        sent = tell_blindly(self.rules, alert, error)
        for about in alert.subjects:
            self.heard[about.subject] = tuple(dict.fromkeys((*self.heard.get(about.subject, ()), *sent.targets)))
        _forget_oldest(self.heard)
        return sent


def _forget_oldest(kept: dict[str, T]) -> None:
    while len(kept) > _MOST:
        del kept[next(iter(kept))]


def _logged(sent: Sent) -> Sent:
    for error in sent.errors:
        _log.error("alert not delivered: %s", error)
    return sent
