"""A simulated Alpaca in a process of its own: `python -m benchmarks.venue ACCOUNTS [open]`, until its stdin is closed.

Prints one line of JSON: where it listens, and the moment its clock stands at: half an hour after the close, or with
`open` an hour after the opening, from where it runs on.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from subprocess import PIPE, Popen
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.scenario import Scenario
    from simulator.venue import SimulatedVenue

DAY = date(2026, 1, 14)
POSITIONS = 20
CASH = Decimal(1_000_000)  # enough for every buy of the largest window to be on its way at once
BEHIND_S = 1.0


def scenario(accounts: int) -> Scenario:
    """One quiet session; every account holds twenty stocks, as its book says."""
    from simulator.scenario import Opening, Scenario, Stock
    from simulator.terms import AccountTerms
    from tieout.instruments import equity

    stocks = tuple(Stock(equity(f"BENCH{chr(65 + n)}"), Decimal(50 + n)) for n in range(POSITIONS))
    held = tuple((one.instrument, Decimal(100 + n), one.price) for n, one in enumerate(stocks))
    openings = tuple(
        Opening(name, AccountTerms(f"PA{n:010d}", f"PKTEST{n}", "test-secret"), {"USD": CASH}, held)
        for n, name in enumerate(names(accounts))
    )
    return Scenario(7, DAY, 1, stocks, openings)


def names(accounts: int) -> tuple[str, ...]:
    """Of the accounts, in the scenario and in the settings."""
    return tuple(f"bench-{n}" for n in range(accounts))


@contextmanager
def running_venue(accounts: int, *moment: str) -> Iterator[dict[str, str]]:
    """A venue process; `url` and `now` of it. `moment`: `open` for one in its session."""
    command = [sys.executable, "-m", "benchmarks.venue", str(accounts), *moment]
    with Popen(command, stdin=PIPE, stdout=PIPE, text=True) as venue:
        assert venue.stdin is not None
        assert venue.stdout is not None
        try:
            yield json.loads(venue.stdout.readline())
        finally:
            venue.stdin.close()


def main(accounts: str, moment: str = "closed") -> None:
    """Serve until nobody listens any more."""
    from simulator.protocols.alpaca import AlpacaFace
    from simulator.scenario import Stage

    stage = Stage(scenario(int(accounts)))
    if moment == "open":
        stage.venue.advance(stage.sessions.opens_at(DAY) + timedelta(hours=1))
        Thread(target=_run_on, args=(stage.venue,), daemon=True).start()
    else:
        stage.play()
    with AlpacaFace(stage.venue) as face:
        print(json.dumps({"url": face.base_url, "now": stage.venue.clock.now.isoformat()}), flush=True)
        sys.stdin.read()


def _run_on(venue: SimulatedVenue) -> None:
    """Let the venue's clock run, a little behind the desk's, so that no execution is dated after it was asked for."""
    opened, began = venue.clock.now, time.monotonic()
    while True:
        time.sleep(BEHIND_S)
        venue.advance(opened + timedelta(seconds=max(0.0, time.monotonic() - began - BEHIND_S)))


if __name__ == "__main__":
    main(*sys.argv[1:3])
