"""Each test of this folder runs once for every adapter, over a real socket."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from brokers.base import Broker
from brokers.credentials import Credential
from tests.contract.venues import VENUES, Face, Venue
from tests.contract.world import TERMS, World, a_world

CREDENTIAL = Credential(TERMS.key_id, TERMS.secret)


@pytest.fixture(params=VENUES, ids=lambda venue: venue.name)
def venue(request: pytest.FixtureRequest) -> Venue:
    found = request.param
    assert isinstance(found, Venue)
    return found


@pytest.fixture
def world() -> World:
    return a_world()


@pytest.fixture
def face(venue: Venue, world: World) -> Iterator[Face]:
    with venue.face(world.venue) as face:
        yield face


@pytest.fixture
def broker(venue: Venue, world: World, face: Face) -> Iterator[Broker]:
    with venue.broker(face.base_url, world.clock, CREDENTIAL) as broker:
        yield broker
