"""No order leaves while its account is halted, however long ago risk said yes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest

from sql.breakers import trip
from sql.journal import Journal
from sql.placements import append_intent, read_placement, save
from tasks.orders.desk import OrderDesk, Venue
from tests.databases import Stores
from tests.store.orders.samples import MAIN, NOW, POLICY, a_placement
from tieout.breakers import BreakerName, TradingState, Trip
from tieout.errors import Unavailable
from tieout.execution import note
from tieout.halting import FLATTEN
from tieout.kept_exits import KEPT
from tieout.orders import Order, OrderState
from tieout.placement import ApprovalNeeded, Approved, Observation, Placement
from tieout.sessions import Sessions

if TYPE_CHECKING:
    from sqlalchemy import Connection

HALT = Trip(MAIN, BreakerName.MANUAL, "the desk is closed", TradingState.HALTED)
NYSE = Sessions("XNYS")


@dataclass
class Wire:
    """A venue that cannot be reached, and every order that was sent to it all the same."""

    sent: list[Order] = field(default_factory=list)

    def submit(self, order: Order) -> None:
        self.sent.append(order)
        raise Unavailable("venue", "no connection")


@dataclass(frozen=True)
class Interrupted:
    """The journal, where things happen one after the other, each after a transaction was committed."""

    journal: Journal
    after: list[Callable[[], None]]

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with self.journal.write() as connection:
            yield connection
        if self.after:
            self.after.pop(0)()

    def read(self) -> Any:
        return self.journal.read()


@dataclass
class Bench:
    """A desk with one order on it, and a clock that the test moves."""

    journal: Journal
    said: Observation = field(default_factory=lambda: Approved("risk"))
    wire: Wire = field(default_factory=Wire)
    now: datetime = NOW

    def desk(self, journal: object | None = None) -> OrderDesk:
        venue = Venue(cast(Any, self.wire), NYSE, POLICY)
        return OrderDesk(
            cast(Journal, journal or self.journal), lambda _: venue, lambda _: self.said, lambda *_: None, self.clock
        )

    def clock(self) -> datetime:
        return self.now

    def order(self, **changed: Any) -> Placement:
        row = a_placement(**changed)
        with self.journal.write() as journal:
            append_intent(journal, row, (), now=self.now)
        return row

    def halt(self, told: Trip = HALT) -> None:
        with self.journal.write() as journal:
            trip(journal, told, self.now)

    def row(self, row: Placement) -> Placement:
        with self.journal.read() as journal:
            return read_placement(journal, row.intent.intent_id)


@pytest.fixture
def bench(stores: Stores) -> Bench:
    return Bench(stores.journal)


def test_an_order_that_a_person_approved_during_a_halt_stays_here(bench: Bench) -> None:
    bench.said = ApprovalNeeded(NOW + timedelta(minutes=30))
    desk, row = bench.desk(), bench.order()
    desk.begin(row)
    bench.now += timedelta(minutes=5)
    bench.halt()

    with bench.journal.write() as journal:  # as the approval page writes it, from another process
        after, events = note(read_placement(journal, row.intent.intent_id), Approved("desk"), bench.now, POLICY)
        save(journal, after, events, lease=None, now=bench.now)
    desk.tick(bench.row(row))

    assert bench.wire.sent == []
    assert (bench.row(row).state, bench.row(row).sends) == (OrderState.DENIED, 0)
    assert "the desk is closed" in str(bench.row(row).reason)


def test_an_order_that_could_not_be_sent_is_not_tried_again_during_a_halt(bench: Bench) -> None:
    desk, row = bench.desk(), bench.order()
    desk.begin(row)
    assert len(bench.wire.sent) == 1
    bench.halt()
    bench.now += timedelta(minutes=1)

    desk.tick(bench.row(row))

    assert len(bench.wire.sent) == 1
    assert bench.row(row).state is OrderState.CANCELLED


def test_a_halt_between_the_commit_and_the_wire_is_seen_at_the_last_look(bench: Bench) -> None:
    row = bench.order()
    desk = bench.desk(Interrupted(bench.journal, [bench.halt]))

    desk.begin(row)

    assert bench.wire.sent == []
    after = bench.row(row)
    assert (after.state, after.sends, after.unsent) == (OrderState.CANCELLED, 1, 1)
    assert after.heir is None


def test_a_rest_does_not_go_elsewhere_because_of_a_halt(bench: Bench) -> None:
    row = bench.order(routes=("alpaca-backup",))
    desk = bench.desk()
    for _ in range(POLICY.most_unsent - 1):
        desk.tick(bench.row(row)) if bench.row(row).sends else desk.begin(row)
        bench.now += timedelta(minutes=1)
    sent = len(bench.wire.sent)

    bench.desk(Interrupted(bench.journal, [bench.halt])).tick(bench.row(row))

    assert len(bench.wire.sent) == sent
    assert (bench.row(row).state, bench.row(row).heir) == (OrderState.CANCELLED, None)


def test_reduce_only_since_the_decision_keeps_it_here_too(bench: Bench) -> None:
    row = bench.order()
    bench.now += timedelta(seconds=1)
    bench.halt(Trip(MAIN, BreakerName.BREAK_LOCK, "BRK-1", TradingState.REDUCE_ONLY, scope="KO"))

    bench.desk().begin(row)

    assert bench.wire.sent == []
    assert bench.row(row).state is OrderState.DENIED


@pytest.mark.parametrize("window", [FLATTEN, KEPT])
def test_orders_that_close_positions_leave_during_a_halt(bench: Bench, window: str) -> None:
    bench.halt()

    bench.desk().begin(bench.order(window=window))

    assert len(bench.wire.sent) == 1
