"""The close as a Prefect flow, against as many empty tasks mapped in the same way on the same server.

Prefect server (SQLite), simulated Alpaca and flow are three processes, as in earnest; the SDK, the sockets, the stores,
the checks and the report are the real ones. One account is closed before the clock runs, so that imports and whatever
is made at first use are not in it: `starting.py` measures those.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import venue
from benchmarks.harness import Measured, Result, compared, measure
from benchmarks.measuring import Case, Clock, Measurement

ACCOUNTS = (1, 10, 100)
PER_ACCOUNT = 4  # mapped tasks of one account's close
AROUND = 5  # tasks that a close has once, however many accounts
_SETTINGS = """
journal_url = "sqlite:///{folder}/data/journal.sqlite"
warehouse_url = "duckdb:///{folder}/data/tieout.duckdb"
output_dir = "{folder}/out"
"""
_ACCOUNT = """
[accounts.{name}]
broker = "alpaca"
mode = "paper"
calendar = "XNYS"
base_currency = "USD"
credential = "env:{prefix}"
lot_method = "average"
endpoint = "{url}"
"""
_QUIET = {
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "NO_PROXY": "127.0.0.1",
}


def results(folder: Path, sizes: tuple[int, ...] = ACCOUNTS) -> list[Result]:
    """Each size against the bare tasks, and an account among many against an account among few."""
    measured = {size: measure("close", size, folder) for size in sizes}
    peer = "as many empty tasks, mapped alike"
    lines = [compared(f"close, accounts: {n}", one.seconds, peer, one.extra["bare"]) for n, one in measured.items()]
    few, many = sizes[-2], sizes[-1]
    name, peer = f"close beyond bare tasks, each of {many} accounts", f"each of {few}"
    lines.append(compared(name, _beyond(many, measured), peer, _beyond(few, measured), at_most=1.5))
    return lines


def _beyond(size: int, measured: dict[int, Measured]) -> float:
    one = measured[size]
    return (one.seconds - float(one.extra["bare"])) / size


def close(accounts: int, folder: Path) -> Measurement:
    """The flow over that many accounts, then the bare tasks, in one process and on one server."""
    from flows.cli.server import pointing_to, running_server

    clock, bare = Clock(), Clock()
    with ExitStack() as stack:
        fresh = Path(stack.enter_context(TemporaryDirectory(dir=folder)))
        names = stack.enter_context(_desk(fresh, accounts + 1))
        stack.enter_context(pointing_to(stack.enter_context(running_server(fresh / "prefect"))))
        empty = _empty_flow()
        _close(names[:1])
        empty(1)
        with clock.running():
            tied = _close(names[1:])
        with bare.running():
            empty(accounts)
    return clock.measured(found=tied, bare=bare.seconds)


def _close(names: list[str]) -> int:
    """Close these accounts; how many of them tied out.

    raises    RuntimeError where one did not: a close that failed early would be quick
    """
    from flows.cli.run import outcomes
    from flows.eod_reconciliation import eod_reconciliation
    from tasks.settings import load_settings

    state = eod_reconciliation(date=venue.DAY, accounts=names, return_state=True)
    rows = outcomes(load_settings(), str(state.state_details.flow_run_id))
    tied = [row for row in rows if row["coverage"] == 1 and row["open"] == 0]
    if len(tied) != len(names):
        raise RuntimeError(f"{len(tied)} of {len(names)} accounts tied out: {state.name}, {state.message}, {rows[:3]}")
    return len(tied)


def _empty_flow() -> Callable[[int], Any]:
    """A flow of the close's shape whose tasks do nothing."""
    from prefect import flow, task
    from prefect.cache_policies import NO_CACHE

    @task(cache_policy=NO_CACHE)
    def nothing(given: int) -> int:
        return given

    @flow(name="bare")
    def bare(accounts: int) -> None:
        given: Any = list(range(nothing(accounts)))
        for _ in range(PER_ACCOUNT):
            given = nothing.map(given)
        given.result()
        for _ in range(AROUND - 1):
            nothing(0)

    return bare


@contextmanager
def _desk(folder: Path, accounts: int) -> Iterator[list[str]]:
    """Settings, opened books and a running venue; the names of the accounts."""
    from flows.cli.demo.workspace import environment

    names = list(venue.names(accounts))
    with venue.running_venue(accounts) as listening:
        text = _SETTINGS.format(folder=folder)
        for name in names:
            text += _ACCOUNT.format(name=name, prefix=_prefix(name), url=listening["url"])
        (folder / "tieout.toml").write_text(text, encoding="utf-8")
        added = {"TIEOUT_CONFIG": str(folder / "tieout.toml"), "TIEOUT_NOW": listening["now"], **_QUIET}
        with environment({**added, **_keys(accounts)}):
            _open_books(accounts)
            yield names


def _prefix(name: str) -> str:
    return name.upper().replace("-", "_")


def _keys(accounts: int) -> dict[str, str]:
    found = {}
    for opening in venue.scenario(accounts).accounts:
        found[f"{_prefix(opening.name)}_API_KEY"] = opening.terms.key_id
        found[f"{_prefix(opening.name)}_API_SECRET"] = opening.terms.secret
    return found


def _open_books(accounts: int) -> None:
    from flows.cli.demo.desk import open_book
    from tasks.clock import now
    from tasks.settings import load_settings
    from tieout.sessions import Sessions

    settings, before = load_settings(), Sessions("XNYS").previous(venue.DAY)
    Path(os.environ["TIEOUT_CONFIG"]).with_name("data").mkdir()
    for opening in venue.scenario(accounts).accounts:
        open_book(settings.journal_url, settings.accounts[opening.name].account, opening, before, now())


CASES: tuple[Case, ...] = (close,)
