"""Every adapter hands a line for each of its calls to the audit trail, once, and without a secret."""

from __future__ import annotations

import pytest

from brokers.base import Broker
from brokers.credentials import Credential
from simulator.protocols.faults import Reset
from tasks.audit import HasCalls
from tests.contract.conftest import CREDENTIAL
from tests.contract.ib_faces import TOKEN
from tests.contract.venues import Face, Venue
from tests.contract.world import MONDAY, World, an_order
from tieout.errors import BrokerError


def test_a_call_is_noted_with_what_came_of_it_and_handed_over_once(broker: Broker) -> None:
    assert isinstance(broker, HasCalls)
    broker.fetch_identity()
    order = an_order("noted")
    broker.submit(order)

    calls = broker.take_calls()

    assert {one.outcome for one in calls} == {"ok"}
    assert {one.status for one in calls} <= {200, 201}
    assert all(one.elapsed_ms >= 0 and one.sent_at >= MONDAY for one in calls)
    assert [one.client_order_id for one in calls].count(order.client_order_id) == 1
    assert broker.take_calls() == ()


def test_a_call_that_failed_is_noted_too(broker: Broker, face: Face) -> None:
    assert isinstance(broker, HasCalls)
    broker.fetch_identity()
    broker.take_calls()
    face.faults.add(Reset(), times=100)

    with pytest.raises(BrokerError):
        broker.fetch_identity()

    failed = [one for one in broker.take_calls() if one.outcome != "ok"]
    assert failed
    assert {one.status for one in failed} == {0}


def test_nothing_secret_is_noted(venue: Venue, world: World, face: Face) -> None:
    with venue.broker(face.base_url, world.clock, CREDENTIAL) as broker:
        assert isinstance(broker, HasCalls)
        broker.fetch_executions(MONDAY.replace(day=1), MONDAY)
        calls = broker.take_calls()

    told = " ".join(map(repr, calls))
    assert calls
    for secret in (CREDENTIAL.key_id, CREDENTIAL.secret, TOKEN):
        assert secret not in told
    assert Credential.__name__ not in told
