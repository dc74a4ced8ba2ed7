"""`tieout signals`: what came in from outside, a way to add a file by hand, and the webhook."""

from __future__ import annotations

import signal
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from flows.cli.options import AsJson, OneAccount
from flows.cli.show import note, print_json, print_table
from tieout.signals.types import SignalState

COLUMNS = (
    "signal_id",
    "state",
    "source",
    "strategy",
    "account_id",
    "symbol",
    "side",
    "size",
    "received_at",
    "expires_at",
    "reason",
)
MOST = 100

app = typer.Typer(help="Wishes to trade from outside: list them, add a file, run the webhook.")


@app.callback(invoke_without_command=True)
def signals(
    context: typer.Context,
    state: Annotated[list[SignalState] | None, typer.Option("--state", help="Only those in this state.")] = None,
    account: OneAccount = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many, the newest first.")] = MOST,
    as_json: AsJson = False,
) -> None:
    """List signals and refusals, the newest first."""
    if context.invoked_subcommand is not None:
        return
    rows = [_shown(row) for row in _read(state, account, limit)]
    if as_json:
        print_json(rows)
        return
    if not rows:
        typer.echo("There are no such signals.")
        return
    print_table(COLUMNS, ([row[name] for name in COLUMNS] for row in rows))


@app.command("add")
def add(
    file: Annotated[Path, typer.Argument(help="CSV, JSON or JSON lines; taken whole or not at all.")],
    as_json: AsJson = False,
) -> None:
    """Take the signals of a file, as if it had been put into the drop folder."""
    from tasks.clock import now
    from tasks.imports import read_file
    from tasks.settings import load_settings
    from tasks.signals.deliver import deliver
    from tieout.signals.types import Source

    settings, source = load_settings(), read_file(file)
    with _journal() as journal:
        delivery = deliver(journal, settings, source.name, source.content, Source.COMMAND, now())
    if as_json:
        told = [one.signal_id for one in delivery.appended]
        print_json({"signals": told, "new": delivery.new, "says": delivery.lines()})
    else:
        for line in delivery.lines():
            note(line)
        typer.echo(f"{source.name}: {delivery.new} new signals of {len(delivery.appended)}")
    if delivery.refused:
        raise typer.Exit(1)


@app.command("serve")
def serve() -> None:
    """Take signals over HTTP until stopped. See docs/signals.md for what to send."""
    from tasks.log import log_to_stderr
    from tasks.settings import load_settings
    from tasks.signals.webhook import Webhook

    settings = load_settings()
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    log_to_stderr()
    with _journal() as journal, Webhook(journal, settings) as webhook:
        typer.echo(f"Signals are taken at {webhook.url}/STRATEGY. Stop with Ctrl-C.")
        stopped.wait()
    note("stopped")


def _read(states: list[SignalState] | None, account: str | None, limit: int) -> list[dict[str, Any]]:
    from sql.signals import read_signals
    from tieout.ids import AccountId

    with _journal() as journal, journal.read() as connection:
        return read_signals(connection, states, account_id=AccountId(account) if account else None, limit=limit)


def _journal() -> Any:
    from contextlib import closing

    from sql.journal import Journal
    from tasks.settings import load_settings

    return closing(Journal.open(load_settings().journal_url))


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with the wish as a person reads it."""
    wish = row["wish"] or {}
    sizes = [f"{wish[name]} {word}".strip() for name, word in _SIZES.items() if name in wish]
    more = {
        "symbol": wish.get("instrument", {}).get("symbol"),
        "side": wish.get("side"),
        "size": sizes[0] if sizes else None,
    }
    return {**row, **more}


_SIZES = {"quantity": "", "notional": "money", "percent": "of equity"}
