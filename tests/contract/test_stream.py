"""The stream of the venue that has a connection which can break: gaps are told, never hidden."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from brokers.base import Broker
from brokers.credentials import Credential
from simulator.protocols.alpaca import AlpacaFace
from simulator.protocols.http_face import HttpFace
from simulator.protocols.streaming import StreamFault
from tests.contract.conftest import CREDENTIAL
from tests.contract.test_updates import PATIENCE_S, heard, states
from tests.contract.venues import VENUES, Venue
from tests.contract.world import TERMS, World, an_order
from tieout.errors import Unauthorised, Unavailable
from tieout.ids import client_order_id
from tieout.orders import OrderReport, OrderState

ALPACA = VENUES[0]


@pytest.fixture
def stream(world: World) -> AlpacaFace:
    return AlpacaFace(world.venue)


@pytest.fixture
def venue() -> Venue:
    return ALPACA


@pytest.fixture
def face(stream: AlpacaFace) -> Iterator[HttpFace]:
    with stream:
        yield stream


def test_a_broken_connection_is_told_after_what_came_before_it(broker: Broker, stream: AlpacaFace) -> None:
    list(broker.order_updates())
    stream.stream.fail(StreamFault.HANG_UP, skip=2)  # pending_new and new pass, the fill does not
    broker.submit(an_order())

    reports: list[OrderReport] = []
    with pytest.raises(Unavailable, match="may have been missed"):
        collect(broker, reports)

    assert states(reports) in ([], [OrderState.WORKING])  # a reset may overtake what was on its way
    found = broker.fetch_order(client_order_id("first"))
    assert found is not None
    assert found.state is OrderState.FILLED


def test_after_a_gap_the_next_call_listens_again(broker: Broker, stream: AlpacaFace) -> None:
    list(broker.order_updates())
    stream.stream.fail(StreamFault.HANG_UP)
    broker.submit(an_order())
    with pytest.raises(Unavailable):
        list(broker.order_updates(PATIENCE_S))

    assert list(broker.order_updates()) == []
    broker.submit(an_order("second"))

    assert heard(broker, OrderState.FILLED, "second")


def test_a_frame_that_cannot_be_read_is_a_gap(broker: Broker, stream: AlpacaFace) -> None:
    list(broker.order_updates())
    stream.stream.fail(StreamFault.GARBLE)
    broker.submit(an_order())

    with pytest.raises(Unavailable, match="unreadable"):
        list(broker.order_updates(PATIENCE_S))


def test_an_update_that_comes_twice_is_handed_out_twice_with_the_same_numbers(
    broker: Broker, stream: AlpacaFace
) -> None:
    list(broker.order_updates())
    stream.stream.fail(StreamFault.REPEAT, skip=2)
    broker.submit(an_order())

    reports: list[OrderReport] = []
    while len(reports) < 4:
        reports += broker.order_updates(PATIENCE_S)

    assert reports[-1] == reports[-2]
    assert reports[-1].filled_quantity == 3


def test_updates_out_of_order_come_as_they_were_sent(broker: Broker, stream: AlpacaFace) -> None:
    list(broker.order_updates())
    stream.stream.fail(StreamFault.LATE, skip=1)  # `new` after the fill
    broker.submit(an_order())

    reports: list[OrderReport] = []
    while len(reports) < 3:
        reports += broker.order_updates(PATIENCE_S)

    assert [report.state for report in reports] == [OrderState.WORKING, OrderState.FILLED, OrderState.WORKING]


def test_a_lost_report_leaves_the_rest(broker: Broker, stream: AlpacaFace) -> None:
    list(broker.order_updates())
    stream.stream.fail(StreamFault.LOSE, skip=1)
    broker.submit(an_order())

    assert [report.venue_status for report in heard(broker, OrderState.FILLED)] == ["pending_new", "filled"]


def test_a_refused_key_is_unauthorised(world: World, stream: AlpacaFace, face: HttpFace) -> None:
    wrong = Credential(TERMS.key_id, "test-secret-of-nobody")
    with ALPACA.broker(face.base_url, world.clock, wrong) as broker, pytest.raises(Unauthorised):
        list(broker.order_updates())


def test_a_session_that_ends_hangs_up(world: World, stream: AlpacaFace, face: HttpFace) -> None:
    with ALPACA.broker(face.base_url, world.clock, CREDENTIAL) as broker:
        list(broker.order_updates())
        assert stream.stream.listening == 1

    stream.stop()
    assert stream.stream.listening == 0


def test_no_secret_of_the_stream_is_logged(broker: Broker, face: HttpFace, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")

    list(broker.order_updates())
    broker.submit(an_order())
    heard(broker, OrderState.FILLED)

    assert CREDENTIAL.secret[-10:] not in caplog.text
    assert CREDENTIAL.key_id not in caplog.text


def collect(broker: Broker, reports: list[OrderReport]) -> None:
    """Everything that comes, until the stream says that it ended."""
    while True:
        reports += broker.order_updates(PATIENCE_S)
