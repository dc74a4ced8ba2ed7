"""`tieout watch`: the long-lived service beside the flows, until stopped."""

from __future__ import annotations

import signal
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.options import AsJson
from flows.cli.show import note, print_json, print_table

if TYPE_CHECKING:
    from tasks.watching.service import Watch

COLUMNS = ("account", "broker", "state", "since", "latency_ms", "reason")


def watch(
    account: Annotated[
        list[str] | None, typer.Option("--account", "-a", help="Only this account; may be given several times.")
    ] = None,
    live: Annotated[bool, typer.Option("--live", help="Kept exits of accounts with real money go out too.")] = False,
    once: Annotated[bool, typer.Option("--once", help="Look once, say what was found, and end.")] = False,
    as_json: AsJson = False,
) -> None:
    """Probe every broker, look at risk, send what waits, and miss the close. One watch works, others stand by."""
    from tasks.log import log_to_stderr, redact_logs
    from tasks.settings import load_settings
    from tasks.watching.service import Watch

    settings = load_settings()
    made = Watch(settings, account, live=live)
    redact_logs()
    if once:
        _once(made, as_json=as_json)
        return
    log_to_stderr()
    with ExitStack() as opened:
        if settings.watch.metrics_port:
            port, stop = made.metrics.served(settings.watch.metrics_host, settings.watch.metrics_port)
            opened.callback(stop)
            typer.echo(f"Metrics      http://{settings.watch.metrics_host}:{port}/metrics")
        typer.echo("Watching. Stop with Ctrl-C.")
        made.run(_stopped())
    note("stopped")


def _stopped() -> threading.Event:
    """Set by SIGTERM and Ctrl-C; what is under way is ended first."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    return stopped


def _once(made: Watch, *, as_json: bool) -> None:
    from tieout.errors import StoreError

    try:
        if not made.turn():
            raise StoreError("another watch is at work: it looks every few seconds, and `tieout alerts list` tells")
        made.settle()
    finally:
        made.stop()
    found = [one for _, one in sorted(made.health.items())]
    rows = [
        {
            "account": one.account_id,
            "broker": one.broker,
            "state": one.state.value,
            "since": one.since,
            "latency_ms": one.latency_ms,
            "reason": one.reason,
        }
        for one in found
    ]
    if as_json:
        print_json(rows)
    else:
        print_table(COLUMNS, ([row[name] for name in COLUMNS] for row in rows))
        note("a state changes after several probes in a row; this was one")
