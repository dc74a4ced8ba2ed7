"""Keeping the exits that no venue holds: each turn compares a fresh price, and what is reached goes out as an order.

What is decided is decided in one transaction: the exit stands as reached, its order is written down and tied to it, or
nothing is. So two keepers, or one that died in between, make one order; sending it is the order machine's business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from tasks.orders.desk import Venue
from tieout.errors import BrokerError
from tieout.ids import AccountId, IntentId
from tieout.instruments import Instrument
from tieout.kept_exits import (
    Kept,
    KeptExit,
    Price,
    closed_by_others,
    closing_price,
    contested_units,
    exit_intent,
    exit_quantity,
    first_reached,
    held_on,
    why_over,
    with_reached,
)
from tieout.money import ZERO
from tieout.placement import Event, Placement
from tieout.records import ActivityKind
from tieout.risk.types import Market
from tieout.snapshots import Completeness, Snapshot

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from sql.exit_plans import ExitPlan
    from sql.journal import Journal

REORGANISES = frozenset(
    {ActivityKind.SPLIT, ActivityKind.MERGER, ActivityKind.SPINOFF, ActivityKind.SYMBOL_CHANGE, ActivityKind.RIGHTS}
)
SETTLES = timedelta(minutes=1)  # after which a trade is in the position that the venue shows

Entry = tuple[Kept, "ExitPlan"]


@dataclass(frozen=True, slots=True)
class Turn:
    """What one turn came to.

    made    exit orders that are to be sent
    said    what kept exits from being judged or sent, a line each, where it was not said at the last look already
    """

    made: tuple[IntentId, ...] = ()
    said: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExitKeeper:
    """Looks after the kept exits of one account.

    may_not_send   why nothing may go out now, in words; None where it may
    most_age       of a quote
    clock          aware UTC
    """

    journal: Journal
    venue: Venue
    account_id: AccountId
    may_not_send: str | None
    most_age: timedelta
    clock: Callable[[], datetime]

    def turn(self, day: date) -> Turn:
        """Judge every kept exit once.

        raises    BrokerError where the account cannot be read; nothing was decided then
        """
        entries = self._entries()
        if not entries:
            return Turn()
        snapshot = self.venue.broker.fetch_snapshot(day)
        if snapshot.proof.completeness is not Completeness.COMPLETE:
            words = f"{self.account_id}: kept exits are not judged, the account could not be read whole"
            return Turn(said=(words,))
        prices = self._prices([kept.entry.intent.order.instrument for kept, _ in entries], day)
        changed = self._reorganised(entries, day)
        self._note_gone([one for one in entries if _symbol(one[0]) not in changed], snapshot)
        made: list[IntentId] = []
        said: list[str] = []
        for kept, _ in entries:
            if _symbol(kept) in changed:
                one = self._only_say(kept, f"not judged: {changed[_symbol(kept)]} since; its prices are of before that")
            else:
                one = self._judge(kept.entry.intent.intent_id, snapshot, prices, day)
            made += one.made
            said += one.said
        return Turn(tuple(made), tuple(said))

    def conclude(self) -> tuple[str, ...]:
        """End what is over, its siblings with it; one line each."""
        return tuple(words for kept, _ in self._entries() for words in self._end(kept.entry.intent.intent_id))

    def _entries(self) -> tuple[Entry, ...]:
        from sql.kept_exits import read_kept

        with self.journal.read() as journal:
            return read_kept(journal, self.account_id)

    def _prices(self, instruments: Iterable[Instrument], day: date) -> dict[str, Market | None]:
        found: dict[str, Market | None] = {}
        if not self._is_open(day):
            return found
        for one in {each.symbol: each for each in instruments}.values():
            try:
                quote = self.venue.broker.fetch_quote(one)
            except BrokerError:
                found[one.symbol] = None
                continue
            found[one.symbol] = Market(quote.bid, quote.ask, quote.last, seen_at=quote.quoted_at)
        return found

    def _is_open(self, day: date) -> bool:
        sessions, moment = self.venue.sessions, self.clock()
        return sessions.is_session(day) and sessions.opens_at(day) <= moment < sessions.closes_at(day)

    def _reorganised(self, entries: Sequence[Entry], day: date) -> dict[str, str]:
        """Symbols whose prices of an earlier session a split or the like has changed since, and what it was.

        raises    BrokerError where the venue cannot be asked: then nothing that waited over night may be judged
        """
        old = [plan for _, plan in entries if plan.since and self.venue.sessions.business_date(plan.since) < day]
        if not old or not self.venue.broker.capabilities.activities:
            return {}
        since = min(plan.since for plan in old if plan.since)
        found = self.venue.broker.fetch_activities(since, self.clock()).records
        return {one.instrument.symbol: one.kind.value for one in found if one.instrument and one.kind in REORGANISES}

    def _only_say(self, kept: Kept, words: str) -> Turn:
        from sql.exit_plans import note_look, read_plan

        key = kept.entry.intent.intent_id
        with self.journal.write() as journal:
            plan = read_plan(journal, key)
            if plan is None or plan.said == words:
                return Turn()
            note_look(journal, key, words, self.clock())
        return Turn(said=(f"{self.account_id}: exits of {_symbol(kept)} ({key}): {words}",))

    def _note_gone(self, entries: Sequence[Entry], snapshot: Snapshot) -> None:
        """Whatever others have closed is not ours to close again, also where somebody buys the same later."""
        from sql.exit_plans import note_gone, read_plan

        groups: dict[tuple[str, str], list[Kept]] = {}
        for kept, _ in entries:
            groups.setdefault((kept.entry.intent.order.instrument.symbol, kept.side.value), []).append(kept)
        for (symbol, _), group in groups.items():
            held = held_on(group[0].side, _held(snapshot, symbol))
            for key, units in closed_by_others(group, held, snapshot.captured_at - SETTLES).items():
                with self.journal.write() as journal:
                    plan = read_plan(journal, key)
                    before = next(one for one in group if one.entry.intent.intent_id == key)
                    if plan is not None and plan.gone == before.gone:
                        note_gone(journal, key, plan.gone + units)

    def _judge(self, key: IntentId, snapshot: Snapshot, prices: dict[str, Market | None], day: date) -> Turn:
        ended = self._end(key)
        if ended:
            return Turn(said=ended)
        from sql.exit_plans import note_look, read_plan
        from sql.kept_exits import kept_with

        with self.journal.write() as journal:
            plan = read_plan(journal, key)
            if plan is None:  # another has ended it
                return Turn()
            kept = kept_with(journal, plan)
            made, words = self._decide(journal, kept, snapshot, prices, day)
            note_look(journal, key, words, self.clock())
        told = f"{self.account_id}: exits of {kept.entry.intent.order.instrument.symbol} ({key}): {words}"
        return Turn((made.intent.intent_id,) if made else (), (told,) if words not in ("", plan.said) else ())

    def _decide(
        self, journal: Connection, kept: Kept, snapshot: Snapshot, prices: dict[str, Market | None], day: date
    ) -> tuple[Placement | None, str]:
        """The exit order that is written down, and what there is to say where none is."""
        symbol = kept.entry.intent.order.instrument.symbol
        price = self._price(kept, symbol, prices)
        which = first_reached(kept.exits, kept.side, price.price)
        if which is None:
            return None, price.trouble if kept.left else ""
        if price.price is not None:
            which = with_reached(which, price.price, self.clock())
        contested = contested_units(snapshot.open_orders, symbol, kept.side)
        if self.may_not_send is not None or contested is None:
            words = self.may_not_send or "an open order does not say what it trades"
            return None, f"{which.kind.words} {which.price.normalize():f} is reached, and not sent: {words}"
        units = exit_quantity(kept, held_on(kept.side, _held(snapshot, symbol)), contested)
        if units <= 0:
            busy = kept.at_work is not None or kept.left == 0
            return None, "" if busy else f"{which.kind.words} is reached, and other open orders hold the position"
        made = exit_intent(kept, which, units, day, self.clock())
        _write(journal, kept, which, made, self.clock())
        return made, ""

    def _price(self, kept: Kept, symbol: str, prices: dict[str, Market | None]) -> Price:
        if symbol not in prices:
            return Price(None)  # the market is closed, or this entry came meanwhile
        return closing_price(kept.side, prices[symbol], self.clock(), self.most_age)

    def _end(self, key: IntentId) -> tuple[str, ...]:
        """End the exits of an entry where nothing is left to leave, or their time is over."""
        from sql.exit_plans import end_plan, read_plan
        from sql.kept_exits import end_kept, kept_with
        from sql.order_events import append_events

        with self.journal.write() as journal:
            plan = read_plan(journal, key)
            kept = None if plan is None else kept_with(journal, plan)
            words = None if plan is None or kept is None else why_over(kept, plan.until, self.clock())
            if kept is None or words is None:
                return ()
            open_units = kept.left > 0
            told = f"{words}, and {kept.left.normalize():f} units have no exit any more" if open_units else words
            append_events(journal, kept.entry, (Event("exits_over", told, call=open_units),), self.clock())
            end_kept(journal, key, words, self.clock())
            end_plan(journal, key, words, self.clock())
        return (f"{self.account_id}: exits of {key}: {told}",) if open_units else ()


def _write(journal: Connection, kept: Kept, which: KeptExit, made: Placement, now: datetime) -> None:
    """The exit as reached, its order, and that they belong together."""
    from sql.kept_exits import append_exit_order, save_kept
    from sql.order_events import append_events
    from sql.placements import append_intent

    units = f"{made.intent.order.quantity.normalize():f}"
    words = (
        f"{which.kind.words} {which.price.normalize():f} was reached: {units} units go out as {made.intent.intent_id}"
    )
    save_kept(journal, which, now)
    append_intent(journal, made, (Event("planned", f"{which.kind.words} of {which.intent_id}"),), now=now)
    append_exit_order(journal, kept, which, made, now)
    append_events(journal, kept.entry, (Event("exit_reached", words),), now)


def _symbol(kept: Kept) -> str:
    return kept.entry.intent.order.instrument.symbol


def _held(snapshot: Snapshot, symbol: str) -> Decimal:
    return sum((one.quantity for one in snapshot.positions if one.instrument.symbol == symbol), ZERO)
