"""`python -m tests.flows.worker_kills --kills 50`: kill real workers in mid-window, and say what came of it."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import pytest

from flows.cli.server import pointing_to, running_server
from tests.databases import FileTemplate
from tests.flows.conftest import FlowDesk, leave_the_real_environment
from tests.flows.worker_kills.game import told
from tests.flows.worker_kills.judge import require_each_once, require_tied_out
from tests.flows.worker_kills.table import laid


def main() -> int:
    """0 where every intent was at its venue exactly once, and the book ties out."""
    parser = argparse.ArgumentParser(prog="python -m tests.flows.worker_kills")
    parser.add_argument("--kills", type=int, default=50, help="workers to kill")
    parser.add_argument("--seed", type=int, default=20260302)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tieout-kills-") as made, pytest.MonkeyPatch.context() as patch:
        folder = Path(made)
        leave_the_real_environment(patch, folder)
        FileTemplate.make(folder / "data")
        with running_server(folder / "server") as url, pointing_to(url):
            return _play(FlowDesk(folder, url, more="[run]\nretry_delays_s = [0, 0]\n"), patch, given.kills, given.seed)


def _play(desk: FlowDesk, patch: pytest.MonkeyPatch, kills: int, seed: int) -> int:
    began = time.monotonic()
    with laid(desk, patch, seed) as game:
        game.play(kills)
        print("\n".join(told(game)))
        absent = require_each_once(desk, game.venues, game.wished)
        require_tied_out(desk, game.venues, patch)
        orders = [len(venue.world.account.orders()) for venue in game.venues]
        print(f"{game.wished} intents, {sum(orders)} orders at the venues, none twice; {absent} proven absent")
        print("the close proves units, cash and executions of both accounts")
    print(f"{time.monotonic() - began:.0f} s, seed {seed}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
