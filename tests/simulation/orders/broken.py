"""Desks and machines that break one rule each. The judge must find them out, or it proves nothing of the real."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sql.placements import read_placement
from tasks.orders.desk import OrderDesk
from tasks.orders.wire import on_the_wire
from tests.simulation.orders.process import Kinds
from tieout.execution import step
from tieout.ids import IntentId
from tieout.placement import Lost, NotSent, Observation, Placement, Policy, Proof, ProofKind, Step, Submit

Patch = Callable[[str, object], None]


class WireBeforeJournal(OrderDesk):
    """Sends first and commits afterwards: who dies in between leaves an order that nobody knows."""

    def _commit(self, intent_id: IntentId, seen: Observation) -> Step:
        with self.journal.read() as journal:
            row = read_placement(journal, intent_id)
        venue = self.venue_of(row.intent.account_id)
        taken = step(row, seen, self.clock(), venue.policy)
        answer: Any = None
        if isinstance(taken.action, Submit):
            answer = on_the_wire(venue.broker, taken.placement, taken.action, self.clock())
        self.__dict__["early"] = answer
        return super()._commit(intent_id, seen)

    def _carry_out(self, taken: Step) -> Observation:
        if isinstance(taken.action, Submit):
            return self.__dict__["early"]  # type: ignore[no-any-return]
        return super()._carry_out(taken)


class Resending(OrderDesk):
    """Takes a lost answer for a send that never left, and sends again."""

    def _carry_out(self, taken: Step) -> Observation:
        seen = super()._carry_out(taken)
        return NotSent(seen.words) if isinstance(seen, Lost) else seen


class Sleepwalking(OrderDesk):
    """Does not look at its lease again before an order leaves: a zombie sends what its successor has given up."""

    def _require_still_ours(self) -> None:
        return


def absent_at_once(row: Placement, now: datetime, _policy: Policy) -> Proof | None:
    """One empty look is proof enough, and the rest goes to the next broker."""
    return None if row.accepted else Proof(ProofKind.ABSENT, now, row.executed, ("not there",) * 9)


def never_unsettled(_row: Placement, _policy: Policy) -> bool:
    """A confirmed cancel is believed as it stands, whatever is shown late."""
    return False


@dataclass(frozen=True)
class Broken:
    """One rule broken: a desk in place of the real one, or a function of the machine in place of another."""

    name: str
    kinds: Kinds = field(default_factory=Kinds)
    patches: tuple[tuple[str, object], ...] = ()


BROKEN = (
    Broken("wire before journal", Kinds(desk=WireBeforeJournal)),
    Broken("sent again after an ambiguous answer", Kinds(desk=Resending)),
    Broken("failover without waiting for the proof", patches=(("tieout.execution.absence", absent_at_once),)),
    Broken("late fills ignored", patches=(("tieout.next_action.is_unsettled", never_unsettled),)),
    Broken("no look at the lease before the wire", Kinds(desk=Sleepwalking)),
)
