"""Instructions for options in the paper broker's own protocol."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from simulator.account import SimulatedAccount
from simulator.policy import AT_THE_CLOSE
from simulator.protocols.native import NativeFace
from simulator.venue import SimulatedVenue
from tests.simulation.options.evening import CALL, FRI, PUT, an_evening, holding, new_york, units

HEADERS = {"X-Key-Id": "PKTEST1", "X-Key-Secret": "test-secret"}


@pytest.fixture
def venue() -> SimulatedVenue:
    return an_evening("62", policy=AT_THE_CLOSE)


@pytest.fixture
def account(venue: SimulatedVenue) -> SimulatedAccount:
    return holding(venue, (CALL, "3"), (PUT, "-1"))


@pytest.fixture
def face(venue: SimulatedVenue, account: SimulatedAccount) -> Iterator[NativeFace]:
    with NativeFace(venue) as face:
        yield face


def told(face: NativeFace, **body: object) -> requests.Response:
    return requests.post(f"{face.base_url}/v1/instructions", json=body, headers=HEADERS, timeout=5)


def test_an_instruction_names_a_count_and_is_carried_out(face: NativeFace, account: SimulatedAccount) -> None:
    answer = told(face, symbol=CALL.symbol, choice="do_not_exercise", contracts="2")

    face.venue.advance(new_york(FRI, "16:00"))

    assert answer.json() == {"choice": "do_not_exercise", "day": "2026-01-16", "contracts": "2"}
    assert units(account) == {"KO": 100}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"symbol": PUT.symbol, "choice": "exercise"}, 404),
        ({"symbol": CALL.symbol, "choice": "exercise", "contracts": "4"}, 422),
        ({"symbol": CALL.symbol, "choice": "perhaps"}, 400),
        ({"symbol": CALL.symbol, "choice": "exercise", "contracts": "NaN"}, 400),
        ({"choice": "exercise"}, 400),
    ],
)
def test_what_cannot_be_carried_out_is_refused(face: NativeFace, body: dict[str, str], status: int) -> None:
    assert told(face, **body).status_code == status
