"""Each test of this folder runs once for every coin venue."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from brokers.base import Broker
from simulator.protocols.http_face import HttpFace
from tests.contract.coins.venues import VENUES, CoinVenue
from tests.unit.simulator.protocols.coins.world import CoinWorld


@pytest.fixture(params=VENUES, ids=lambda venue: venue.name)
def venue(request: pytest.FixtureRequest) -> CoinVenue:
    found = request.param
    assert isinstance(found, CoinVenue)
    return found


@pytest.fixture
def world(venue: CoinVenue) -> CoinWorld:
    return venue.world()


@pytest.fixture
def keys(venue: CoinVenue, world: CoinWorld) -> tuple[str, str]:
    """Key and secret of the account, in the venue's own form."""
    return venue.signs(world)


@pytest.fixture
def face(venue: CoinVenue, world: CoinWorld) -> Iterator[HttpFace]:
    with venue.face(world.venue) as face:
        yield face


@pytest.fixture
def broker(venue: CoinVenue, world: CoinWorld, face: HttpFace, keys: tuple[str, str]) -> Iterator[Broker]:
    with venue.broker(face.base_url, lambda: world.clock.now, *keys) as broker:
        yield broker
