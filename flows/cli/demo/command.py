"""`tieout demo`: three sessions of a desk with six accounts, closed one after the other by the real flow.

The market, the brokers and what goes wrong are simulated; the wire, the SDK, the stores, the checks, the reconciliation
and the Prefect run are the real ones.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.demo.desk import ACCOUNTS, book_the_day, credentials, open_book
from flows.cli.demo.workspace import environment, fresh_folder, write_settings
from flows.cli.show import print_table

if TYPE_CHECKING:
    from simulator.protocols.http_face import HttpFace
    from simulator.scenario import Stage
    from tieout.settings import Settings

SEED = 7
SPOILED = "alpaca-partial"
SPOILED_SESSION = 2
QUIET = {
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",  # the log stands in the UI
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
}
COLUMNS = ("account", "session", "state", "coverage", "opened", "closed", "open", "critical", "why")


def demo(
    folder: Annotated[Path, typer.Option(help="Where the demo keeps its stores and reports.")] = Path("demo-out"),
    seed: Annotated[int, typer.Option(help="Of the simulated prices.")] = SEED,
) -> None:
    """Close a made-up book of six accounts over three sessions, and show what ties out and what does not."""
    began = time.monotonic()
    where = fresh_folder(folder)
    say("tieout demo: a desk with six accounts, three sessions, 14 to 16 January 2026\n")
    for kept in ACCOUNTS:
        say(f"  {kept.account_id:<16} {kept.trouble}")
    with ExitStack() as stack:
        stack.enter_context(environment(QUIET | {"TIEOUT_NOW": "2026-01-13T22:00:00+00:00"}))
        server = stack.enter_context(_server(where / "prefect"))
        story = stack.enter_context(_story(where, seed))
        say(f"\nPrefect server  {server.removesuffix('/api')}")
        _open_books(story)
        runs = [_close(story, number, day) for number, day in enumerate(story.days, start=1)]
        _tell_the_end(where, runs, time.monotonic() - began)


def say(text: str = "") -> None:
    """One line of the story, at once."""
    typer.echo(text)


@contextmanager
def _server(home: Path) -> Iterator[str]:
    from flows.cli.server import prefect_server

    say("\nStarting a Prefect server (the first time it makes its database) …")
    with prefect_server(home, always=True) as url:
        yield url


class Story:
    """The scenario on its stage, with one face for the spoiled account, so that nobody else is struck."""

    def __init__(self, stage: Stage, faces: dict[str, HttpFace]) -> None:
        self.stage = stage
        self.faces = faces

    @property
    def days(self) -> tuple[date, ...]:
        return self.stage.days


@contextmanager
def _story(where: Path, seed: int) -> Iterator[Story]:
    from simulator.protocols.alpaca import AlpacaFace
    from simulator.protocols.native import NativeFace
    from simulator.scenario import Stage
    from simulator.stories import three_sessions

    stage = Stage(three_sessions(seed))
    with AlpacaFace(stage.venue) as alpaca, AlpacaFace(stage.venue) as spoiled, NativeFace(stage.venue) as native:
        by_broker: dict[str, HttpFace] = {"alpaca": alpaca, "paper": native}
        faces = {one.account_id: by_broker[one.broker] for one in ACCOUNTS} | {SPOILED: spoiled}
        config = write_settings(where, {name: face.base_url for name, face in faces.items()})
        with environment(credentials(stage) | {"TIEOUT_CONFIG": str(config)}):
            yield Story(stage, faces)


def _open_books(story: Story) -> None:
    from tasks.settings import load_settings

    settings = load_settings()
    openings = {opening.name: opening for opening in story.stage.scenario.accounts}
    before = story.stage.sessions.previous(story.days[0])
    booked = 0
    for kept in ACCOUNTS:
        account = settings.accounts[kept.account_id].account
        booked += open_book(settings.journal_url, account, openings[kept.story], before, story.stage.venue.clock.now)
    say(f"Opened six books with {booked} signed-off positions and balances as of {before}")


def _close(story: Story, number: int, day: date) -> dict[str, Any]:
    """Play one session, book what the desk heard, run the flow, and tell what came of it."""
    from simulator.protocols.faults import ALWAYS, Truncate
    from tasks.settings import load_settings

    happened = story.stage.play(day)
    settings = load_settings()
    fills = _book(settings, story, day, happened)
    say(f"\n── {day:%A %d %B %Y} " + "─" * 60)
    say(f"the market closed; {len(happened)} things happened, the desk booked {fills} fills. Closing …")
    faults = story.faces[SPOILED].faults
    if number == SPOILED_SESSION:
        faults.add(Truncate(120), "/v2/positions", times=ALWAYS)
    os.environ["TIEOUT_NOW"] = story.stage.venue.clock.now.isoformat()
    began = time.monotonic()
    state = _run_flow(day)
    faults.clear()
    rows = _outcomes(settings, str(state.state_details.flow_run_id))
    print_table(COLUMNS, ([row[name] for name in COLUMNS] for row in rows))
    say(f"{state.name}: {state.message}  ({time.monotonic() - began:.0f} s)")
    return {"day": day, "state": state, "rows": rows}


def _book(settings: Settings, story: Story, day: date, happened: Sequence[Any]) -> int:
    from sql.journal import Journal

    journal = Journal.open(settings.journal_url)
    try:
        return sum(book_the_day(journal, story.stage, day, happened).values())
    finally:
        journal.close()


def _run_flow(day: date) -> Any:
    from flows.eod_reconciliation import eod_reconciliation

    return eod_reconciliation(date=day, return_state=True)


def _outcomes(settings: Settings, flow_run_id: str) -> list[dict[str, Any]]:
    from flows.cli.run import outcomes

    return outcomes(settings, flow_run_id)


def _tell_the_end(where: Path, runs: Sequence[dict[str, Any]], seconds: float) -> None:
    from tasks.settings import load_settings

    settings = load_settings()
    _tell_breaks(settings)
    _tell_replay(runs)
    report = max((where / "out" / "reports").glob("*.html"), key=lambda path: path.stat().st_mtime)
    say("\nWhere to look")
    say(f"  report       {report}")
    say(f"  Data Docs    {where / 'out' / 'data-docs' / 'index.html'}")
    say(f"  journal      {where / 'data' / 'journal.sqlite'}")
    say(f"  warehouse    {where / 'data' / 'tieout.duckdb'} (read the published copy beside it)")
    say(f"  Prefect UI   TIEOUT_CONFIG={where / 'tieout.toml'} .venv/bin/tieout serve   shows these runs")
    say(f"  one break    TIEOUT_CONFIG={where / 'tieout.toml'} .venv/bin/tieout explain break ID")
    say(f"\nDone in {seconds:.0f} s. Nothing was closed without evidence, and nothing failed was called flat.")


def _tell_breaks(settings: Settings) -> None:
    from sql.cases import read_cases
    from sql.journal import Journal

    journal = Journal.open(settings.journal_url)
    try:
        with journal.read() as connection:
            cases = read_cases(connection, states=None)
    finally:
        journal.close()
    columns = ("break", "account", "state", "severity", "kind", "cause", "what", "age", "explanation")
    keys = ("break_id", "account_id", "state", "severity", "kind", "cause", "subject", "age_sessions", "explanation")
    say("\nEvery difference of the three sessions, and what became of it")
    print_table(
        columns,
        ([case[name] for name in keys] for case in cases),
    )


def _tell_replay(runs: Sequence[dict[str, Any]]) -> None:
    """Reconcile the first session again from what was seen then: it must come out the same, byte for byte."""
    from sql.replay import replay
    from tasks.accounts import sessions_by_name
    from tasks.stores import open_stores

    replayed = [row["run"] for row in runs[0]["rows"] if row["run"] and row["rows_compared"]]
    with open_stores() as stores:
        same = [replay(stores.journal, stores.warehouse, run, sessions_by_name("XNYS")).same for run in replayed]
    say(f"\nReplayed the first session's {len(same)} reconciliations: {sum(same)} equal byte for byte")


__all__ = ["demo"]
