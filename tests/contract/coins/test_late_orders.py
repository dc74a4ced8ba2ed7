"""An order that reaches the venue late dies there, where the venue offers it: Kraken's `deadline`, OKX's `expTime`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import parse_qs

import pytest

from brokers.base import Broker
from brokers.ccxt.venue import IN_TIME_MS
from simulator.protocols.http_face import HttpFace
from simulator.protocols.kraken.face import KrakenFace
from simulator.protocols.okx.face import OkxFace
from simulator.protocols.wire import FaceAnswer, FaceRequest
from tests.contract.coins.test_spot import an_order
from tests.contract.coins.venues import VENUES, CoinVenue
from tests.unit.simulator.protocols.coins.world import CoinWorld
from tieout.errors import Ambiguous, BrokerError, Unavailable

LATE = timedelta(milliseconds=IN_TIME_MS) + timedelta(seconds=4)  # and still within what stamps are allowed to be off
SAID: dict[str, type[BrokerError]] = {"kraken": Ambiguous, "okx": Unavailable}


class _Kept:
    """Keeps the requests that place orders."""

    placed: list[FaceRequest]

    def keep(self, request: FaceRequest) -> None:
        if request.path in ("/0/private/AddOrder", "/api/v5/trade/batch-orders"):
            self.placed = [*getattr(self, "placed", []), request]


class KeptKraken(KrakenFace, _Kept):
    def answer(self, request: FaceRequest) -> FaceAnswer:
        self.keep(request)
        return super().answer(request)


class KeptOkx(OkxFace, _Kept):
    def answer(self, request: FaceRequest) -> FaceAnswer:
        self.keep(request)
        return super().answer(request)


@pytest.fixture(params=[one for one in VENUES if one.name in SAID], ids=lambda venue: venue.name)
def venue(request: pytest.FixtureRequest) -> CoinVenue:
    found: CoinVenue = request.param
    return found


@pytest.fixture
def face(venue: CoinVenue, world: CoinWorld) -> Iterator[HttpFace]:
    with (KeptKraken if venue.name == "kraken" else KeptOkx)(world.venue) as face:
        yield face


def last_moment(face: HttpFace) -> datetime:
    """Until when the venue may take the order that came last."""
    assert isinstance(face, KeptKraken | KeptOkx)
    request = face.placed[-1]
    if isinstance(face, KeptOkx):
        return datetime.fromtimestamp(int(request.headers["exptime"]) / 1000, UTC)
    return datetime.fromisoformat(parse_qs(request.body.decode())["deadline"][0])


def test_each_order_says_until_when_it_is_wanted(broker: Broker, face: HttpFace) -> None:
    before = datetime.now(UTC)
    broker.submit(an_order(limit="50000"))
    after = datetime.now(UTC)

    wanted = timedelta(milliseconds=IN_TIME_MS)
    assert before - timedelta(milliseconds=1) <= last_moment(face) - wanted <= after
    assert Decimal(IN_TIME_MS) / 1000 < broker.capabilities.visibility_delay_s  # nobody calls it absent before


def test_a_late_order_is_turned_away_and_nothing_of_it_is_there(
    broker: Broker, world: CoinWorld, face: HttpFace, venue: CoinVenue
) -> None:
    """OKX turns it away unseen. Kraken's word does not say whether the order was there before: it is looked up."""
    assert isinstance(face, KrakenFace | OkxFace)
    order = an_order(limit="50000")
    broker.fetch_snapshot(world.clock.now.date())
    face.skew = LATE

    with pytest.raises(SAID[venue.name]) as refusal:
        broker.submit(order)

    assert type(refusal.value) is SAID[venue.name]
    assert world.account.orders() == ()
    assert broker.fetch_order(order.client_order_id) is None


def test_in_time_it_is_taken_by_the_same_clock(broker: Broker, world: CoinWorld, face: HttpFace) -> None:
    assert isinstance(face, KrakenFace | OkxFace)
    face.skew = timedelta(milliseconds=IN_TIME_MS) - timedelta(seconds=3)

    broker.submit(an_order(limit="50000"))

    assert len(world.account.orders()) == 1
