"""The older client library drives the same adapter. It cannot be installed beside its continuation: both ship `eventkit`.

uv pip install --target FOLDER ib_insync==0.9.86
IB_INSYNC_FOLDER=FOLDER pytest tests/contract/test_ib_insync.py
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

SCRIPT = """
import sys
sys.modules["ib_async"] = None  # as where it is not installed
from brokers.ibkr import sdk
assert sdk.ibi.__name__ == "ib_insync", sdk.ibi
from tests.contract.conftest import CREDENTIAL
from tests.contract.venues import SOCKET_VENUES
from tests.contract.world import MONDAY, a_world, an_order
from tieout.ids import client_order_id
world, venue = a_world(), SOCKET_VENUES[0]
with venue.face(world.venue) as face, venue.broker(face.base_url, world.clock, CREDENTIAL) as broker:
    snapshot = broker.fetch_snapshot(MONDAY.date())
    broker.submit(an_order("resting", limit="1.5"))
    cancelled = broker.cancel(client_order_id("resting"))
    broker.submit(an_order())
    filled = broker.fetch_order(client_order_id("first"))
    print(snapshot.proof.completeness, cancelled.state, filled.state)
"""


@pytest.fixture
def library() -> Path:
    folder = os.environ.get("IB_INSYNC_FOLDER")
    if not folder:
        pytest.skip("ib_insync is not installed here: name its folder as IB_INSYNC_FOLDER")
    return Path(folder)


def test_a_snapshot_an_order_and_a_cancel_over_ib_insync(library: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": f"{library}{os.pathsep}{ROOT}"}

    shown = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False, env=environment, cwd=ROOT
    )

    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.split() == ["complete", "cancelled", "filled"]
