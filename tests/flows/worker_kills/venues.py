"""The two venues that survive: each lets time run, and lets the kill fall at the request that it was told to."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from simulator.protocols.alpaca import AlpacaFace
from simulator.protocols.faults import ALWAYS, Answer
from simulator.protocols.http_face import HttpFace
from simulator.protocols.native import NativeFace
from simulator.protocols.wire import FaceAnswer, FaceRequest
from tests.contract.world import MONDAY, World, a_world
from tests.flows.worker_kills.strikes import Point, Strike, Trigger

METHODS = ("GET", "POST", "DELETE", "PATCH")
_JUST_AFTER_S = 0.002  # long enough for the answer to leave


@dataclass(slots=True)
class Mortal:
    """What a face does with every request: it may be the last one of whoever asks.

    began       real moment, UTC, since when the venue's Monday runs
    is_silent   the answer to the next order gets lost, once
    """

    world: World
    trigger: Trigger
    began: datetime
    orders: str
    is_silent: bool = False

    def strike(self, request: FaceRequest, answer: Answer) -> FaceAnswer:
        self.world.venue.advance(max(self.world.clock.now, MONDAY + (datetime.now(UTC) - self.began)))
        is_order = (request.method, request.path) == ("POST", self.orders)
        if is_order and self.is_silent:
            self.is_silent = False
            answer(request)
            return FaceAnswer(reset=True)
        due = self.trigger.counts(lambda point: point.is_request or (point.is_order and is_order))
        return answer(request) if due is None else self._struck(due, request, answer)

    def _struck(self, due: Strike, request: FaceRequest, answer: Answer) -> FaceAnswer:
        """Where only the worker dies, the run lives and gets its answer."""
        if due.point.is_answered:
            threading.Timer(_JUST_AFTER_S, self.trigger.pull, [due]).start()
            return answer(request)
        acted = answer(request) if due.point.is_booked else None
        self.trigger.pull(due)
        if due.whom.takes_the_run:
            return FaceAnswer(reset=True)
        return acted or answer(request)


@dataclass(frozen=True, slots=True)
class Venue:
    """One account at one venue.

    orders    where its protocol takes orders
    """

    account: str
    broker: str
    face: HttpFace
    world: World
    mortal: Mortal

    def answers(self) -> list[int]:
        """The status of every answer to an order."""
        return [one.status for one in self.face.log if (one.method, one.path) == ("POST", self.mortal.orders)]


@contextmanager
def two_venues(trigger: Trigger, began: datetime) -> Iterator[tuple[Venue, Venue]]:
    """Alpaca and the paper broker, on loopback, on a Monday in the session that began at `began`."""
    with ExitStack() as opened:
        made = []
        for account, broker, kind, orders in (
            ("alpaca-main", "alpaca", AlpacaFace, "/v2/orders"),
            ("paper-second", "paper", NativeFace, "/v1/orders"),
        ):
            world = a_world()
            mortal = Mortal(world, trigger, began, orders)
            face: HttpFace = opened.enter_context(kind(world.venue))
            for method in METHODS:
                face.faults.add(mortal, method=method, times=ALWAYS)
            made.append(Venue(account, broker, face, world, mortal))
        yield made[0], made[1]


def rehearsed(began: datetime) -> str:
    """`TIEOUT_NOW` of every process that is to read the same time."""
    return f"{MONDAY.isoformat()}@{began.isoformat()}"


__all__ = ["Mortal", "Point", "Venue", "rehearsed", "two_venues"]
