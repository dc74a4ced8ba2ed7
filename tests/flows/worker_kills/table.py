"""Laying the table: a desk with two accounts, their venues, workers that serve it, and the game that is played."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime

import pytest

from tests.flows.conftest import SECRET, FlowDesk
from tests.flows.windows import RISK
from tests.flows.worker_kills.crew import Crew, a_crew
from tests.flows.worker_kills.eye import Eye
from tests.flows.worker_kills.game import Game
from tests.flows.worker_kills.judge import open_books
from tests.flows.worker_kills.strikes import Strike, Trigger
from tests.flows.worker_kills.venues import Venue, rehearsed, two_venues

_LIMITS = RISK + "max_trades_per_day = 10000\n"
_UNHURRIED = '[accounts.alpaca-main.options]\nrequests_per_minute = "60000"\n'


@contextmanager
def laid(desk: FlowDesk, monkeypatch: pytest.MonkeyPatch, seed: int) -> Iterator[Game]:
    """The game, ready to be played on the server that this process is pointed to."""
    began, crews = datetime.now(UTC), list[Crew]()

    def kill(strike: Strike) -> None:
        crews[0].kill(strike.whom)

    trigger = Trigger(kill)
    monkeypatch.setenv("TIEOUT_NOW", rehearsed(began))
    with ExitStack() as opened:
        venues = opened.enter_context(two_venues(trigger, began))
        _configure(desk, venues)
        crews.append(opened.enter_context(a_crew(desk.folder, _environment(desk, began))))
        opened.enter_context(Eye(desk.folder / "data" / "journal.sqlite", trigger, crews[0]).open())
        yield Game(desk, venues, crews[0], trigger, random.Random(seed))


def _configure(desk: FlowDesk, venues: tuple[Venue, ...]) -> None:
    desk.configure(desk.more + _LIMITS + _UNHURRIED)
    for venue in venues:
        desk.account(venue.account, venue.face.base_url, broker=venue.broker, timeout_s=1)
    open_books(desk.folder, venues)


def _environment(desk: FlowDesk, began: datetime) -> dict[str, str]:
    """Of the workers, and so of the runs that they start. Compiled once, each start takes half the time."""
    return {
        "TIEOUT_CONFIG": str(desk.folder / "tieout.toml"),
        "TIEOUT_JOURNAL_URL": f"sqlite:///{desk.folder}/data/journal.sqlite",
        "TIEOUT_WAREHOUSE_URL": f"duckdb:///{desk.folder}/data/tieout.duckdb",
        "TIEOUT_NOW": rehearsed(began),
        "ALPACA_API_KEY": "PKTEST",  # pragma: allowlist secret
        "ALPACA_API_SECRET": SECRET,
        "PREFECT_API_URL": desk.api,
        "PREFECT_HOME": str(desk.folder / "prefect"),
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": str(desk.folder / "compiled"),
        "NO_PROXY": "127.0.0.1",
    }
