"""What tests of execution windows share: wishes put into the journal, and a venue whose clock runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from simulator.protocols.alpaca import AlpacaFace
from simulator.protocols.wire import FaceAnswer, FaceRequest
from simulator.venue import SimulatedVenue
from tests.contract.world import MONDAY
from tests.flows.conftest import FlowDesk
from tieout.ids import AccountId, SignalId
from tieout.instruments import equity
from tieout.orders import OrderType, Side
from tieout.signals.types import Signal, Source

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

RISK = "[risk]\n"


class RunningFace(AlpacaFace):
    """Alpaca whose clock runs on from `MONDAY` since the moment it was made."""

    def __init__(self, venue: SimulatedVenue) -> None:
        super().__init__(venue)
        self.began = datetime.now(UTC)

    @property
    def rehearsed(self) -> str:
        """`TIEOUT_NOW` of every process that is to read the same time."""
        return f"{MONDAY.isoformat()}@{self.began.isoformat()}"

    def answer(self, request: FaceRequest) -> FaceAnswer:
        self.venue.advance(max(self.venue.clock.now, MONDAY + (datetime.now(UTC) - self.began)))
        return super().answer(request)


def wish(
    desk: FlowDesk,
    name: str,
    quantity: str = "3",
    *,
    side: Side = Side.BUY,
    limit: str | None = None,
    symbol: str = "KO",
    account: str = "alpaca-main",
    take_profit: str | None = None,
    stop_loss: str | None = None,
    lasts: timedelta = timedelta(hours=5),
) -> None:
    """Put a signal into the journal, as any of its ways in does; it is good for as long after `MONDAY`."""
    from sql.signals import append_signal

    signal = Signal(
        SignalId(name),
        content_hash=name,
        strategy="momentum",
        instrument=equity(symbol),
        side=side,
        source=Source.TABLE,
        received_at=MONDAY,
        expires_at=MONDAY + lasts,
        account_id=AccountId(account),
        quantity=Decimal(quantity),
        order_type=OrderType.LIMIT if limit else OrderType.MARKET,
        limit_price=Decimal(limit) if limit else None,
        take_profit=Decimal(take_profit) if take_profit else None,
        stop_loss=Decimal(stop_loss) if stop_loss else None,
    )
    stores = desk.stores()
    with stores.journal.write() as journal:
        append_signal(journal, signal, MONDAY)
    stores.close()


def trade(desk: FlowDesk, **parameters: Any) -> State[Any]:
    """Run the window in this process."""
    from flows.execution_window import execution_window

    return execution_window(**({"window": "session"} | parameters), return_state=True)
