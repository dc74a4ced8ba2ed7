"""Minute prices, from the venues that tell them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from brokers.base import Broker, TellsMinutes
from simulator.prices import Tick, TickReplay
from simulator.protocols.faults import ALWAYS, Status
from simulator.protocols.http_face import HttpFace
from tests.contract.world import BTC, KO, MONDAY, World, a_world
from tieout.errors import BrokerError
from tieout.instruments import Instrument
from tieout.vwap import MINUTE, Minute

LATER = MONDAY + timedelta(hours=1)


@pytest.fixture
def world() -> World:
    """KO is quoted twice in the first minute after 15:00."""
    ticks = [
        Tick(MONDAY - timedelta(days=1), Decimal(60)),
        Tick(MONDAY, Decimal(61)),
        Tick(MONDAY + timedelta(seconds=20), Decimal(64)),
    ]
    made = a_world(TickReplay(ticks))
    made.clock.advance_to(LATER)
    return made


def minutes(broker: Broker, instrument: Instrument, count: int) -> tuple[Minute, ...]:
    if not isinstance(broker, TellsMinutes):
        pytest.skip(f"{broker.capabilities.broker} tells no minutes")
    return broker.fetch_minutes(instrument, MONDAY, MONDAY + MINUTE * count)


def test_each_minute_has_its_volume_weighted_price(broker: Broker) -> None:
    first, second = minutes(broker, KO, 2)
    assert first == Minute(MONDAY, Decimal("62.5"), Decimal(2))
    assert second == Minute(MONDAY + MINUTE, Decimal(64), Decimal(1))


def test_coins_have_minutes_too(broker: Broker) -> None:
    (only,) = minutes(broker, BTC, 1)
    assert only.price == Decimal("65000.5")


def test_a_minute_that_is_not_over_is_not_told(broker: Broker) -> None:
    if not isinstance(broker, TellsMinutes):
        pytest.skip(f"{broker.capabilities.broker} tells no minutes")
    told = broker.fetch_minutes(KO, LATER - MINUTE, LATER + MINUTE)
    assert [one.begins for one in told] == [LATER - MINUTE]


def test_pages_are_read_to_the_end(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("brokers.alpaca.reference._BARS_PER_PAGE", 7)
    assert len(minutes(broker, KO, 30)) == 30


def test_a_refused_or_broken_list_is_an_error(broker: Broker, face: HttpFace) -> None:
    face.faults.add(Status(403, b'{"message":"subscription does not permit"}'), "/v2/stocks/bars", times=ALWAYS)
    with pytest.raises(BrokerError):
        minutes(broker, KO, 2)
