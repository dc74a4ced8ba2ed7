"""Interactive Brokers in the flows: a close that is never fooled, and a backup for an option order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from simulator.protocols.faults import ALWAYS, Status
from simulator.protocols.tws_faults import Silent
from simulator.protocols.tws_talk import Talk
from simulator.protocols.wire import FaceAnswer, FaceRequest
from simulator.venue import SimulatedVenue
from tests.contract.ib_faces import QUERY, TOKEN, IbFaces, both
from tests.contract.world import KO_CALL, MONDAY, World, a_world
from tests.flows.conftest import FlowDesk
from tests.flows.test_failover import explained, intents, orders_at
from tests.flows.windows import RISK, RunningFace, trade
from tieout.ids import AccountId, SignalId
from tieout.orders import OrderType, Side
from tieout.signals.types import Signal, Source

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect")]
DAY = date(2026, 3, 2)
REFUSAL = Status(403, b'{"code":40310000,"message":"insufficient buying power"}')


class RunningFaces(IbFaces):
    """Both wires, with a clock that runs on from `MONDAY` since `began`."""

    def __init__(self, venue: SimulatedVenue, began: datetime) -> None:
        super().__init__(venue)
        self.began = began

    def through(self, request: FaceRequest, talk: Talk) -> FaceAnswer:
        self.venue.advance(max(self.venue.clock.now, MONDAY + (datetime.now(UTC) - self.began)))
        return super().through(request, talk)


def with_ib(desk: FlowDesk, name: str, face: IbFaces, monkeypatch: pytest.MonkeyPatch, **keys: object) -> FlowDesk:
    """The desk with an account at Interactive Brokers."""
    socket, flex = both(face.base_url)
    monkeypatch.setenv("IBKR_FLEX_QUERY_ID", QUERY)
    monkeypatch.setenv("IBKR_FLEX_TOKEN", TOKEN)
    desk.configure(f'{desk.more}[accounts.{name}.options]\nflex_endpoint = "{flex}"\n')
    return desk.account(name, f"http://{socket}", broker="ibkr", credential="env:IBKR_FLEX", **keys)


@pytest.fixture
def ib(world: World) -> Iterator[IbFaces]:
    with IbFaces(world.venue) as face:
        yield face


def test_a_silent_positions_request_fails_the_snapshot_and_opens_no_break(
    flow_desk: FlowDesk, ib: IbFaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_ib(flow_desk, "ib-main", ib, monkeypatch, timeout_s=1)
    ib.faults.add(Silent(), "/positions", times=ALWAYS)

    state = flow_desk.close(date=DAY)

    assert (state.name, state.is_failed()) == ("Quarantined", True)
    (snapshot,) = flow_desk.rows("SELECT completeness, status FROM snapshot")
    assert snapshot == {"completeness": "failed", "status": "quarantined"}
    assert flow_desk.rows("SELECT symbol FROM snapshot_position") == []
    assert flow_desk.journal_rows("SELECT break_id FROM break_case") == []


def test_an_option_order_that_alpaca_refuses_goes_to_interactive_brokers_with_its_proof(
    flow_desk: FlowDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RunningFace(a_world().venue) as primary, RunningFaces(a_world().venue, primary.began) as backup:
        monkeypatch.setenv("TIEOUT_NOW", primary.rehearsed)
        risk = RISK + 'day_range_pct = "none"\n'  # Alpaca states no day's range of an option
        flow_desk.configure(flow_desk.more + risk + '[accounts.primary.routes]\noption = ["backup"]\n')
        flow_desk.account("primary", primary.base_url, timeout_s=2)
        with_ib(flow_desk, "backup", backup, monkeypatch, timeout_s=2)
        primary.faults.add(REFUSAL, "/v2/orders", "POST", times=1)
        wish_an_option(flow_desk)

        assert trade(flow_desk, accounts=["primary"]).name == "Done"

        assert orders_at(primary) == []
        (account,) = backup.venue.accounts.values()
        (there,) = account.orders()
        assert (there.instrument, there.filled_quantity) == (KO_CALL, Decimal(2))

    parent, heir = intents(flow_desk)
    assert (parent["account_id"], parent["state"]) == ("primary", "rejected")
    assert (heir["account_id"], heir["state"], heir["client_order_id"]) == ("backup", "filled", there.client_order_id)
    (proof,) = explained(heir["client_order_id"])["proofs"]
    assert proof["kind"] == "rejected"
    booked = flow_desk.journal_rows("SELECT account_id, quantity FROM execution")
    assert [(one["account_id"], int(Decimal(one["quantity"]))) for one in booked] == [("backup", 2)]


def wish_an_option(desk: FlowDesk) -> None:
    from sql.signals import append_signal

    signal = Signal(
        SignalId("call"),
        content_hash="call",
        strategy="momentum",
        instrument=KO_CALL,
        side=Side.BUY,
        source=Source.TABLE,
        received_at=MONDAY,
        expires_at=MONDAY + timedelta(hours=5),
        account_id=AccountId("primary"),
        quantity=Decimal(2),
        order_type=OrderType.MARKET,
    )
    stores = desk.stores()
    with stores.journal.write() as journal:
        append_signal(journal, signal, MONDAY)
    stores.close()
