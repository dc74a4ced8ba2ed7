"""The rotation of an API key: whatever happens, one key works at the end, and the old one goes last."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.world import MONDAY_CLOSE, TERMS
from tests.simulation.rotation.world import Desk, prepare
from tieout.rotation_types import Phase


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    for name in [name for name in os.environ if name.startswith(("TIEOUT_", "ALPACA_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TIEOUT_NOW", MONDAY_CLOSE.isoformat())
    monkeypatch.setenv("TIEOUT_SECRETS_KEY_FILE", "")
    monkeypatch.chdir(tmp_path)
    made = prepare(tmp_path)
    made.watch_revocations()
    yield made
    made.stores.journal.close()
    made.native.stop()
    made.keys.stop()


def test_a_key_is_replaced_verified_and_the_old_one_revoked(desk: Desk) -> None:
    import time

    t = time.perf_counter()
    (row,) = desk.run(forced=True)
    print(time.perf_counter() - t, desk.events(), row, desk.wire.touched)

    assert row.phase is Phase.IDLE
    (key,) = desk.trading_keys()
    assert key.key_id != TERMS.key_id
    assert desk.source().read().parts["key_id"] == key.key_id
    assert desk.offences == []
