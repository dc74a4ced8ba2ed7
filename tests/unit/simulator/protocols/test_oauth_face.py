"""The OAuth face keeps the venues' rules, and our client reads it over a real socket."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from brokers.credentials import Credential
from brokers.http.calls import CallLog
from brokers.keys import KeyManager
from brokers.oauth import Client, refresh
from simulator.protocols.faults import Reset, Status, html
from simulator.protocols.keys import KEYS, KeysFace
from simulator.protocols.oauth import SCHWAB, TRADESTATION, Lifetimes, OAuthFace
from tests.contract.world import MONDAY, TERMS, World, a_world
from tieout.errors import Ambiguous, Rejected, Unauthorised, Unavailable

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def world() -> World:
    return a_world()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def running(world: World, clock: Clock, rules: Lifetimes) -> OAuthFace:
    return OAuthFace(world.venue, world.account, clock, rules)


def client(face: OAuthFace) -> Client:
    return Client(f"{face.base_url}/oauth/token", face.client_id, face.client_secret)


def test_a_schwab_like_refresh_token_serves_seven_days_however_often(world: World, clock: Clock) -> None:
    with running(world, clock, SCHWAB) as face:
        pair = face.log_in()
        for _ in range(3):
            grant = refresh(client(face), pair["refresh_token"], clock(), CallLog())
            assert grant.refresh_token is None
            assert grant.access_life == timedelta(minutes=30)
            world.venue.authenticate_token(grant.access_token)
        assert grant.refresh_life == timedelta(days=7)
        clock.now += timedelta(minutes=30)
        with pytest.raises(Unauthorised):
            world.venue.authenticate_token(grant.access_token)
        clock.now += timedelta(days=7)
        with pytest.raises(Unauthorised, match="invalid_grant"):
            refresh(client(face), pair["refresh_token"], clock(), CallLog())


def test_a_rotating_token_shown_twice_ends_its_family(world: World, clock: Clock) -> None:
    with running(world, clock, TRADESTATION) as face:
        pair = face.log_in()
        grant = refresh(client(face), pair["refresh_token"], clock(), CallLog())
        with pytest.raises(Unauthorised):
            refresh(client(face), pair["refresh_token"], clock(), CallLog())
        with pytest.raises(Unauthorised):
            world.venue.authenticate_token(grant.access_token)
        with pytest.raises(Unauthorised):
            refresh(client(face), str(grant.refresh_token), clock(), CallLog())


def test_within_the_grace_the_same_heir_is_told_again(world: World, clock: Clock) -> None:
    with running(world, clock, replace(TRADESTATION, grace=timedelta(seconds=60))) as face:
        pair = face.log_in()
        first = refresh(client(face), pair["refresh_token"], clock(), CallLog())
        again = refresh(client(face), pair["refresh_token"], clock(), CallLog())
        assert again.refresh_token == first.refresh_token


@pytest.fixture
def face(world: World, clock: Clock) -> Iterator[OAuthFace]:
    with running(world, clock, TRADESTATION) as made:
        yield made


@pytest.mark.parametrize("fault", [Reset(booked=True), Status(503), html(502), Status(200, b"not json")])
def test_an_exchange_whose_answer_is_lost_is_ambiguous(face: OAuthFace, clock: Clock, fault: object) -> None:
    pair = face.log_in()
    face.faults.add(fault, "/oauth/token", "POST")  # type: ignore[arg-type]
    with pytest.raises(Ambiguous) as lost:
        refresh(client(face), pair["refresh_token"], clock(), CallLog())
    assert pair["refresh_token"] not in str(lost.value)
    assert lost.value.__cause__ is None


def test_a_server_that_is_not_there_was_told_nothing(clock: Clock) -> None:
    with pytest.raises(Unavailable):
        refresh(Client("http://127.0.0.1:9/oauth/token", "test-client"), "test-token", clock(), CallLog())


def test_a_clock_that_is_wrong_is_told_by_how_much(face: OAuthFace, clock: Clock) -> None:
    pair = face.log_in()
    grant = refresh(client(face), pair["refresh_token"], clock() - timedelta(minutes=20), CallLog())
    assert grant.skew is not None
    assert abs(grant.skew - timedelta(minutes=20)) < timedelta(seconds=2)


def test_keys_are_made_listed_and_revoked(world: World) -> None:
    with KeysFace(world.venue) as keys:
        manager = KeyManager(keys.base_url, Credential(TERMS.key_id, TERMS.secret), CallLog(), lambda: MONDAY)
        made = manager.create_key("main-key-1", ("read", "trade"), ("127.0.0.1",))
        assert [one.label for one in manager.list_keys()] == ["opened with", "main-key-1"]
        assert made.entry.ip_allow_list == ("127.0.0.1",)
        assert made.secret not in repr(made)
        world.venue.authenticate(made.entry.key_id, made.secret)
        for _ in range(2):  # one that is gone is fine
            manager.revoke_key(made.entry.handle)
        with pytest.raises(Unauthorised):
            world.venue.authenticate(made.entry.key_id, made.secret)


@pytest.mark.parametrize(("status", "error"), [(503, Ambiguous), (401, Unauthorised), (422, Rejected)])
def test_what_key_management_answers_is_one_leaf(world: World, status: int, error: type[Exception]) -> None:
    with KeysFace(world.venue) as keys:
        keys.faults.add(Status(status), KEYS, "POST")
        with pytest.raises(error):
            KeyManager(keys.base_url, Credential(TERMS.key_id, TERMS.secret), CallLog(), lambda: MONDAY).create_key(
                "main-key-1", ("read",)
            )
