"""What must hold after every seed, whatever went wrong: nothing doubled, nothing lost, nothing unexplained."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

from sqlalchemy import Connection, select

from simulator.direct import DirectAccount
from simulator.orders import WorkingOrder
from sql.fills import read_fills
from sql.placements import read_placements
from sql.rows import read_rows
from sql.schema.journal import escrow, order_event
from tests.simulation.orders.story import ACCOUNTS, DAY
from tests.simulation.orders.world import CASH, World
from tieout.ids import IntentId
from tieout.money import ZERO
from tieout.orders import OrderState as State
from tieout.orders import OrderType
from tieout.placement import CancelFor, Place, Placement, ProofKind
from tieout.records import Execution, RecordStatus

_GOOD_ENDS = frozenset({State.DENIED, State.DECLINED, State.LAPSED, State.EXPIRED})


class Fault(StrEnum):
    """How a seed can fail."""

    DUPLICATE = "duplicate"
    LOST = "lost"
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that must not be."""

    fault: Fault
    words: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one seed came to.

    escalated   intents that wait for a venue which never came back, of which a person was told
    """

    findings: tuple[Finding, ...]
    intents: int
    orders: int
    escalated: int
    proofs: tuple[ProofKind, ...]


def judge(world: World) -> Verdict:
    """Compare what the journal says with what the venues know."""
    with world.journal.read() as journal:
        court = Court(world, journal)
        return Verdict(
            tuple(court.findings()),
            len(court.rows),
            sum(sum(venue.uses.values()) for venue in world.venues.values()),
            sum(court.waits_for_the_dead(row) for row in court.rows.values()),
            tuple(row.proof.kind for row in court.rows.values() if row.proof is not None),
        )


class Court:
    """The journal of one seed beside its venues."""

    def __init__(self, world: World, journal: Connection) -> None:
        self._world = world
        self._journal = journal
        rows = [row for account in ACCOUNTS for row in read_placements(journal, account, business_date=DAY)]
        self.rows = {row.intent.intent_id: row for row in rows}

    def findings(self) -> Iterator[Finding]:
        """Everything that must not be."""
        yield from (
            _unexplained(f"nobody had overtaken it, and it was refused: {words}") for words in self._world.strange
        )
        for start in self._world.story.intents:
            if start.intent.intent_id not in self.rows:
                yield Finding(Fault.LOST, f"{start.intent.intent_id} is not in the journal")
                continue
            yield from self._family(self._line(start.intent.intent_id))
        for row in self.rows.values():
            yield from self._one(row)
        for venue in self._world.venues.values():
            yield from self._venue(venue)

    def waits_for_the_dead(self, row: Placement) -> bool:
        """Its venue never came back, and a person was told."""
        return row.intent.account_id in self._world.story.dead and bool(
            row.told & {"unknown", "cancel", "unbooked", "unconfirmed"}
        )

    # One decision, and all who went on with it

    def _line(self, first: IntentId) -> list[Placement]:
        line = [self.rows[first]]
        while (heir := line[-1].heir) is not None and heir in self.rows:
            line.append(self.rows[heir])
        return line

    def _family(self, line: list[Placement]) -> Iterator[Finding]:
        wanted = line[0].intent.order.quantity
        keys = {row.intent.order.client_order_id for row in line}
        for moment in self._world.exposures:
            held = sum((units for key, units in moment.units.items() if key in keys), ZERO)
            if held > wanted:
                yield Finding(
                    Fault.DUPLICATE, f"{moment.at:%H:%M:%S.%f}: {held} units could trade of {wanted} intended"
                )
                break
        traded = sum((_filled(one) for row in line for one in self._orders(row)), ZERO)
        if traded > wanted:
            yield Finding(Fault.DUPLICATE, f"{traded} units traded of {wanted} intended")
        for older, younger in pairwise(line):
            if younger.intent.parent_id != older.intent.intent_id or older.proof is None:
                yield _unexplained(f"{younger.intent.intent_id} goes on without proof")
        if line[-1].heir is not None:
            yield Finding(Fault.LOST, f"{line[-1].intent.intent_id} names an heir who is not there")
        if not self._is_explained(line[-1]):
            yield Finding(Fault.LOST, f"{_named(line[-1])} left {line[-1].remaining}: {line[-1].reason}")

    def _is_explained(self, row: Placement) -> bool:
        """Whether what did not trade did not trade for a good reason."""
        if not row.ended:
            return self.waits_for_the_dead(row)
        if row.remaining == 0 or not row.reason:
            return row.remaining == 0
        if _was_too_late(row) or self.waits_for_the_dead(row):
            return True
        if row.state is State.REJECTED:
            return row.proof is not None and not row.intent.routes
        if row.state is State.CANCELLED:
            return self._may_be_cancelled(row)
        return row.state in _GOOD_ENDS

    def _may_be_cancelled(self, row: Placement) -> bool:
        if row.cancel_for is CancelFor.WITHDRAWN or row.sends == 0:
            return True
        if row.cancel_for is CancelFor.CONVERT:
            return row.intent.order.order_type is OrderType.MARKET
        return not row.intent.routes

    # One intent and its order

    def _one(self, row: Placement) -> Iterator[Finding]:
        if row.intent.account_id in self._world.story.dead:
            return
        if not row.ended:
            yield Finding(Fault.LOST, f"{_named(row)} never ended")
            return
        if "surfaced" in row.told or "overfill" in row.told:
            yield _unexplained(f"{_named(row)}: {sorted(row.told)}")
        yield from self._truth(row)
        yield from self._evidence(row)
        yield from self._book(row)
        held = read_rows(
            self._journal,
            select(escrow).where(escrow.c.intent_id == row.intent.intent_id, escrow.c.released_at.is_(None)),
        )
        if held:
            yield _unexplained(f"{_named(row)} ended and still keeps {held[0]['quantity']} in escrow")

    def _truth(self, row: Placement) -> Iterator[Finding]:
        orders = self._orders(row)
        if len(orders) > 1:
            yield Finding(Fault.DUPLICATE, f"{_named(row)}: the venue took it {len(orders)} times")
        for order in orders:
            if not row.accepted or row.sends == 0:
                yield Finding(Fault.LOST, f"{_named(row)}: the journal does not know that the venue has it")
            if order.state.is_live:
                yield Finding(Fault.LOST, f"{_named(row)} works on at the venue")
            elif _filled(order) != row.executed and not self._is_busted(row):
                yield _unexplained(f"{_named(row)}: the venue filled {_filled(order)}, we know {row.executed}")
        if row.accepted and not orders:
            yield _unexplained(f"{_named(row)} is called accepted, and the venue never had it")

    def _evidence(self, row: Placement) -> Iterator[Finding]:
        """No fate is closed by silence: each `unknown` was followed by the venue's word or a proof of absence."""
        kinds = self._events(row)
        if "unknown" in kinds and not row.accepted:
            last = kinds[len(kinds) - kinds[::-1].index("unknown") :]
            proven = row.proof is not None and row.proof.kind in {ProofKind.ABSENT, ProofKind.REJECTED}
            resent = "absent" in last
            if not (proven or resent or self._is_absent_and_cancelled(row)):
                yield _unexplained(f"{_named(row)}: unknown was closed without evidence: {row.reason}")
        if row.proof is not None and row.proof.kind is ProofKind.ABSENT:
            policy = self._world.story.policies[row.intent.account_id]
            if len(row.proof.evidence) < policy.rounds or self._orders(row):
                yield _unexplained(f"{_named(row)}: not absent: {row.proof.evidence}")
        if row.sends > 1 and row.sends - row.unsent - row.absences > 1:
            yield Finding(Fault.DUPLICATE, f"{_named(row)} went to the wire again after a try that may have arrived")

    def _is_absent_and_cancelled(self, row: Placement) -> bool:
        looks = [look for look in row.lookups if look.complete]
        return row.state is State.CANCELLED and {look.place for look in looks} >= {Place.LIST, Place.EXECUTIONS}

    def _events(self, row: Placement) -> list[str]:
        wanted = select(order_event.c.event).where(order_event.c.intent_id == row.intent.intent_id)
        return [found["event"] for found in read_rows(self._journal, wanted.order_by(order_event.c.event_id))]

    def _book(self, row: Placement) -> Iterator[Finding]:
        intent = row.intent
        booked = {one.execution_id: one for one in read_fills(self._journal, [row])[intent.intent_id]}
        ours = {key: _content(one) for key, one in booked.items() if not self._was_busted(one)}
        theirs = {one.execution_id: _content(one) for one in self._executions(row) if not self._was_busted(one)}
        if ours != theirs:
            yield _unexplained(f"{_named(row)}: the book holds {ours}, the venue {theirs}")
        standing = sum((one.quantity for one in booked.values() if one.status is not RecordStatus.CANCELLED), ZERO)
        if row.booked != standing:
            yield _unexplained(f"{_named(row)}: it counts {row.booked} booked, the book holds {standing}")

    # One venue

    def _venue(self, venue: DirectAccount) -> Iterator[Finding]:
        known = {row.intent.order.client_order_id for row in self.rows.values()}
        for key in venue.uses:
            if key not in known:
                yield Finding(Fault.LOST, f"the venue has order {key}, of which the journal knows nothing")
        standing = [one for one in venue.account.books.executions.all if one.status is not RecordStatus.CANCELLED]
        moved = sum((one.cash_change - one.fee for one in standing), ZERO)
        if venue.account.books.cash.traded("USD") != CASH + moved:
            yield _unexplained(f"cash is {venue.account.books.cash.traded('USD')}, trades moved {moved} of {CASH}")

    def _orders(self, row: Placement) -> list[WorkingOrder]:
        key = row.intent.order.client_order_id
        desk = self._world.venues[row.intent.account_id].account.desk
        return [one for one in desk.orders if one.order.client_order_id.partition("#")[0] == key]

    def _executions(self, row: Placement) -> list[Execution]:
        ids = {one.broker_order_id for one in self._orders(row)}
        books = self._world.venues[row.intent.account_id].account.books
        return [one for one in books.executions.all if one.broker_order_id in ids]

    def _was_busted(self, execution: Execution) -> bool:
        """Taken back: after the order has ended that is for the close to find."""
        return any(one.execution_id == execution.execution_id for one in self._world.busted)

    def _is_busted(self, row: Placement) -> bool:
        return any(self._was_busted(one) for one in self._executions(row))


def _was_too_late(row: Placement) -> bool:
    """By the clock of whoever ended it."""
    until, at = row.intent.valid_until, row.confirmed_at or row.ended_at
    return until is not None and at is not None and at >= until


def _filled(order: WorkingOrder) -> Decimal:
    return order.filled_quantity


def _content(execution: Execution) -> tuple[object, ...]:
    return execution.quantity, execution.price, execution.side, execution.instrument.symbol, execution.executed_at


def _named(row: Placement) -> str:
    return f"{row.intent.intent_id} at {row.intent.account_id} ({row.intent.order.client_order_id[:6]}, {row.state})"


def _unexplained(words: str) -> Finding:
    return Finding(Fault.UNEXPLAINED, words)
