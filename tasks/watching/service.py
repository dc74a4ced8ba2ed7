"""The watch itself: what is due is begun in threads, what has ended is judged, written down and told. Nobody waits.

All that grows is bounded by the number of accounts. A journal that is away is told from memory and tried again at every
turn; a Prefect server that is away is missed by nobody.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

from tasks.accounts import sessions_of
from tasks.clock import now
from tasks.watching import events
from tasks.watching.closes import read_unconfirmed
from tasks.watching.figures import read_figures
from tasks.watching.leading import Leading
from tasks.watching.metrics import Figures, Metrics
from tasks.watching.note import note_health
from tasks.watching.probe import Prober
from tasks.watching.voice import Voice
from tasks.watching.workers import Worker
from tieout.alert import Alert, lasting, quoted
from tieout.alerts_deadman import Unconfirmed, compose_unconfirmed, is_confirmed, subject_of
from tieout.alerts_noise import compose_noise, month_before
from tieout.closing import choose_accounts
from tieout.errors import StoreError, StoreVersionError, TieoutError
from tieout.health import UNUSABLE, Health, Probe, judged, severity_of, unknown
from tieout.health_news import SOURCE, compose_over, compose_trouble, event_of
from tieout.health_news import subject_of as broker_subject
from tieout.ids import AccountId
from tieout.recon.types import Severity
from tieout.risk_watch import Watched, compose, compose_exits
from tieout.settings import AccountSettings, Settings

if TYPE_CHECKING:
    from brokers.http.calls import Call
    from sql.journal import Journal

_log = logging.getLogger("tieout.watch")
NAP_S = 1.0
CLOSES_EVERY_S, FIGURES_EVERY_S, FLUSH_EVERY_S, NOISE_EVERY_S = 60.0, 30.0, 15.0, 3600.0
REOPEN_EVERY_S = 5.0
BEFORE_SESSION, AFTER_SESSION = timedelta(minutes=30), timedelta(minutes=15)
JOURNAL, STAND_BY_S = "journal of the watch", 5.0

Probed = tuple[Probe, "tuple[Call, ...]"]


@dataclass(slots=True)
class Beat:
    """Something that is due every so often, by a clock that no rehearsal stops."""

    every_s: float
    monotonic: Callable[[], float]
    due_at: float = 0.0

    def is_due(self) -> bool:
        """Whether it is; then it is not for a while. One that was missed is not made up for."""
        if self.monotonic() < self.due_at:
            return False
        self.due_at = self.monotonic() + self.every_s
        return True


@dataclass(slots=True)
class _Watched:
    """One account while it is watched."""

    settings: AccountSettings
    health: Health
    probe_due: Beat
    look_due: Beat
    prober: Prober = field(default_factory=Prober)
    probes: Worker[Probed] = field(default_factory=lambda: Worker("probe"))
    looks: Worker[Watched] = field(default_factory=lambda: Worker("look"))


class Watch:
    """One watch. `turn` is called again and again; it blocks on the journal at most."""

    def __init__(
        self,
        settings: Settings,
        accounts: Sequence[str] | None = None,
        *,
        live: bool = False,
        metrics: Metrics | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.metrics = metrics or Metrics()
        self.voice = Voice(settings.alerts)
        self._settings, self._live = settings, live
        self._leading = Leading(timedelta(seconds=settings.watch.lease_s), monotonic)
        self._journal: Journal | None = None
        self._speech: Worker[object] = Worker("voice")
        rules, moment = settings.watch, now()
        self._accounts = {
            one.account.account_id: _Watched(
                one,
                unknown(one.account.account_id, one.account.broker, moment),
                Beat(rules.probe_every_s, monotonic),
                Beat(rules.risk_every_s, monotonic),
            )
            for one in choose_accounts(settings, accounts)
        }
        self._closes = Beat(CLOSES_EVERY_S, monotonic)
        self._figures = Beat(FIGURES_EVERY_S, monotonic)
        self._flush = Beat(FLUSH_EVERY_S, monotonic)
        self._noise = Beat(NOISE_EVERY_S, monotonic)
        self._reopen = Beat(REOPEN_EVERY_S, monotonic)
        self._known_fine: set[str] = set()  # subjects of this process's own troubles: as many as accounts
        self._late: frozenset[str] = frozenset()
        self._confirmed: dict[AccountId, date] = {}

    @property
    def health(self) -> dict[AccountId, Health]:
        """Of each broker, as it is known here."""
        return {name: one.health for name, one in self._accounts.items()}

    def run(self, stopped: threading.Event) -> None:
        """Watch until told to stop; then what is under way is ended, and the lease given back."""
        try:
            while not stopped.is_set():
                stopped.wait(NAP_S if self.turn() else STAND_BY_S)
        finally:
            self.stop()

    def turn(self) -> bool:
        """Once around; whether this process watches.

        raises    ConfigError, StoreVersionError: nothing will get better by itself
        """
        was_leading = self._leading.leads
        leads = self._lead()
        self.metrics.lead(leads)
        if not leads:
            return False
        if not was_leading:
            self._take_over()
        for name, one in self._accounts.items():
            self._collect(name, one)
            self._begin(one)
        self._speak_up()
        self._count()
        self.metrics.turned(now(), reachable=self._journal is not None)
        return True

    def settle(self) -> None:
        """Wait for all that is under way, and take it in."""
        for name, one in self._accounts.items():
            one.probes.settle()
            one.looks.settle()
            self._collect(name, one)
        self._speech.settle()
        list(self._speech.finished())

    def stop(self) -> None:
        """End what is under way, and let the next watch take over."""
        for one in self._accounts.values():
            one.probes.stop()
            one.looks.stop()
            one.prober.close()
        self._speech.stop()
        events.drain()
        if self._journal is not None:
            self._leading.give_back(self._journal, now())
            self._journal.close()
        _log.info("stopped")

    # The journal and the lease

    def _lead(self) -> bool:
        if self._journal is None and not self._reopen.is_due():
            return self._leading.leads
        try:
            leads = self._leading.hold(self._journal or self._open(), now())
        except StoreVersionError:
            raise
        except StoreError as error:
            self._lose(error)
            return self._leading.leads
        return leads

    def _open(self) -> Journal:
        from sql.journal import Journal

        self._journal = Journal.open(self._settings.journal_url)
        where = self._journal.where
        self._fine(JOURNAL, Alert(Severity.INFO, "tieout watch: the journal is back", where, source=SOURCE))
        return self._journal

    def _lose(self, error: StoreError) -> None:
        """Without its journal the watch goes on from memory, and says so."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None
            _log.error("the journal cannot be used: %s", error)
        self._known_fine.discard(JOURNAL)
        words = f"{quoted(str(error))}\nNo flow can work until it is back; brokers are still probed."
        about = (lasting(JOURNAL),)
        self._say(Alert(Severity.CRITICAL, "tieout watch: the journal cannot be used", words, about, SOURCE))

    def _take_over(self) -> None:
        """Go on from what the watch before knew."""
        from sql.health import read_health

        if self._journal is None:
            return
        try:
            with self._journal.read() as connection:
                known = read_health(connection)
        except StoreError as error:
            self._lose(error)
            return
        for name, one in self._accounts.items():
            one.health = known.get(name, one.health)

    # Brokers

    def _begin(self, one: _Watched) -> None:
        if one.probe_due.is_due():
            one.probes.begin("probe", lambda: one.prober.probe(self._settings, one.settings))
        if self._journal is not None and self._may_look(one) and one.look_due.is_due():
            one.looks.begin("look", lambda: _look(one.settings.account.account_id, live=self._live))

    def _may_look(self, one: _Watched) -> bool:
        """In the session and a little around it, at a broker that answers: of one that is down its breaker tells."""
        if one.health.state in UNUSABLE:
            return False
        sessions, moment = sessions_of(one.settings), now()
        day = moment.astimezone(sessions.zone).date()
        if not sessions.is_session(day):
            return False
        return sessions.opens_at(day) - BEFORE_SESSION <= moment < sessions.closes_at(day) + AFTER_SESSION

    def _collect(self, name: AccountId, one: _Watched) -> None:
        for _, probe in one.probes.finished():
            if self._failed(f"probe {name}", f"the broker of {name} could not be probed", probe) is None:
                self._judge(one, *probe.result())
        for _, look in one.looks.finished():
            if self._failed(f"risk-watch {name}", f"{name} could not be looked at", look) is None:
                self._tell_look(look.result())

    def _judge(self, one: _Watched, probe: Probe, calls: tuple[Call, ...]) -> None:
        before, after = one.health, judged(one.health, probe, self._settings.watch)
        one.health = after
        self.metrics.probed(after)
        if self._journal is not None:
            try:
                note_health(self._journal, self._settings.watch, one.settings, before, after, calls)
            except StoreError as error:
                self._lose(error)
        self._tell_health(before, after)

    def _tell_health(self, before: Health, after: Health) -> None:
        """While it lasts it is said at every probe: what is worth a message is decided in one place."""
        if before.state is not after.state:
            _log.warning("%s: %s, was %s: %s", after.account_id, after.state, before.state, after.reason)
            payload = event_of(before, after)
            self._speech.begin(
                f"event {after.account_id} {after.state}",
                lambda: events.emit_change(after.account_id, after.state.value, payload),
            )
        trouble = compose_trouble(after)
        if trouble is not None:
            self._say(trouble)
        elif severity_of(before.state) is not None:
            self._say_over(broker_subject(after), compose_over(before, after))

    def _tell_look(self, found: Watched) -> None:
        if found.changes:
            self._say(compose(found.changes))
        if found.told:
            self._say(compose_exits(found.told))

    # What is said beside brokers

    def _speak_up(self) -> None:
        list(self._speech.finished())
        if self._journal is None:
            return
        journal = self._journal
        if self._closes.is_due():
            self._check_closes(journal)
        if self._noise.is_due():
            self._speech.begin("noise", lambda: self._report_noise(journal))
        if self._flush.is_due():
            self._speech.begin("flush", lambda: self.voice.flush(journal, now()))

    def _check_closes(self, journal: Journal) -> None:
        try:
            late, looked = read_unconfirmed(self._settings, journal, now())
        except StoreError as error:
            self._lose(error)
            return
        if late:
            self._say(compose_unconfirmed(late))
        for one in late:
            if one.subject not in self._late:
                self._emit_late(one)
        self._late = frozenset(one.subject for one in late)
        for session in looked:
            name, day = session.account_id, session.business_date
            if is_confirmed(session) and self._confirmed.get(name) != day:
                self._confirmed[name] = day
                words = f"tieout: the close of {name} of {day} is confirmed"
                self._say_over(subject_of(name, day), Alert(Severity.INFO, words, words, source=SOURCE))

    def _emit_late(self, one: Unconfirmed) -> None:
        name = one.session.account_id
        payload = {"account": name, "session": str(one.session.business_date), "why": one.words}
        self._speech.begin(f"event {one.subject}", lambda: events.emit_unconfirmed(name, payload))

    def _report_noise(self, journal: Journal) -> None:
        from sql.noise import read_noise

        with journal.read() as connection:
            found = read_noise(connection, month_before(now().date()))
        if found.occurrences:
            self.voice.say(journal, compose_noise(found), now())

    def _count(self) -> None:
        if self._journal is None or not self._figures.is_due():
            return
        moment, figures = now(), Figures()
        try:
            figures = read_figures(self._settings, self._journal, moment)
        except TieoutError as error:
            _log.warning("the metrics lack what the stores say: %s", error)
            return
        self.metrics.counted(figures, tuple(self._accounts), moment)

    # Speaking

    def _say(self, alert: Alert) -> None:
        journal = self._journal
        self._speech.begin(alert.subjects[0].subject, lambda: self.voice.say(journal, alert, now()))

    def _say_over(self, subject: str, alert: Alert) -> None:
        journal = self._journal
        self._speech.begin(f"over {subject}", lambda: self.voice.say_over(journal, subject, alert, now()))

    def _fine(self, subject: str, alert: Alert) -> None:
        """Something of the watch's own works: said once after it did not, and once after the start."""
        if subject not in self._known_fine:
            self._known_fine.add(subject)
            self._say_over(subject, alert)

    def _failed(self, subject: str, words: str, job: Future[Probed] | Future[Watched]) -> BaseException | None:
        """What a job raised. Whatever it was, the other accounts are watched."""
        error = job.exception()
        if error is None:
            self._fine(subject, Alert(Severity.INFO, f"tieout watch: {subject} works again", words, source=SOURCE))
            return None
        self._known_fine.discard(subject)
        _log.error("%s: %s", words, error, exc_info=None if isinstance(error, TieoutError) else error)
        told = f"{type(error).__name__}: {quoted(str(error))}"
        about = (lasting(subject, type(error).__name__),)
        self._say(Alert(Severity.CRITICAL, f"tieout watch: {words}", told, about, SOURCE))
        return error


def _look(account_id: AccountId, *, live: bool) -> Watched:
    """What `risk-watch` does for one account, without a flow run."""
    from tasks.trading.risk_watch import watch_account

    return watch_account.fn(account_id, live)
