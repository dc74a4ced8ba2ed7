"""The watch itself: what is due is begun in threads, what has ended is judged, written down and told. Nobody waits.

All that grows is bounded by the number of accounts. A journal that is away is told from memory and tried again at every
turn; a Prefect server that is away is missed by nobody.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from tasks.clock import now
from tasks.watching import events
from tasks.watching.confirming import Confirming
from tasks.watching.figures import read_figures
from tasks.watching.leading import Leading
from tasks.watching.metrics import Metrics
from tasks.watching.note import note_health
from tasks.watching.speech import Speech
from tasks.watching.voice import Voice
from tasks.watching.watched import Beat, WatchedAccount, look
from tieout.alert import Alert, lasting, quoted
from tieout.closing import choose_accounts
from tieout.errors import StoreError, StoreVersionError, TieoutError
from tieout.health import Health, Probe, judged
from tieout.health_news import SOURCE
from tieout.ids import AccountId
from tieout.recon.types import Severity
from tieout.settings import Settings

if TYPE_CHECKING:
    from brokers.http.calls import Call
    from sql.journal import Journal

_log = logging.getLogger("tieout.watch")
NAP_S = 1.0
CLOSES_EVERY_S, FIGURES_EVERY_S, FLUSH_EVERY_S, NOISE_EVERY_S = 60.0, 30.0, 15.0, 3600.0
REOPEN_EVERY_S = 5.0
JOURNAL, STAND_BY_S = "journal of the watch", 5.0


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
        self._speech = Speech(self.voice, lambda: self._journal)
        self._confirming = Confirming(settings, self._speech)
        self._accounts = {
            one.account.account_id: WatchedAccount.of(one, settings.watch, monotonic)
            for one in choose_accounts(settings, accounts)
        }
        self._closes = Beat(CLOSES_EVERY_S, monotonic)
        self._figures = Beat(FIGURES_EVERY_S, monotonic)
        self._flush = Beat(FLUSH_EVERY_S, monotonic)
        self._noise = Beat(NOISE_EVERY_S, monotonic)
        self._reopen = Beat(REOPEN_EVERY_S, monotonic)

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
            one.settle()
            self._collect(name, one)
        self._speech.settle()

    def stop(self) -> None:
        """End what is under way, and let the next watch take over."""
        for one in self._accounts.values():
            one.stop()
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
        self._speech.fine(JOURNAL, Alert(Severity.INFO, "tieout watch: the journal is back", where, source=SOURCE))
        return self._journal

    def _lose(self, error: StoreError) -> None:
        """Without its journal the watch goes on from memory, and says so."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None
            _log.error("the journal cannot be used: %s", error)
        words = f"{quoted(str(error))}\nNo flow can work until it is back; brokers are still probed."
        title, about = "tieout watch: the journal cannot be used", (lasting(JOURNAL),)
        self._speech.trouble(JOURNAL, Alert(Severity.CRITICAL, title, words, about, SOURCE))

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

    def _begin(self, one: WatchedAccount) -> None:
        if one.probe_due.is_due():
            one.probes.begin("probe", lambda: one.prober.probe(self._settings, one.settings))
        if self._journal is not None and one.may_look() and one.look_due.is_due():
            one.looks.begin("look", lambda: look(one.settings.account.account_id, live=self._live))

    def _collect(self, name: AccountId, one: WatchedAccount) -> None:
        for _, probe in one.probes.finished():
            if self._speech.failed(f"probe {name}", f"the broker of {name} could not be probed", probe) is None:
                self._judge(one, *probe.result())
        for _, looked in one.looks.finished():
            if self._speech.failed(f"risk-watch {name}", f"{name} could not be looked at", looked) is None:
                self._speech.tell_look(looked.result())

    def _judge(self, one: WatchedAccount, probe: Probe, calls: tuple[Call, ...]) -> None:
        before, after = one.health, judged(one.health, probe, self._settings.watch)
        one.health = after
        self.metrics.probed(after)
        if self._journal is not None:
            try:
                note_health(self._journal, self._settings.watch, one.settings, before, after, calls)
            except StoreError as error:
                self._lose(error)
        self._speech.tell_health(before, after)

    # What is said beside brokers

    def _speak_up(self) -> None:
        self._speech.collect()
        if self._journal is None:
            return
        journal = self._journal
        if self._closes.is_due():
            self._check_closes(journal)
        if self._noise.is_due():
            self._speech.report_noise(journal)
        if self._flush.is_due():
            self._speech.flush(journal)

    def _check_closes(self, journal: Journal) -> None:
        try:
            self._confirming.check(journal)
        except StoreError as error:
            self._lose(error)

    def _count(self) -> None:
        if self._journal is None:
            self.metrics.uncounted()
        if self._journal is None or not self._figures.is_due():
            return
        moment = now()
        try:
            figures = read_figures(self._settings, self._journal, moment)
        except TieoutError as error:
            _log.warning("the metrics lack what the stores say: %s", error)
            self.metrics.uncounted()
            return
        self.metrics.counted(figures, tuple(self._accounts), moment)
