"""What the watch has to say, in a thread of its own: a channel that hangs holds up no probe."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING

from tasks.clock import now
from tasks.watching import events
from tasks.watching.voice import Voice
from tasks.watching.watched import Probed
from tasks.watching.workers import Worker
from tieout.alert import Alert, lasting, quoted
from tieout.alerts_noise import compose_noise, month_before
from tieout.errors import TieoutError
from tieout.health import Health, severity_of
from tieout.health_news import SOURCE, compose_over, compose_trouble, event_of
from tieout.health_news import subject_of as broker_subject
from tieout.recon.types import Severity
from tieout.risk_watch import Watched, compose, compose_exits

if TYPE_CHECKING:
    from sql.journal import Journal

_log = logging.getLogger("tieout.watch")


class Speech:
    """Says things one after the other. What is being said already is not begun again.

    journal    gives the journal as it is now, None where there is none
    """

    def __init__(self, voice: Voice, journal: Callable[[], Journal | None]) -> None:
        self._voice = voice
        self._journal = journal
        self._worker: Worker[object] = Worker("voice")
        self._known_fine: set[str] = set()  # subjects of the watch's own troubles: as many as accounts

    def begin(self, key: str, job: Callable[[], object]) -> None:
        """Something else that may take its time, such as an event for a server."""
        self._worker.begin(key, job)

    def say(self, alert: Alert) -> None:
        """Tell it where it is worth it."""
        journal = self._journal()
        self._worker.begin(alert.subjects[0].subject, lambda: self._voice.say(journal, alert, now()))

    def say_over(self, subject: str, alert: Alert) -> None:
        """Tell whoever heard of it that it is over."""
        journal = self._journal()
        self._worker.begin(f"over {subject}", lambda: self._voice.say_over(journal, subject, alert, now()))

    def flush(self, journal: Journal) -> None:
        """Send what waits."""
        self._worker.begin("flush", lambda: self._voice.flush(journal, now()))

    def fine(self, subject: str, alert: Alert) -> None:
        """Something of the watch's own works: said once after it did not, and once after the start."""
        if subject not in self._known_fine:
            self._known_fine.add(subject)
            self.say_over(subject, alert)

    def trouble(self, subject: str, alert: Alert) -> None:
        """Something of the watch's own does not work."""
        self._known_fine.discard(subject)
        self.say(alert)

    def tell_health(self, before: Health, after: Health) -> None:
        """While it lasts it is said at every probe: what is worth a message is decided in one place."""
        if before.state is not after.state:
            _log.warning("%s: %s, was %s: %s", after.account_id, after.state, before.state, after.reason)
            payload = event_of(before, after)
            self.begin(
                f"event {after.account_id} {after.state}",
                lambda: events.emit_change(after.account_id, after.state.value, payload),
            )
        trouble = compose_trouble(after)
        if trouble is not None:
            self.say(trouble)
        elif severity_of(before.state) is not None:
            self.say_over(broker_subject(after), compose_over(before, after))

    def tell_look(self, found: Watched) -> None:
        """What a look at an account's risk found."""
        if found.changes:
            self.say(compose(found.changes))
        if found.told:
            self.say(compose_exits(found.told))

    def failed(self, subject: str, words: str, job: Future[Probed] | Future[Watched]) -> BaseException | None:
        """What a job raised. Whatever it was, the other accounts are watched."""
        error = job.exception()
        if error is None:
            self.fine(subject, Alert(Severity.INFO, f"tieout watch: {subject} works again", words, source=SOURCE))
            return None
        _log.error("%s: %s", words, error, exc_info=None if isinstance(error, TieoutError) else error)
        told = f"{type(error).__name__}: {quoted(str(error))}"
        about = (lasting(subject, type(error).__name__),)
        self.trouble(subject, Alert(Severity.CRITICAL, f"tieout watch: {words}", told, about, SOURCE))
        return error

    def report_noise(self, journal: Journal) -> None:
        """Say how last month's alerts were, once."""
        self.begin("noise", lambda: self._noise(journal))

    def collect(self) -> None:
        """Take in what has been said. Whatever broke there is in the log at least: nobody else would tell of it."""
        for key, job in self._worker.finished():
            if (error := job.exception()) is not None:
                trace = None if isinstance(error, TieoutError) else error
                _log.error("%s could not be said: %s", key, error, exc_info=trace)

    def settle(self) -> None:
        """Wait for what is being said."""
        self._worker.settle()
        self.collect()

    def stop(self) -> None:
        """Say what is begun, and nothing more: what is not in the journal yet would be lost."""
        self._worker.stop(cancel=False)
        self.collect()

    def _noise(self, journal: Journal) -> None:
        from sql.noise import read_noise

        with journal.read() as connection:
            found = read_noise(connection, month_before(now().date()))
        if found.occurrences:
            self._voice.say(journal, compose_noise(found), now())
