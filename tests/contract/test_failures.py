"""What happens on an HTTP wire becomes exactly one of our errors; a failed part never looks like an empty one."""

from __future__ import annotations

import json
import socket
from datetime import timedelta

import pytest

from brokers.base import Broker
from simulator.protocols.faults import ALWAYS, HTML, Delay, Effect, Reset, SetField, Status, Truncate, html
from simulator.protocols.http_face import HttpFace
from tests.contract.conftest import CREDENTIAL
from tests.contract.venues import HTTP_VENUES, Venue
from tests.contract.world import MONDAY, World, an_order
from tieout.errors import Ambiguous, BrokerError, RateLimited, Unavailable, Unreadable
from tieout.ids import ClientOrderId
from tieout.snapshots import Completeness

DAY = MONDAY.date()
BEFORE = MONDAY - timedelta(days=1)
BAD_READS = [
    pytest.param(Status(500), Unavailable, id="500"),
    pytest.param(Status(504), Unavailable, id="504"),
    pytest.param(html(502), Unavailable, id="HTML 502"),
    pytest.param(Status(200, HTML, {"Content-Type": "text/html"}), Unreadable, id="HTML 200"),
    pytest.param(Status(404, HTML, {"Content-Type": "text/html"}), Unreadable, id="HTML 404"),
    pytest.param(Status(302, b"", {"Location": "https://elsewhere.invalid/"}), Unreadable, id="redirect"),
    pytest.param(Truncate(40), Unreadable, id="truncated JSON"),
    pytest.param(Truncate(40, honest=False), Unreadable, id="cut connection"),
    pytest.param(Reset(), Unavailable, id="reset before answering"),
    pytest.param(Status(200, b""), Unreadable, id="empty body"),
    pytest.param(Status(200, b"null"), Unreadable, id="null"),
    pytest.param(Status(200, b"\xff\xfe\x00bad"), Unreadable, id="wrong encoding"),
    pytest.param(Status(200, b"[" * 100_000), Unreadable, id="nested beyond reason"),
]
TOO_MANY = Status(429, b'{"message":"too many requests."}', {"Retry-After": "7"})
"""Apart from the others: what comes after it waits, or is not sent at all (tests/contract/test_rate_limits.py)."""


@pytest.fixture(params=HTTP_VENUES, ids=lambda venue: venue.name)
def venue(request: pytest.FixtureRequest) -> Venue:
    """Those whose wire is HTTP; `test_socket_failures` has the others."""
    found = request.param
    assert isinstance(found, Venue)
    return found


@pytest.mark.parametrize(("effect", "leaf"), [*BAD_READS, pytest.param(TOO_MANY, RateLimited, id="429")])
def test_a_bad_answer_to_a_read_is_one_leaf(
    broker: Broker, venue: Venue, face: HttpFace, world: World, effect: Effect, leaf: type[BrokerError]
) -> None:
    world.account.submit(an_order())
    face.faults.add(effect, venue.paths["executions"], times=ALWAYS)

    with pytest.raises(leaf) as failed:
        broker.fetch_executions(BEFORE, MONDAY)

    assert type(failed.value) is leaf


@pytest.mark.parametrize(("effect", "leaf"), BAD_READS)
@pytest.mark.parametrize("part", ["account", "positions", "orders"])
def test_a_bad_answer_to_one_part_leaves_a_partial_snapshot_that_names_it(
    broker: Broker, venue: Venue, face: HttpFace, world: World, part: str, effect: Effect, leaf: type[BrokerError]
) -> None:
    world.account.submit(an_order(limit="1.5"))
    face.faults.add(effect, venue.paths[part], times=ALWAYS)

    snapshot = broker.fetch_snapshot(DAY)

    assert snapshot.proof.completeness is Completeness.PARTIAL
    assert not snapshot.proof.agreed
    assert part not in snapshot.proof.end_markers
    assert snapshot.proof.notes[0].startswith(f"{part}:")


def test_nothing_readable_is_a_failed_snapshot(broker: Broker, face: HttpFace) -> None:
    face.faults.add(html(502), times=ALWAYS)

    snapshot = broker.fetch_snapshot(DAY)

    assert snapshot.proof.completeness is Completeness.FAILED
    assert snapshot.positions == ()
    assert len(snapshot.proof.notes) >= 3


def test_a_truncated_answer_is_kept_as_it_came(broker: Broker, venue: Venue, face: HttpFace) -> None:
    face.faults.add(Truncate(40), venue.paths["positions"])

    snapshot = broker.fetch_snapshot(DAY)

    (kept,) = [answer for answer in snapshot.raw if answer.part == "positions"]
    assert len(kept.body) == 40


