"""SIGKILL of real flow-run processes in the middle of their windows: no order is doubled, and none is lost.

A real Prefect server, the Alpaca face with a running clock in this process, and windows that run as flow runs in
processes of their own over real HTTP and the real stores. A start of such a process costs five seconds of imports, so
they are forked from a warm one that has imported Prefect and the flow once (`window_process.py`): each child runs the
very flow against the server, as a worker's process does.

The kill falls at a random request (before the venue sees it, after it acted but before the answer, or just after the
answer) or at a random transaction of the journal (before the commit, or after it), by the seed. Then the window is
started again, until every intent has ended.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from simulator.protocols.wire import FaceAnswer, FaceRequest
from simulator.venue import SimulatedVenue
from tests.contract.world import World, a_world
from tests.flows.conftest import FlowDesk
from tests.flows.forking import Warm, environment_of, warm_process
from tests.flows.windows import RISK, RunningFace, wish
from tieout.orders import OrderState, Side
from tieout.placement import TERMINAL

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect-kills")]  # minutes, beside the other flow tests
KILLS = 50
INTENTS = 4  # of one batch of signals


@dataclass(frozen=True, slots=True)
class Strike:
    """Where the next process dies.

    at        `request`, `order` (a POST of one) or `commit`
    nth       which of them
    moment    of a request: before, booked (after the venue acted), answered; of a commit: before, after
    """

    at: str
    nth: int
    moment: str


def a_strike(rng: random.Random) -> Strike:
    """Half of the strikes fall on orders on the wire, where a double could come from."""
    at = rng.choice(["order", "order", "request", "commit"])
    if at == "commit":
        return Strike(at, rng.randrange(1, 24), rng.choice(["before", "after"]))
    return Strike(
        at, rng.randrange(1, INTENTS + 1 if at == "order" else 30), rng.choice(["before", "booked", "answered"])
    )


class KillingFace(RunningFace):
    """Alpaca that ends whoever asks it at a chosen request."""

    def __init__(self, venue: SimulatedVenue, holder: Callable[[], int | None]) -> None:
        super().__init__(venue)
        self._holder = holder
        self._strike: Strike | None = None
        self._seen = 0

    def arm(self, strike: Strike | None) -> None:
        """The next strike; requests are counted from now on."""
        self._strike, self._seen = strike, 0

    def answer(self, request: FaceRequest) -> FaceAnswer:
        if not self._is_struck(request):
            return super().answer(request)
        moment = self._strike.moment if self._strike else ""
        self._strike = None
        if moment == "answered":
            threading.Timer(0.002, self._kill).start()
            return super().answer(request)
        if moment == "booked":
            super().answer(request)
        self._kill()
        return FaceAnswer(reset=True)

    def _is_struck(self, request: FaceRequest) -> bool:
        strike = self._strike
        if strike is None or strike.at == "commit":
            return False
        if strike.at == "order" and (request.method, request.path) != ("POST", "/v2/orders"):
            return False
        self._seen += 1
        return self._seen == strike.nth and self._holder() is not None

    def _kill(self) -> None:
        if (pid := self._holder()) is not None:
            os.kill(pid, signal.SIGKILL)


def lease_holder(journal: Path) -> int | None:
    """The process that holds the window's lease; None where nobody does."""
    connection = sqlite3.connect(journal, timeout=10)
    try:
        found = connection.execute("SELECT holder FROM lease WHERE NOT released").fetchall()
    finally:
        connection.close()
    return int(found[0][0].split(":")[1]) if found else None


@pytest.fixture
def world() -> World:
    """Monday, in the session."""
    return a_world()


@pytest.fixture
def face(world: World, tmp_path: Path) -> Iterator[KillingFace]:
    with KillingFace(world.venue, lambda: lease_holder(tmp_path / "data" / "journal.sqlite")) as running:
        yield running


@pytest.fixture
def desk(flow_desk: FlowDesk, face: KillingFace, monkeypatch: pytest.MonkeyPatch) -> FlowDesk:
    monkeypatch.setenv("TIEOUT_NOW", face.rehearsed)
    flow_desk.configure(
        flow_desk.more
        + RISK
        + 'max_trades_per_day = 1000\n[accounts.alpaca-main.options]\nrequests_per_minute = "60000"\n'
    )
    return flow_desk.account("alpaca-main", face.base_url, timeout_s=1)


def unfinished(desk: FlowDesk) -> list[str]:
    """States of intents that have not ended or whose trades are not all booked, and of signals that nobody took."""
    rows = desk.journal_rows("SELECT state, filled, booked FROM intent")
    waiting = desk.journal_rows("SELECT state FROM signal WHERE state = 'pending'")
    left = [row for row in rows if OrderState(row["state"]) not in TERMINAL or row["filled"] != row["booked"]]
    return [row["state"] for row in (*left, *waiting)]


def require_each_once(desk: FlowDesk, face: KillingFace, world: World, wishes: int) -> None:
    """The venue's own list, our intents and our book tell the same story."""
    assert unfinished(desk) == []
    rows = desk.journal_rows("SELECT client_order_id, state, quantity, filled FROM intent")
    assert [row["state"] for row in rows] == ["filled"] * wishes
    listed = Counter(str(one.client_order_id) for one in world.account.orders())
    assert listed == {row["client_order_id"]: 1 for row in rows}
    ours = {row["client_order_id"]: Decimal(row["quantity"]) for row in rows}
    assert ours == {str(one.client_order_id): one.filled_quantity for one in world.account.orders()}
    traded = sorted((str(one.client_order_id), one.quantity, one.price) for one in world.account.executions)
    booked = desk.journal_rows("SELECT client_order_id, quantity, price FROM execution WHERE source = 'order'")
    assert sorted((one["client_order_id"], Decimal(one["quantity"]), Decimal(one["price"])) for one in booked) == traded
    answers = Counter(one.status for one in face.log if (one.method, one.path) == ("POST", "/v2/orders"))
    assert answers[422] == 0, "an order that the venue had was sent again"


def wish_for(desk: FlowDesk, batch: int) -> None:
    """Signals whose buys and sells cancel out, so that no limit of ours is ever near."""
    for number in range(INTENTS):
        side = Side.BUY if number % 2 else Side.SELL
        wish(desk, f"batch {batch}, {number}", str(1 + number // 2), side=side)


def struck(warm: Warm, face: KillingFace, strike: Strike | None) -> bool:
    """One flow run under a strike; whether it was killed."""
    face.arm(strike)
    at_commit = strike is not None and strike.at == "commit"
    nth = strike.nth if strike is not None and at_commit else 0
    return warm.run(commit=nth, before=strike is not None and strike.moment == "before")


@pytest.fixture
def warm(desk: FlowDesk, face: KillingFace) -> Iterator[Warm]:
    with warm_process(desk, environment_of(desk, face.rehearsed)) as running:
        yield running


def test_windows_killed_at_random_send_each_intent_exactly_once(
    warm: Warm, desk: FlowDesk, face: KillingFace, world: World
) -> None:
    rng, kills, batches = random.Random(20260302), 0, 0
    moments: Counter[tuple[str, str]] = Counter()
    while kills < KILLS:
        wish_for(desk, batches)
        batches += 1
        while unfinished(desk):
            strike = a_strike(rng)
            if struck(warm, face, strike):
                kills += 1
                moments[strike.at, strike.moment] += 1

    require_each_once(desk, face, world, batches * INTENTS)
    assert len(moments) >= 6, moments  # every kind of moment has been struck
