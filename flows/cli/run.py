"""`tieout run`: start a flow here and now, and say what came of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli import run_by_hand, run_options, run_watch, run_window
from flows.cli.options import AsJson, read_date
from flows.cli.show import note, print_json, print_table

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

    from tieout.settings import Settings

CLOSE, WINDOW = "eod-reconciliation", "execution-window"
FLOWS = (CLOSE, WINDOW, *run_options.FLOWS, *run_watch.FLOWS, *run_by_hand.FLOWS)
COLUMNS = (
    "account",
    "session",
    "state",
    "coverage",
    "rows_compared",
    "opened",
    "closed",
    "open",
    "critical",
    "run",
    "why",
)
_QUIET = {  # the outcome is told below; the flow run's own log goes to the server
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
}


def run(
    flow: Annotated[str, typer.Argument(help=f"Which flow: {', '.join(FLOWS)}.")],
    account: Annotated[
        list[str] | None, typer.Option("--account", "-a", help="Only this account; may be given several times.")
    ] = None,
    date: Annotated[
        str | None, typer.Option("--date", help="Session to work on, YYYY-MM-DD; the last closed one where left out.")
    ] = None,
    dry_run: Annotated[
        bool | None,
        typer.Option("--dry-run/--no-dry-run", help="Look and compare only. Where left out, DRY_RUN decides."),
    ] = None,
    window: Annotated[
        str | None,
        typer.Option("--window", help="execution-window only: its name; the next one where left out."),
    ] = None,
    live: Annotated[
        bool,
        typer.Option("--live", help="execution-window, options-expiration: real money may be moved by this run."),
    ] = False,
    stay: Annotated[
        bool, typer.Option("--stay", help="execution-window only: take signals until the window ends.")
    ] = False,
    given: Annotated[
        list[str] | None,
        typer.Option("--with", help=f"name=value of the form of {', '.join(run_by_hand.FLOWS)}; once for each."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run a flow. Exit code 3: it finished, and critical breaks are open."""
    from tasks.settings import load_settings
    from tieout.closing import choose_accounts

    _require_flow(flow)
    if flow in run_by_hand.FLOWS or given:
        _require_with_alone(flow, window, stay=stay, live=live, dry_run=dry_run)
        raise typer.Exit(_by_hand(flow, given or [], account, date, as_json))
    if flow != WINDOW and (window or stay or (live and flow != run_options.EXPIRATION)):
        raise typer.BadParameter(
            f"--window, --live and --stay are for {WINDOW}, --live for {run_options.EXPIRATION} too"
        )
    if flow in run_watch.FLOWS and ((date and flow != run_watch.PLAN) or dry_run):
        raise typer.BadParameter(f"{flow} looks at what is now, and has no dry run: leave --date and --dry-run out")
    day = read_date(date) if date else None
    settings = load_settings()
    choose_accounts(settings, account)  # a wrong name is told before a server starts
    dry = flow not in run_watch.FLOWS and _is_dry(settings, dry_run)
    before = _reports(settings)
    with _quiet(settings), _server(settings):
        if flow == WINDOW:
            state = run_window.start(window, day, account, live=live, stay=stay, dry_run=dry)
        elif flow in run_options.FLOWS:
            state = run_options.start(flow, day, account, live=live, dry_run=dry)
        elif flow in run_watch.FLOWS:
            state = run_watch.start(flow, account, day)
        else:
            state = _close(day, account, dry)
    if flow == WINDOW:
        run_window.tell(state, as_json)
    elif flow in run_options.FLOWS:
        run_options.tell(state, sorted(_reports(settings) - before), as_json)
    elif flow in run_watch.FLOWS:
        run_watch.tell(state, as_json)
    else:
        _tell(settings, state, dry, sorted(_reports(settings) - before), as_json)
    raise typer.Exit(_exit_code(state))


def _require_with_alone(flow: str, window: str | None, *, stay: bool, live: bool, dry_run: bool | None) -> None:
    if flow not in run_by_hand.FLOWS:
        raise typer.BadParameter(f"--with is for {', '.join(run_by_hand.FLOWS)}")
    if window or stay or live or dry_run is not None:
        raise typer.BadParameter(f"{flow} takes these as --with dry_run=true, --with live=true")


def _by_hand(flow: str, given: list[str], account: list[str] | None, day: str | None, as_json: bool) -> int:
    """Run a flow that has a form of its own. Its exit code."""
    from tasks.settings import load_settings

    settings = load_settings()
    with _quiet(settings):
        parameters = run_by_hand.parameters(flow, given, account, read_date(day) if day else None)
        with _server(settings):
            state = run_by_hand.start(flow, parameters)
    run_by_hand.tell(state, as_json)
    return run_by_hand.exit_code(state)


