"""The watch's eye on closes: somebody is called where one is missing, and hears it when it comes."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from tasks.clock import now
from tasks.watching import events
from tasks.watching.closes import read_unconfirmed
from tasks.watching.speech import Speech
from tieout.alert import Alert
from tieout.alerts_deadman import Session, Unconfirmed, compose_unconfirmed, is_confirmed, subject_of
from tieout.health_news import SOURCE
from tieout.ids import AccountId
from tieout.recon.types import Severity
from tieout.settings import Settings

if TYPE_CHECKING:
    from sql.journal import Journal


class Confirming:
    """What is known of the last session of each account."""

    def __init__(self, settings: Settings, speech: Speech) -> None:
        self._settings = settings
        self._speech = speech
        self._late: frozenset[str] = frozenset()
        self._confirmed: dict[AccountId, date] = {}

    def check(self, journal: Journal) -> None:
        """Look once.

        raises    StoreError where the journal cannot be read
        """
        late, looked = read_unconfirmed(self._settings, journal, now())
        if late:
            self._speech.say(compose_unconfirmed(late))
        for one in late:
            if one.subject not in self._late:
                self._emit_late(one)
        self._late = frozenset(one.subject for one in late)
        for session in looked:
            self._note_confirmed(session)

    def _note_confirmed(self, session: Session) -> None:
        name, day = session.account_id, session.business_date
        if is_confirmed(session) and self._confirmed.get(name) != day:
            self._confirmed[name] = day
            words = f"tieout: the close of {name} of {day} is confirmed"
            self._speech.say_over(subject_of(name, day), Alert(Severity.INFO, words, words, source=SOURCE))

    def _emit_late(self, one: Unconfirmed) -> None:
        name = one.session.account_id
        payload = {"account": name, "session": str(one.session.business_date), "why": one.words}
        self._speech.begin(f"event {one.subject}", lambda: events.emit_unconfirmed(name, payload))
