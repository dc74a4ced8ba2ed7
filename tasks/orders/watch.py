"""Watching the orders of one run until each has ended: its own intents, and whoever goes on with their rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from tasks.orders.desk import OrderDesk
from tieout.ids import ClientOrderId, IntentId
from tieout.orders import OrderReport, OrderState
from tieout.placement import CancelFor, CancelWanted, Done, Placement, Seen, Wait


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
        self._desk.recover(row for row in list(self.rows()) if row.state is not OrderState.PLANNED)

    def rows(self) -> Iterator[Placement]:
        """Every intent of the run as it stands, heirs after their parents."""
        from sql.placements import read_placement

        pending = list(self._due)
        with self._desk.journal.read() as journal:
            while pending:
                row = read_placement(journal, pending.pop(0))
                self._ids[row.intent.order.client_order_id] = row.intent.intent_id
                if row.heir is not None and row.heir not in self._due:
                    self._due[row.heir] = None
                    pending.append(row.heir)
                yield row

    def take_in(self, intents: Iterable[IntentId]) -> None:
        """Intents that were decided since."""
        for key in intents:
            self._due.setdefault(key, None)

    def turn(self) -> datetime | None:
        """Look after every intent that is due. The next moment, UTC, at which one is due; None when all ended."""
        now = self._desk.clock()
        for row in list(self.rows()):
            if self._is_due(row, now):
                self._look_after(row)
        waiting = [due for key, due in self._due.items() if key not in self._over and due is not None]
        return min(waiting, default=None)

    def _is_due(self, row: Placement, now: datetime) -> bool:
        """Its time has come, or somebody else has changed it: a person approved, or wants it cancelled."""
        key = row.intent.intent_id
        if self._versions.get(key) != row.version:
            return True
        due = self._due.get(key)
        return key not in self._over and (due is None or now >= due)

    def _look_after(self, row: Placement) -> None:
        key = row.intent.intent_id
        self._note(key, self._desk.begin(key) if row.state is OrderState.PLANNED else self._desk.tick(row))

    def report(self, report: OrderReport) -> None:
        """The venue's stream said something; of orders that are not this run's nothing is done."""
        key = self._ids.get(report.client_order_id) if report.client_order_id else None
        if key is not None:
            self._over.discard(key)
            self._note(key, self._desk.see(key, Seen(report)))

    def cancel(self, why: CancelFor, words: str) -> None:
        """Want every order that has not ended to be cancelled."""
        for row in list(self.rows()):
            if not row.ended:
                self._note(row.intent.intent_id, self._desk.see(row.intent.intent_id, CancelWanted(why, words)))

    def _note(self, key: IntentId, said: Wait | Done) -> None:
        from sql.placements import read_placement

        with self._desk.journal.read() as journal:
            self._versions[key] = read_placement(journal, key).version
        if isinstance(said, Done):
            self._over.add(key)
        else:
            self._over.discard(key)
            self._due[key] = said.until