def prefect_home(settings: Settings) -> Path:
    """Where a Prefect server of our own keeps its database, beside the reports."""
    return Path(settings.output_dir).parent / "prefect"


def _require_flow(flow: str) -> None:
    if flow not in FLOWS:
        near = get_close_matches(flow, FLOWS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(FLOWS)}"
        raise typer.BadParameter(f"flow {flow!r} is not known; {hint}")


def _is_dry(settings: Settings, asked: bool | None) -> bool:
    from tieout.closing import is_dry

    dry = is_dry(settings, asked)
    if dry and asked is None:
        note(f"dry run, because DRY_RUN={settings.environment['DRY_RUN']}; --no-dry-run runs for real")
    return dry


def _close(day: date | None, accounts: list[str] | None, dry_run: bool) -> State[Any]:
    from flows.eod_reconciliation import eod_reconciliation

    return eod_reconciliation(date=day, accounts=accounts or None, dry_run=dry_run, return_state=True)


@contextmanager
def quiet_server(settings: Settings) -> Iterator[None]:
    """A Prefect server for one flow run, whose log does not come between what a command says."""
    with _quiet(settings), _server(settings):
        yield


@contextmanager
def _server(settings: Settings) -> Iterator[None]:
    from flows.cli.server import prefect_server

    with prefect_server(prefect_home(settings)):
        yield


@contextmanager
def _quiet(settings: Settings) -> Iterator[None]:
    """Prefect reads these when it is imported; what the user has set stays."""
    wanted = dict(_QUIET)
    if level := settings.environment.get("LOG_LEVEL"):
        wanted["PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"] = level.upper()
    added = [name for name in wanted if name not in os.environ]
    os.environ.update({name: wanted[name] for name in added})
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)


def _exit_code(state: State[Any]) -> int:
    """The flow's own verdict; 1 where it broke off before it came to one; 3 where a person is waited for."""
    if state.name == run_watch.WAITING:
        return run_watch.WAITS
    verdict = getattr(state.data, "result", state.data)
    return verdict if isinstance(verdict, int) else int(not state.is_completed())


def _reports(settings: Settings) -> set[Path]:
    """The reports there are; each run writes one under a name of its own."""
    return {path.resolve() for path in (Path(settings.output_dir) / "reports").glob("*.html")}


def _tell(settings: Settings, state: State[Any], dry_run: bool, reports: list[Path], as_json: bool) -> None:
    flow_run_id = str(state.state_details.flow_run_id)
    accounts = outcomes(settings, flow_run_id)
    if as_json:
        told = {"flow_run_id": flow_run_id, "state": state.name, "message": state.message, "dry_run": dry_run}
        print_json(told | {"exit_code": _exit_code(state), "reports": reports, "accounts": accounts})
        return
    if accounts:
        print_table(COLUMNS, ([one[name] for name in COLUMNS] for one in accounts))
    typer.echo(f"{state.name}: {state.message}" + (" (dry run)" if dry_run else ""))
    for path in reports:
        typer.echo(f"Report: {path}")


def outcomes(settings: Settings, flow_run_id: str) -> list[dict[str, Any]]:
    """What came of each account in one flow run, as the journal and the warehouse have it."""
    return [_account(row) for row in _runs(settings, flow_run_id)]


def _runs(settings: Settings, flow_run_id: str) -> list[dict[str, Any]]:
    from sql.chain.runs import runs_of_flow
    from sql.journal import Journal
    from sql.warehouse import Warehouse

    journal, warehouse = Journal.open(settings.journal_url), Warehouse.open(settings.warehouse_url)
    try:
        with journal.read() as ours, warehouse.read() as theirs:
            return runs_of_flow(ours, theirs, flow_run_id)
    finally:
        journal.close()
        warehouse.close()


def _account(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "account": row["account_id"],
        "session": row["business_date"],
        "state": row["state"],
        "coverage": row["coverage"],
        "rows_compared": row["rows_compared"],
        "opened": row["breaks_opened"],
        "closed": row["breaks_closed"],
        "open": row["breaks_open"],
        "critical": row["critical_open"],
        "run": row["run_id"],
        "why": _why(row["outcome"] or {}),
    }


def _why(outcome: dict[str, Any]) -> str | None:
    return "; ".join(outcome.get("quarantined") or ()) or outcome.get("error") or outcome.get("unread")
