"""Desks that break one rule each. The judge must find them out, or it proves nothing about the real one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from simulator.direct import DirectBroker
from tasks.orders import desk as desk_module
from tasks.orders.desk import OrderDesk
from tieout import evidence, next_action
from tieout.ids import IntentId
from tieout.orders import OrderState
from tieout.placement import Approved, Done, Lost, NotSent, Observation, Placement, Proof, ProofKind, Tick, Wait


class WireBeforeJournal(OrderDesk):
    """Sends first and writes it down afterwards: a crash in between leaves an order that nobody knows."""

    __slots__ = ()

    def see(self, intent_id: IntentId, seen: Observation) -> Wait | Done:
        """The order leaves before the row says so; what the venue answers is what gets written."""
        row = self._read(intent_id)
        if isinstance(seen, Approved | Tick) and row.state in {OrderState.PLANNED, OrderState.APPROVED}:
            self.venue_of(row.intent.account_id).broker  # noqa: B018 - opened as the real one does
            desk_module.on_the_wire(self.venue_of(row.intent.account_id).broker, row, desk_module.Submit(), self.clock())
        return super(WireBeforeJournal, self).see(intent_id, seen)


class Resending(OrderDesk):
    """Takes a lost answer for a send that never left, and sends again."""

    __slots__ = ()

    def _carry_out(self, taken: Any) -> Observation:
        seen = super(Resending, self)._carry_out(taken)
        return NotSent(seen.words) if isinstance(seen, Lost) else seen


class Sleepwalking(OrderDesk):
    """Does not look at its lease again before an order leaves: a zombie sends what its successor has given up."""

    __slots__ = ()

    def _require_still_ours(self) -> None:
        return


@contextmanager
def failover_without_proof(patch: Callable[[object, str, object], None]) -> Iterator[None]:
    """The rest goes to the next broker as soon as a send is lost: one empty look is enough."""

    def at_once(row: Placement, now: Any, _policy: object) -> Proof | None:
        return None if row.accepted else Proof(ProofKind.ABSENT, now, row.executed, ("not there",) * 9)

    from tieout import execution

    patch(execution, "absence", at_once)
    yield


@contextmanager
def late_fills_ignored(patch: Callable[[object, str, object], None]) -> Iterator[None]:
    """A confirmed cancel is believed at once: what is shown late is never seen."""
    patch(next_action, "is_unsettled", lambda _row, _policy: False)
    yield


__all__ = ["DirectBroker", "evidence", "replace"]