def test_how_long_to_wait_is_the_venues_word(broker: Broker, venue: Venue, face: HttpFace) -> None:
    face.faults.add(TOO_MANY, venue.paths["executions"])

    with pytest.raises(RateLimited) as limited:
        broker.fetch_executions(BEFORE, MONDAY)

    assert limited.value.retry_after_s == 7


def test_an_endpoint_nobody_listens_on_is_unavailable(venue: Venue, world: World) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        endpoint = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with venue.broker(endpoint, world.clock, CREDENTIAL) as broker:
            snapshot = broker.fetch_snapshot(DAY)
            with pytest.raises(Unavailable):
                broker.fetch_executions(BEFORE, MONDAY)
            with pytest.raises(Unavailable):
                broker.submit(an_order())

    assert snapshot.proof.completeness is Completeness.FAILED
    assert all("no connection" in note for note in snapshot.proof.notes)


@pytest.mark.parametrize(
    "effect",
    [
        pytest.param(Status(500, booked=True), id="500 after booking"),
        pytest.param(Status(504, booked=True), id="504 after booking"),
        pytest.param(html(502, booked=True), id="HTML 502 after booking"),
        pytest.param(Reset(booked=True), id="reset after booking"),
        pytest.param(Truncate(30), id="truncated JSON"),
        pytest.param(Truncate(30, honest=False), id="cut connection"),
        pytest.param(Status(200, HTML, {"Content-Type": "text/html"}, booked=True), id="HTML 200"),
        pytest.param(Status(429, HTML, {"Content-Type": "text/html"}, booked=True), id="HTML 429"),
        pytest.param(Status(403, HTML, {"Content-Type": "text/html"}, booked=True), id="HTML 403"),
    ],
)
def test_a_lost_answer_to_an_order_is_ambiguous_and_the_order_is_sent_once(
    broker: Broker, venue: Venue, face: HttpFace, world: World, effect: Effect
) -> None:
    face.faults.add(effect, venue.paths["submit"], "POST", times=ALWAYS)

    with pytest.raises(Ambiguous):
        broker.submit(an_order())

    assert len([line for line in face.log if line.method == "POST"]) == 1
    found = broker.fetch_order(an_order().client_order_id)
    assert found is not None
    assert found.broker_order_id == world.account.orders()[0].broker_order_id


def test_an_answer_that_comes_too_late_is_ambiguous_for_an_order_and_unavailable_for_a_read(
    venue: Venue, face: HttpFace, world: World
) -> None:
    face.faults.add(Delay(30), venue.paths["submit"], "POST")
    face.faults.add(Delay(30), venue.paths["account"])
    with venue.broker(face.base_url, world.clock, CREDENTIAL, timeout_s=0.15) as broker:
        with pytest.raises(Ambiguous, match="no answer in time"):
            broker.submit(an_order())
        with pytest.raises(Unavailable, match="no answer in time"):
            broker.fetch_identity()

    assert len([line for line in face.log if line.method == "POST"]) == 1


def test_an_order_that_is_answered_about_another_is_ambiguous(broker: Broker, venue: Venue, face: HttpFace) -> None:
    face.faults.add(SetField("client_order_id", "0" * 32), venue.paths["submit"], "POST")

    with pytest.raises(Ambiguous):
        broker.submit(an_order())


def test_an_unreadable_look_up_is_never_taken_for_an_absence(broker: Broker, face: HttpFace) -> None:
    for effect in (Truncate(20), html(502), Status(404, HTML, {"Content-Type": "text/html"}), Status(404, b"{}")):
        face.faults.add(effect)
        with pytest.raises(Unavailable):
            broker.fetch_order(ClientOrderId("0" * 32))

    assert broker.fetch_order(ClientOrderId("0" * 32)) is None


def test_no_secret_is_in_anything_a_broker_leaves_behind(
    broker: Broker, venue: Venue, face: HttpFace, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    leaked = json.dumps({"code": 1, "message": f"bad key {CREDENTIAL.key_id} {CREDENTIAL.secret}"}).encode()
    face.faults.add(Status(500, leaked), venue.paths["positions"])
    face.faults.add(Status(422, leaked), venue.paths["submit"], "POST")

    snapshot = broker.fetch_snapshot(DAY)
    with pytest.raises(BrokerError) as refused:
        broker.submit(an_order())

    left = [repr(broker), repr(vars(broker)), repr(CREDENTIAL), caplog.text, repr(face.log), repr(snapshot)]
    left += [answer.body.decode() for answer in broker.answers]
    error: BaseException | None = refused.value
    while error is not None:
        left += [repr(error), str(error), repr(vars(error))]
        error = error.__cause__ or error.__context__
    for text in left:
        assert CREDENTIAL.secret not in text
        assert CREDENTIAL.key_id not in text
