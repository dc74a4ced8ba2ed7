"""Recorded answers of Alpaca, served on loopback to the real SDK."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from brokers.alpaca.adapter import AlpacaBroker
from simulator.protocols.recorded import RecordedFace
from tests.alpaca_accounts import broker_at


@pytest.fixture(scope="session")
def recordings(fixtures_dir: Path) -> Path:
    return fixtures_dir / "alpaca"


@pytest.fixture
def face() -> Iterator[RecordedFace]:
    with RecordedFace() as face:
        yield face


@pytest.fixture
def broker(face: RecordedFace) -> Iterator[AlpacaBroker]:
    with broker_at(face.base_url) as broker:
        yield broker
