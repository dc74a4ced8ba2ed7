"""`tieout audit`: read the trail of calls and decisions, prove it, take a part of it away."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.options import AsJson, OneAccount, read_as_of
from flows.cli.show import note, print_json, print_table

if TYPE_CHECKING:
    from sql.audit import Wanted
    from tieout.audit import AuditEvent, Verification

app = typer.Typer(help="The audit trail: show it, prove that nobody edited it, export it.", no_args_is_help=True)

COLUMNS = ("number", "at", "actor", "action", "subject", "account_id", "detail")
NEWEST = 50
From = Annotated[str | None, typer.Option("--from", help="Day (2026-01-16, UTC) or moment (2026-01-16T21:30:00Z).")]
To = Annotated[str | None, typer.Option("--to", help="Day, that day included, or moment.")]
Action = Annotated[str | None, typer.Option("--action", help="Such as order.sending, or order for all of them.")]
Actor = Annotated[str | None, typer.Option("--actor", help="Who did it.")]


@app.command("show")
def show(
    account: OneAccount = None,
    action: Action = None,
    actor: Actor = None,
    subject: Annotated[str | None, typer.Option("--subject", help="What it was done to: an id, a file.")] = None,
    since: From = None,
    until: To = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many, the newest.")] = NEWEST,
    as_json: AsJson = False,
) -> None:
    """List events, the newest last."""
    from sql.audit import read_events
    from tasks.stores import open_stores

    wanted = _wanted(account, action, actor, subject, since, until)
    with open_stores() as stores, stores.journal.read() as journal:
        found = list(read_events(journal, wanted, newest=limit))
    if as_json:
        print_json([_shown(one) for one in found])
    elif found:
        print_table(COLUMNS, ([getattr(one, name) for name in COLUMNS] for one in found))
    else:
        typer.echo("There are no such events.")


@app.command("verify")
def verify(
    anchors: Annotated[
        list[Path] | None, typer.Option("--anchors", help="File of anchors kept elsewhere; may be given several times.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Walk over the whole trail. Exit code 1 where an event was edited, removed, inserted, moved or cut off."""
    from tasks.stores import open_stores
    from tasks.trail import verify_trail

    with open_stores() as stores:
        found = verify_trail(stores, *(anchors or ()))
    if as_json:
        print_json({"unbroken": found.unbroken, **asdict(found)})
    else:
        _print(found)
    raise typer.Exit(0 if found.unbroken else 1)


@app.command("anchor")
def anchor(as_json: AsJson = False) -> None:
    """Verify the trail and keep its end in the file of anchors, as `audit-anchor` does each day."""
    from tasks.stores import open_stores
    from tasks.trail import anchor_trail, anchors_file

    with open_stores() as stores:
        found, made = anchor_trail(stores)
        file = anchors_file(stores)
    if as_json:
        print_json({"unbroken": found.unbroken, "anchor": made, "file": str(file), "findings": found.findings})
    elif made is not None:
        typer.echo(f"Event {made.number} of {made.day} is anchored in {file}.")
    else:
        _print(found)
    raise typer.Exit(0 if found.unbroken else 1)


@app.command("export")
def export(
    file: Annotated[Path, typer.Argument(help="To be written; its ending says how: .csv or .parquet.")],
    account: OneAccount = None,
    action: Action = None,
    since: From = None,
    until: To = None,
    as_json: AsJson = False,
) -> None:
    """Write the events of a range to a file."""
    from tasks.stores import open_stores
    from tasks.trail_export import export_trail

    with open_stores() as stores:
        count = export_trail(stores, file, _wanted(account, action, None, None, since, until))
    if as_json:
        print_json({"file": str(file), "events": count})
    else:
        typer.echo(f"{file}: {count} events")


def _wanted(
    account: str | None,
    action: str | None,
    actor: str | None,
    subject: str | None,
    since: str | None,
    until: str | None,
) -> Wanted:
    from sql.audit import Wanted

    return Wanted(_begin(since), _end(until), action, actor, subject, account)


def _begin(text: str | None) -> datetime | None:
    moment = read_as_of(text) if text else None
    return moment if moment is None or isinstance(moment, datetime) else _midnight(moment)


def _end(text: str | None) -> datetime | None:
    moment = read_as_of(text) if text else None
    return moment if moment is None or isinstance(moment, datetime) else _midnight(moment) + timedelta(days=1)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _shown(event: AuditEvent) -> dict[str, Any]:
    return asdict(event) | {"detail": json.loads(event.detail)}


def _print(found: Verification) -> None:
    for one in found.findings:
        typer.echo(f"event {one.number} {one.fault}: {one.words}")
    state = "unbroken" if found.unbroken else "BROKEN"
    typer.echo(f"{state}: {found.events} events, {found.anchored} anchors agreed, {len(found.findings)} faults")
    if found.unbroken and found.events and not found.anchored:
        note("no anchor was compared: events cut off the end together with the store's note of it would not be seen")
