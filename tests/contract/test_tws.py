"""The real client library against the TWS face: what happens on its socket becomes exactly one of our errors."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from brokers.base import Broker
from brokers.credentials import Credential
from brokers.registry import open_broker
from simulator.protocols.faults import ALWAYS, Delay, Effect, Reset, Truncate
from simulator.protocols.tws_faults import Garbled, NoEnd, Says, Silent, pacing
from tests.contract.conftest import CREDENTIAL
from tests.contract.ib_faces import QUERY, TOKEN, IbFaces
from tests.contract.venues import SOCKET_VENUES, Venue
from tests.contract.world import KO, KO_PUT, MONDAY, World, a_world, an_order
from tieout.accounts import Account, Mode
from tieout.errors import (
    Ambiguous,
    BrokerError,
    ConfigError,
    InvalidOrder,
    PlannedOutage,
    RateLimited,
    Unauthorised,
    Unavailable,
    Unreadable,
)
from tieout.ids import AccountId, ClientOrderId, client_order_id
from tieout.orders import OrderState, Side
from tieout.settings import AccountSettings
from tieout.snapshots import Completeness

DAY = MONDAY.date()
BEFORE = MONDAY - timedelta(days=1)
SHORT_S = 0.3
PAPER = "DU0000000001"


@pytest.fixture(params=SOCKET_VENUES, ids=lambda venue: venue.name)
def venue(request: pytest.FixtureRequest) -> Venue:
    found = request.param
    assert isinstance(found, Venue)
    return found


@pytest.fixture
def face(world: World) -> Iterator[IbFaces]:
    with IbFaces(world.venue) as face:
        yield face


@pytest.fixture
def hasty(venue: Venue, world: World, face: IbFaces) -> Iterator[Broker]:
    """A broker that does not wait long."""
    with venue.broker(face.base_url, world.clock, CREDENTIAL, timeout_s=SHORT_S) as broker:
        yield broker


def a_broker(face: IbFaces, world: World, **options: str) -> Broker:
    account = Account(AccountId("ib-main"), "ibkr", Mode.PAPER, "USD", "XNYS")
    settings = AccountSettings(
        account, endpoint=face.base_url.split("#")[0], timeout_s=SHORT_S, options={"account": PAPER, **options}
    )
    return open_broker(settings, None, world.clock)


def placed(face: IbFaces) -> int:
    return len([line for line in face.log if line.method == "POST"])


def test_a_day_from_connection_to_statement(venue: Venue) -> None:
    world = a_world(depth=Decimal(2))
    with IbFaces(world.venue) as face, venue.broker(face.base_url, world.clock, CREDENTIAL) as broker:
        assert broker.fetch_identity().mode is Mode.PAPER
        assert broker.fetch_snapshot(DAY).proof.completeness is Completeness.COMPLETE

        broker.submit(an_order(limit="61"))
        partial = broker.fetch_order(client_order_id("first"))
        assert partial is not None
        assert (partial.state, partial.filled_quantity) == (OrderState.PARTIALLY_FILLED, Decimal(2))
        cancelled = broker.cancel(client_order_id("first"))
        assert (cancelled.state, cancelled.filled_quantity) == (OrderState.CANCELLED, Decimal(2))

        face.go_down()
        with pytest.raises(Unavailable):
            broker.fetch_snapshot(DAY).proof.agreed or broker.fetch_executions(BEFORE, MONDAY)
        face.come_up()
        after = broker.fetch_snapshot(DAY)
        executions = broker.fetch_executions(BEFORE, MONDAY)
        world.venue.advance(datetime(2026, 3, 6, 21, 5, tzinfo=UTC))
        later = broker.fetch_executions(BEFORE, world.clock.now)
        events = broker.fetch_activities(BEFORE, world.clock.now)

    assert after.proof.completeness is Completeness.COMPLETE
    assert {p.instrument: p.quantity for p in after.positions}[KO] == Decimal("12.557436865")
    assert [(e.side, e.quantity, e.price) for e in executions.records] == [(Side.BUY, Decimal(2), Decimal("60.26"))]
    assert later.records == executions.records  # four days later they come from Flex, and are the same
    assert [(a.kind, a.instrument) for a in events.records] == [("expiration", KO_PUT)]


# A part without its end


@pytest.mark.parametrize("effect", [Silent(), NoEnd()], ids=["silent", "no end marker"])
@pytest.mark.parametrize("path", ["/sync", "/positions", "/portfolio"])
def test_positions_without_their_end_are_a_failed_snapshot_and_never_flat(
    hasty: Broker, face: IbFaces, path: str, effect: Effect
) -> None:
    face.faults.add(effect, path, times=ALWAYS)

    snapshot = hasty.fetch_snapshot(DAY)

    assert snapshot.proof.completeness is Completeness.FAILED
    assert "positions" not in snapshot.proof.end_markers
    assert not snapshot.proof.agreed
    assert snapshot.proof.notes[0].startswith("positions:")


@pytest.mark.parametrize(
    ("effect", "words"),
    [
        pytest.param(Silent(), "no answer in time", id="silent"),
        pytest.param(NoEnd(), "no answer in time", id="no end marker"),
        pytest.param(Reset(), "broke", id="reset"),
        pytest.param(Truncate(40, honest=False), "broke", id="cut connection"),
        pytest.param(Garbled(), "could not be read", id="garbled frame"),
        pytest.param(pacing(), "Max rate", id="pacing"),
        pytest.param(Says(1100, "Connectivity between IB and TWS has been lost."), "lost", id="1100"),
    ],
)
@pytest.mark.parametrize("part", ["account", "orders"])
def test_a_bad_answer_to_one_part_leaves_a_partial_snapshot_that_names_it(
    hasty: Broker, venue: Venue, face: IbFaces, world: World, part: str, effect: Effect, words: str
) -> None:
    world.account.submit(an_order(limit="1.5"))
    face.faults.add(effect, venue.paths[part], times=ALWAYS)

    snapshot = hasty.fetch_snapshot(DAY)

    assert snapshot.proof.completeness is not Completeness.COMPLETE
    assert not snapshot.proof.agreed
    assert part not in snapshot.proof.end_markers
    assert any(note.startswith(f"{part}:") and words in note for note in snapshot.proof.notes), snapshot.proof.notes


@pytest.mark.parametrize(
    ("effect", "leaf"),
    [
        pytest.param(Silent(), Unavailable, id="silent"),
        pytest.param(Reset(), Unavailable, id="reset"),
        pytest.param(Garbled(), Unreadable, id="garbled frame"),
        pytest.param(pacing(), RateLimited, id="pacing"),
        pytest.param(Says(1100, "Connectivity has been lost."), Unavailable, id="1100"),
        pytest.param(Says(1101, "Connectivity restored - data lost."), Unavailable, id="1101"),
        pytest.param(Says(322, "Error processing request."), Unavailable, id="322"),
    ],
)
def test_a_bad_answer_to_a_read_is_one_leaf(
    hasty: Broker, face: IbFaces, world: World, effect: Effect, leaf: type[BrokerError]
) -> None:
    world.account.submit(an_order())
    face.faults.add(effect, "/executions", times=ALWAYS)

    with pytest.raises(leaf) as failed:
        hasty.fetch_executions(MONDAY - timedelta(minutes=1), MONDAY)

    assert type(failed.value) is leaf


def test_what_came_of_an_answer_without_its_end_is_kept(hasty: Broker, face: IbFaces) -> None:
    face.faults.add(NoEnd(), "/positions", times=ALWAYS)

    snapshot = hasty.fetch_snapshot(DAY)

    (cut,) = [answer for answer in snapshot.raw if answer.part == "positions" and answer.status == 0]
    assert PAPER.encode() in cut.body


def test_a_late_answer_is_never_taken_for_that_of_the_next_question(hasty: Broker, face: IbFaces) -> None:
    hasty.fetch_identity()
    face.faults.add(Delay(SHORT_S * 2), "/executions")

    with pytest.raises(Unavailable, match="no answer in time"):
        hasty.fetch_executions(MONDAY - timedelta(minutes=1), MONDAY)
    connections = len([line for line in face.log if line.path == "/sync"])
    assert hasty.fetch_executions(MONDAY - timedelta(minutes=1), MONDAY).records == ()

    assert len([line for line in face.log if line.path == "/sync"]) == connections + 1  # over a new connection


def test_nobody_listening_is_unavailable(venue: Venue, world: World) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        endpoint = f"127.0.0.1:{taken.getsockname()[1]}"
        with venue.broker(endpoint, world.clock, CREDENTIAL) as broker:
            snapshot = broker.fetch_snapshot(DAY)
            with pytest.raises(Unavailable):
                broker.submit(an_order())

    assert snapshot.proof.completeness is Completeness.FAILED
    assert all("no connection" in note for note in snapshot.proof.notes)


# Orders whose fate is not known


@pytest.mark.parametrize(
    "effect",
    [
        pytest.param(Silent(booked=True), id="acknowledgement lost"),
        pytest.param(Reset(booked=True), id="reset after booking"),
        pytest.param(Delay(30), id="too late"),
        pytest.param(Says(9999, "An error of a kind never seen.", booked=True), id="a code that nobody knows"),
        pytest.param(replace(pacing(), booked=True), id="pacing"),
        pytest.param(Says(1100, "Connectivity has been lost.", booked=True), id="1100 after booking"),
    ],
)
def test_a_lost_acknowledgement_is_ambiguous_and_the_order_is_sent_once(
    hasty: Broker, face: IbFaces, world: World, effect: Effect
) -> None:
    hasty.fetch_contract(KO)
    face.faults.add(effect, "/orders", "POST", times=ALWAYS)

    with pytest.raises(Ambiguous):
        hasty.submit(an_order(limit="1.5"))

    assert placed(face) == 1
    face.tell_all(1102, "Connectivity has been restored - data maintained.")
    found = until_found(hasty)
    assert (found.state, found.client_order_id) == (OrderState.WORKING, client_order_id("first"))
    assert len(world.account.orders()) == 1


def until_found(broker: Broker) -> object:
    """The order, once TWS can be asked again."""
    for _ in range(100):
        try:
            found = broker.fetch_order(client_order_id("first"))
        except Unavailable:
            continue
        assert found is not None
        return found
    raise AssertionError("TWS could not be asked again")


@pytest.mark.parametrize("path", ["/orders", "/completed", "/executions"])
@pytest.mark.parametrize("effect", [Silent(), Reset(), Garbled()], ids=["silent", "reset", "garbled"])
def test_a_look_up_that_was_not_read_whole_is_never_an_absence(
    hasty: Broker, face: IbFaces, world: World, path: str, effect: Effect
) -> None:
    world.account.submit(an_order("another"))
    world.account.submit(an_order("resting", limit="1.5"))
    face.faults.add(effect, path)

    with pytest.raises(Unavailable):
        hasty.fetch_order(ClientOrderId("0" * 32))

    assert hasty.fetch_order(ClientOrderId("0" * 32)) is None


def test_an_order_that_traded_and_is_in_no_list_is_not_absent(hasty: Broker, face: IbFaces, world: World) -> None:
    world.account.submit(an_order())
    face.faults.add(Says(2104, "farm is OK", and_answers=True), "/orders")
    face.book.shown = lambda _: iter(())  # type: ignore[method-assign]

    with pytest.raises(Unreadable, match="traded, and neither list"):
        hasty.fetch_order(client_order_id("first"))


def test_one_reference_on_two_orders_is_told_and_not_guessed_at(broker: Broker, world: World) -> None:
    broker.submit(an_order(limit="1.5"))
    broker.submit(an_order(limit="1.5"))  # the venue takes it: only the journal keeps one intent one order

    with pytest.raises(Unreadable, match="carry the same reference"):
        broker.fetch_order(client_order_id("first"))
    with pytest.raises(InvalidOrder, match="2 orders carry"):
        broker.cancel(client_order_id("first"))
    assert len(world.account.orders()) == 2


def test_a_read_only_api_refuses_the_account_and_not_the_order(hasty: Broker, face: IbFaces) -> None:
    face.read_only = True

    with pytest.raises(Unauthorised, match="Read-Only"):
        hasty.submit(an_order())


def test_an_inactive_order_may_trade_again_and_can_be_cancelled(hasty: Broker, face: IbFaces, world: World) -> None:
    face.book.parked.add(client_order_id("first"))

    accepted = hasty.submit(an_order(limit="1.5"))
    found = hasty.fetch_order(client_order_id("first"))

    assert (accepted.state, accepted.venue_status) == (OrderState.WORKING, "Inactive")
    assert found is not None
    assert (found.state, found.venue_status) == (OrderState.WORKING, "Inactive")
    assert hasty.cancel(client_order_id("first")).state is OrderState.CANCELLED


# Client ids


def test_two_programs_on_one_machine_never_share_a_client_id(face: IbFaces, world: World) -> None:
    with a_broker(face, world) as first, a_broker(face, world) as second:
        first.fetch_identity()
        second.fetch_identity()

        assert face.clients == (101, 102)


def test_an_id_that_another_machine_holds_is_passed_over(face: IbFaces, world: World, tmp_path: Path) -> None:
    with a_broker(face, world) as first, a_broker(face, world, lock_dir=str(tmp_path)) as elsewhere:
        first.fetch_identity()
        elsewhere.fetch_identity()  # its locks stand in another place: TWS itself refuses 101

        assert face.clients == (101, 102)


def test_more_programs_than_ids_is_unavailable(face: IbFaces, world: World) -> None:
    with a_broker(face, world, client_ids="1") as first, a_broker(face, world, client_ids="1") as second:
        first.fetch_identity()

        with pytest.raises(Unavailable, match="all client ids from 101 to 101"):
            second.fetch_identity()


def test_an_order_of_an_earlier_program_is_cancelled_under_its_own_id(face: IbFaces, world: World) -> None:
    with a_broker(face, world) as first:
        first.submit(an_order(limit="1.5"))
    with a_broker(face, world) as holder, a_broker(face, world, client_id="110") as later:
        assert later.cancel(client_order_id("first")).state is OrderState.CANCELLED
        holder.fetch_identity()

    assert world.account.live == ()


def test_an_order_of_a_running_program_is_left_to_it(face: IbFaces, world: World) -> None:
    with a_broker(face, world) as first, a_broker(face, world) as second:
        first.submit(an_order(limit="1.5"))

        with pytest.raises(Unavailable, match="held by another process"):
            second.cancel(client_order_id("first"))

    assert len(world.account.live) == 1


# TWS and IB


def test_without_ib_nothing_is_sent(hasty: Broker, face: IbFaces, world: World) -> None:
    hasty.fetch_contract(KO)
    list(hasty.order_updates())
    face.tell_all(1100, "Connectivity between IB and TWS has been lost.")
    until_lost(hasty)

    with pytest.raises(Unavailable, match="lost"):
        hasty.submit(an_order())

    assert placed(face) == 0


def until_lost(broker: Broker) -> None:
    """The message comes by itself: ask until it has."""
    for _ in range(100):
        try:
            broker.fetch_clock()
        except Unavailable:
            return
    raise AssertionError("the loss was not heard")


def test_a_planned_outage_is_told_as_such(world: World, face: IbFaces) -> None:
    world.clock.advance_to(datetime(2026, 3, 3, 4, 50, tzinfo=UTC))  # 23:50 New York
    face.go_down()

    with a_broker(face, world) as broker, pytest.raises(PlannedOutage, match="the nightly restart") as planned:
        broker.fetch_identity()

    assert planned.value.until == datetime(2026, 3, 3, 5, 45, tzinfo=UTC)


def test_the_same_at_noon_is_not_planned(world: World, face: IbFaces) -> None:
    face.go_down()

    with a_broker(face, world) as broker, pytest.raises(Unavailable) as failed:
        broker.fetch_identity()

    assert type(failed.value) is Unavailable


def test_changes_after_a_broken_connection_are_a_gap(broker: Broker, face: IbFaces) -> None:
    list(broker.order_updates())
    face.go_down()
    face.come_up()

    with pytest.raises(Unavailable, match="may have been missed"):
        listen_on(broker)
    assert list(broker.order_updates()) == []  # it listens again


def listen_on(broker: Broker) -> None:
    """Ask for changes until something is said of the connection."""
    for _ in range(100):
        list(broker.order_updates(SHORT_S))


# Accounts, money, statements


def test_several_accounts_need_a_name(world: World, face: IbFaces) -> None:
    other = replace(world.account.terms, account_number="PA0000000009", key_id="PKOTHER")
    world.venue.open_account(other).open_with({"USD": Decimal(1)})

    with a_broker(face, world, account="DU7") as wrong, pytest.raises(ConfigError, match="not among those"):
        wrong.fetch_identity()
    settings = AccountSettings(
        Account(AccountId("ib"), "ibkr", Mode.PAPER, "USD", "XNYS"), endpoint=face.base_url.split("#")[0]
    )
    with open_broker(settings, None, world.clock) as unnamed, pytest.raises(ConfigError, match="name one as options"):
        unnamed.fetch_identity()


def test_a_commission_that_has_not_come_is_said_and_comes_later(hasty: Broker, face: IbFaces) -> None:
    face.delayed_commissions = True
    hasty.submit(an_order())
    early = hasty.fetch_executions(MONDAY - timedelta(minutes=1), MONDAY)
    face.release_commissions()

    later = hasty.fetch_executions(MONDAY - timedelta(minutes=1), MONDAY)

    assert early.notes == ("what 1 executions cost has not been reported yet",)
    assert later.notes == ()


def test_flex_that_is_still_working_is_asked_again_and_then_given_up(
    venue: Venue, world: World, face: IbFaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("brokers.ibkr.adapter.PAUSE", pauses.append)
    face.flex.in_progress = 2
    with venue.broker(face.base_url, world.clock, CREDENTIAL) as broker:
        assert broker.fetch_activities(BEFORE, MONDAY).records == ()
        assert pauses == [2.0, 4.0]
        face.flex.in_progress = ALWAYS
        with pytest.raises(Unavailable, match="no statement within"):
            broker.fetch_activities(BEFORE, MONDAY)


@pytest.mark.parametrize(
    ("refusal", "leaf"),
    [
        (("1012", "Token has expired."), Unauthorised),
        (("1018", "Too many requests have been made from this token."), RateLimited),
        (("1003", "Statement is not available."), Unavailable),
    ],
)
def test_a_refusal_of_flex_is_one_leaf(
    broker: Broker, face: IbFaces, refusal: tuple[str, str], leaf: type[BrokerError]
) -> None:
    face.flex.refusal = refusal

    with pytest.raises(leaf) as refused:
        broker.fetch_activities(BEFORE, MONDAY)

    assert type(refused.value) is leaf
    assert refused.value.code == refusal[0]


def test_a_flex_file_cut_short_is_unreadable_and_kept(broker: Broker, face: IbFaces, world: World) -> None:
    world.account.deposit(Decimal(5))
    face.flex.faults.add(Truncate(400), "/GetStatement")

    with pytest.raises(Unreadable, match="no whole XML"):
        broker.fetch_activities(BEFORE, MONDAY)

    assert any(len(answer.body) == 400 for answer in broker.answers)


def test_the_flex_token_is_in_nothing_that_is_left_behind(
    broker: Broker, face: IbFaces, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    broker.fetch_activities(BEFORE, MONDAY)
    face.flex.refusal = ("1015", f"Token {TOKEN} is invalid.")
    with pytest.raises(Unauthorised) as refused:
        broker.fetch_activities(BEFORE, MONDAY)

    left = [repr(vars(broker)), str(refused.value), repr(Credential(QUERY, TOKEN)), caplog.text]
    left += [f"{answer.path} {answer.body!r}" for answer in broker.answers]
    assert not [text for text in left if TOKEN in text]
