"""SIGKILL of real Prefect workers in the middle of windows: no order is doubled, and none is lost.

Here fewer are killed than `python -m tests.flows.worker_kills` kills, for each of them has to be started again.
"""

from __future__ import annotations

import pytest

from tests.flows.conftest import FlowDesk
from tests.flows.worker_kills.game import told
from tests.flows.worker_kills.judge import require_each_once, require_tied_out
from tests.flows.worker_kills.strikes import Point, Whom
from tests.flows.worker_kills.table import laid

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect-kills")]  # minutes, beside the other flow tests
KILLS = 8


def test_workers_killed_at_random_send_each_intent_exactly_once(
    flow_desk: FlowDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with laid(flow_desk, monkeypatch, seed=20260302) as game:
        game.play(KILLS)
        print("\n".join(told(game)))

        assert game.worker_kills >= KILLS
        assert {whom for whom, _ in game.fallen} == set(Whom)
        assert {point for _, point in game.fallen} == set(Point)
        require_each_once(flow_desk, game.venues, game.wished)
        require_tied_out(flow_desk, game.venues, monkeypatch)
