"""Following the exits that the venue holds: after their entry has filled they trade under ids of the venue's own.

Whoever runs does it: the window while it lasts, the risk watch and the next window after it. Two at a time do no harm:
reports only ever add, and an execution is booked once by its id. What nobody followed is booked by the close.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tasks.orders.desk import Tell, Venue
from tasks.orders.wire import CLOCKS_APART
from tieout.errors import BrokerError
from tieout.ids import AccountId, BrokerOrderId, IntentId
from tieout.orders import OrderReport
from tieout.placement import Event
from tieout.venue_exits import conclude, wants_fills

if TYPE_CHECKING:
    from sql.exit_plans import ExitPlan
    from sql.journal import Journal

LOOK_EVERY = timedelta(seconds=15)  # the stream tells sooner
ONE_BY_ONE = 3  # entries that are looked up by id; of more the whole list is read at once
EARLIER = timedelta(days=1)  # fills are searched from so long before the last look

Reports = dict[IntentId, OrderReport]


@dataclass(slots=True)
class ExitFollower:
    """Follows the exits of any number of accounts.

    tell    called for events that a person must know, after they were committed
    clock   aware UTC
    """

    journal: Journal
    venue_of: Callable[[AccountId], Venue]
    tell: Tell
    clock: Callable[[], datetime]
    _looked: dict[IntentId, datetime] = field(default_factory=dict)
    _known: dict[BrokerOrderId, IntentId] = field(default_factory=dict)

    def turn(self, accounts: Iterable[AccountId]) -> tuple[str, ...]:
        """Look after the exits that are due. What could not be asked, a line each; the next turn asks again."""
        from sql.exit_plans import HeldBy, open_plans

        troubles = []
        for account_id in accounts:
            with self.journal.read() as journal:
                plans = open_plans(journal, account_id, HeldBy.VENUE)
            due = [one for one in plans if one.entry.executed > 0 or one.entry.ended]
            due = [one for one in due if self._is_due(one)]
            try:
                self._follow(account_id, due)
            except BrokerError as error:
                troubles.append(f"{account_id}: exits were not looked at: {error}")
        return tuple(troubles)

    def heard(self, report: OrderReport) -> None:
        """The venue's stream said something; where it is about an exit, that is looked at in the next turn."""
        entry = self._known.get(report.broker_order_id)
        if entry is not None:
            self._looked.pop(entry, None)

    def _is_due(self, plan: ExitPlan) -> bool:
        looked = self._looked.get(plan.entry.intent.intent_id)
        return looked is None or self.clock() >= looked + LOOK_EVERY

    def _follow(self, account_id: AccountId, plans: Sequence[ExitPlan]) -> None:
        if not plans:
            return
        self._looked |= {one.entry.intent.intent_id: self.clock() for one in plans}
        venue = self.venue_of(account_id)
        reports = self._reports(venue, plans)
        missing = [one for one in plans if self._take_in(one, reports.get(one.entry.intent.intent_id), venue)]
        if missing:
            self._book(missing, venue)
        for one in plans:
            if one.entry.intent.intent_id in reports:
                self._conclude(one, venue)

    def _reports(self, venue: Venue, plans: Sequence[ExitPlan]) -> Reports:
        """Entries with their exits inside, as the venue shows them now."""
        ids = {one.entry.intent.order.client_order_id: one.entry.intent.intent_id for one in plans}
        if len(plans) <= ONE_BY_ONE:
            asked = [venue.broker.fetch_order(key) for key in ids]
        else:
            since = min(one.entry.sent_at or one.entry.intent.created_at for one in plans)
            asked = list(venue.broker.fetch_orders(since - CLOCKS_APART, self.clock() + CLOCKS_APART))
        found = [one for one in asked if one is not None and one.client_order_id in ids]
        return {ids[one.client_order_id]: one for one in found if one.client_order_id is not None}

    def _take_in(self, plan: ExitPlan, report: OrderReport | None, venue: Venue) -> bool:
        """Keep what the venue says of the exits; whether their executions must be asked for."""
        from sql.order_events import append_events
        from sql.venue_exits import keep_exits, read_exits

        if report is None:
            return False
        row = plan.entry
        with self.journal.write() as journal:
            before = {one.broker_order_id: one for one in read_exits(journal, row.intent.intent_id)}
            after = keep_exits(journal, row, report, self.clock())
            changed = [
                one for one in after if (old := before.get(one.broker_order_id)) is None or old.words != one.words
            ]
            append_events(journal, row, [Event("exit", one.words) for one in changed], self.clock())
        self._known |= {one.broker_order_id: row.intent.intent_id for one in after}
        return any(wants_fills(one, self.clock(), venue.policy.visibility) for one in after)

    def _book(self, plans: Sequence[ExitPlan], venue: Venue) -> None:
        from sql.venue_exits import book_exit, read_exits

        since = min(_searched_from(one) for one in plans) - CLOCKS_APART
        fetched = venue.broker.fetch_executions(since, self.clock() + CLOCKS_APART)
        for plan in plans:
            with self.journal.write() as journal:
                for one in read_exits(journal, plan.entry.intent.intent_id):
                    book_exit(journal, one, fetched.records, sessions=venue.sessions, now=self.clock())

    def _conclude(self, plan: ExitPlan, venue: Venue) -> None:
        from sql.exit_plans import end_plan, note_look, read_plan
        from sql.order_events import append_events
        from sql.venue_exits import read_exits

        key = plan.entry.intent.intent_id
        with self.journal.write() as journal:
            standing = read_plan(journal, key)
            if standing is None:  # another has ended it
                return
            event = conclude(standing.entry, read_exits(journal, key), self.clock(), venue.policy.visibility)
            if event is None:
                note_look(journal, key, "", self.clock())
                return
            append_events(journal, standing.entry, (event,), self.clock())
            end_plan(journal, key, event.words, self.clock())
        if event.call:
            self.tell(standing.entry, event)


def _searched_from(plan: ExitPlan) -> datetime:
    sent = plan.entry.sent_at or plan.entry.intent.created_at
    return sent if plan.looked_at is None else max(sent, plan.looked_at - EARLIER)
