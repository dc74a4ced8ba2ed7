"""Watching the orders of one run until each has ended: its own intents, and whoever goes on with their rest."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from tasks.orders.desk import OrderDesk
from tieout.ids import ClientOrderId, IntentId
from tieout.orders import OrderReport, OrderState
from tieout.placement import CancelFor, CancelWanted, Done, Placement, Seen, Step, Wait


class Watch:
    """The intents of one run, and when each of them wants to be looked at again."""

    def __init__(self, desk: OrderDesk, intents: Iterable[IntentId]) -> None:
        self._desk = desk
        self._due: dict[IntentId, datetime | None] = dict.fromkeys(intents)
        self._ids: dict[ClientOrderId, IntentId] = {}
        self._over: set[IntentId] = set()
        self._versions: dict[IntentId, int] = {}

    def begin(self) -> None:
        """Take over what another process left, first of all."""
        self._desk.recover(row for row in self.rows() if row.state is not OrderState.PLANNED)

    def rows(self) -> list[Placement]:
        """Every intent of the run that is not over and settled, as it stands now, heirs after their parents."""
        from sql.families import read_intents, with_heirs

        self._take_in_heirs()
        with self._desk.journal.read() as journal:
            rows = with_heirs(journal, read_intents(journal, (key for key in self._due if key not in self._over)))
        rows = [row for row in rows if row.intent.intent_id not in self._over]
        for row in rows:
            self._due.setdefault(row.intent.intent_id, None)
            self._ids[row.intent.order.client_order_id] = row.intent.intent_id
        return rows

    def take_in(self, intents: Iterable[IntentId]) -> None:
        """Intents that were decided since."""
        for key in intents:
            self._due.setdefault(key, None)

    def _take_in_heirs(self) -> bool:
        """Whoever began meanwhile to go on with a rest: their parents may be over before anybody looks again."""
        new = [key for key in self._desk.versions if key not in self._due]
        self.take_in(new)
        return bool(new)

    def turn(self, rows: Iterable[Placement] | None = None) -> datetime | None:
        """Look after every intent that is due. The next moment, UTC, at which one is due; None when all ended.

        rows    as they were read just now, where the caller has them

        First everything that must leave leaves; only then the venue is asked about what has left, and for all in one.
        """
        now = self._desk.clock()
        questions: list[Step] = []
        for row in self.rows() if rows is None else rows:
            if self._is_due(row, now):
                self._look_after(row, questions)
        self._ask(questions)
        if self._take_in_heirs():
            return now
        waiting = [due for key, due in self._due.items() if key not in self._over and due is not None]
        return min(waiting, default=None)

    def _is_due(self, row: Placement, now: datetime) -> bool:
        """Its time has come, or somebody else has changed it: a person approved, or wants it cancelled."""
        key = row.intent.intent_id
        if self._versions.get(key) != row.version:
            return True
        due = self._due.get(key)
        return key not in self._over and (due is None or now >= due)

    def _look_after(self, row: Placement, later: list[Step]) -> None:
        key = row.intent.intent_id
        planned = row.state is OrderState.PLANNED
        self._note(key, self._desk.begin(row, later) if planned else self._desk.tick(row, later))

    def _ask(self, questions: list[Step]) -> None:
        """Put the questions that were put off, and those that their answers raise, until none is left."""
        while questions:
            more: list[Step] = []
            for key, said in self._desk.answer(questions, more):
                self._note(key, said)
            questions = more

    def report(self, report: OrderReport) -> None:
        """The venue's stream said something; of orders that are not this run's nothing is done."""
        key = self._ids.get(report.client_order_id) if report.client_order_id else None
        if key is not None:
            self._over.discard(key)
            self._note(key, self._desk.see(key, Seen(report)))

    def cancel(self, why: CancelFor, words: str) -> None:
        """Want every order that has not ended to be cancelled, and where they are withdrawn, no rest to go on."""
        for row in self.rows():
            self._note(row.intent.intent_id, self._desk.see(row.intent.intent_id, CancelWanted(why, words)))

    def _note(self, key: IntentId, said: Wait | Done) -> None:
        self._versions[key] = self._desk.versions[key]
        if isinstance(said, Done):
            self._over.add(key)
        else:
            self._over.discard(key)
            self._due[key] = said.until
