"""A desk with a journal and a venue over a real socket: KO is at 60.25, at 66 after a minute, at 54 after two."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from brokers.base import Broker, Capabilities
from simulator.prices import Tick, TickReplay
from sql.placements import append_intent, read_placement
from sql.records import record_account
from tasks.orders.desk import OrderDesk, Venue
from tasks.orders.exits import ExitFollower
from tests.contract.conftest import CREDENTIAL
from tests.contract.venues import VENUES
from tests.contract.venues import Venue as Adapter
from tests.contract.world import KO, MONDAY, World, a_world
from tests.databases import Stores
from tieout.accounts import Account, Mode
from tieout.ids import AccountId
from tieout.instruments import Instrument
from tieout.intents import Intent, intent_id, order_id_of
from tieout.orders import Order, OrderState, OrderType, Side, TimeInForce
from tieout.placement import Approved, Event, Placement, Policy
from tieout.sessions import Sessions

MAIN = AccountId("alpaca-main")
MINUTE = timedelta(minutes=1)
NYSE = Sessions("XNYS")
ADAPTERS = {one.name: one for one in VENUES}


class Adapted:
    """An adapter with another row of capabilities, as of a venue that holds no exits."""

    def __init__(self, broker: Broker, **changed: Any) -> None:
        self._broker = broker
        self.capabilities: Capabilities = replace(broker.capabilities, **changed)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._broker, name)


@dataclass(slots=True)
class ExitDesk:
    """What a window or the risk watch works with, and the world on the other side."""

    world: World
    stores: Stores
    broker: Any
    calls: list[str] = field(default_factory=list)

    @property
    def venue(self) -> Venue:
        return Venue(self.broker, NYSE, Policy())

    @property
    def desk(self) -> OrderDesk:
        """A process that has just started."""
        return OrderDesk(
            self.stores.journal, lambda _: self.venue, lambda _: Approved("risk"), self._tell, self.world.clock
        )

    def decide(self, name: str = "entry", **changed: Any) -> Placement:
        """An entry of ten shares with both exits, written down."""
        key = intent_id(MAIN, name)
        order = Order(order_id_of(key), KO, Side.BUY, Decimal(10), OrderType.MARKET, TimeInForce.DAY)
        order = replace(order, **({"take_profit": Decimal(65), "stop_loss": Decimal(55)} | changed))
        row = Placement(Intent(key, MAIN, order, MONDAY.date(), self.world.clock()), OrderState.PLANNED)
        with self.stores.journal.write() as journal:
            record_account(journal, Account(MAIN, "alpaca", Mode.PAPER, "USD", "XNYS"))
            append_intent(journal, row, (), now=self.world.clock())
        return row

    def enter(self, name: str = "entry", **changed: Any) -> Placement:
        """The same, sent."""
        row = self.decide(name, **changed)
        self.desk.begin(row)
        return self.stored(row)

    def stored(self, row: Placement) -> Placement:
        with self.stores.journal.read() as journal:
            return read_placement(journal, row.intent.intent_id)

    def follow(self) -> tuple[str, ...]:
        """One turn of a process that has just started."""
        return ExitFollower(self.stores.journal, lambda _: self.venue, self._tell, self.world.clock).turn([MAIN])

    def later(self, **passed: float) -> None:
        self.world.venue.advance(self.world.clock() + timedelta(**passed))

    def rows(self, statement: str) -> list[dict[str, Any]]:
        from sqlalchemy import text

        with self.stores.journal.read() as journal:
            return [dict(row) for row in journal.execute(text(statement)).mappings()]

    def booked(self) -> list[tuple[str, int, str]]:
        """Side, units and source of every execution in the book, the oldest first."""
        found = self.rows("SELECT side, quantity, source FROM execution ORDER BY seq")
        return [(row["side"], int(Decimal(row["quantity"])), row["source"]) for row in found]

    def held(self, instrument: Instrument = KO) -> Decimal:
        found = [one.quantity for one in self.world.account.positions() if one.instrument == instrument]
        return sum(found, Decimal(0))

    def _tell(self, row: Placement, event: Event) -> None:
        self.calls.append(f"{event.kind}: {event.words}")


@contextmanager
def exit_desk(
    adapter: Adapter, stores: Stores, *, depth: Decimal | None = None, **capabilities: Any
) -> Iterator[ExitDesk]:
    """A desk at one adapter's face; `capabilities` replace fields of its row."""
    moves = [(MONDAY - timedelta(days=90), "60.25"), (MONDAY + MINUTE, "66"), (MONDAY + 2 * MINUTE, "54")]
    world = a_world(TickReplay(Tick(moment, Decimal(price)) for moment, price in moves), depth=depth)
    with adapter.face(world.venue) as face, adapter.broker(face.base_url, world.clock, CREDENTIAL) as broker:
        yield ExitDesk(world, stores, Adapted(broker, **capabilities) if capabilities else broker)
