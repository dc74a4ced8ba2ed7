"""`tieout alerts`: what people were told, who is at it, and what still waits to be delivered."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any

import typer

from flows.cli.options import AsJson, OneAccount
from flows.cli.show import print_json, print_table

app = typer.Typer(help="What people are told, and who is at it.", no_args_is_help=True)

COLUMNS = ("id", "severity", "state", "account", "title", "since", "last seen", "seen", "told", "until", "by")
_SPAN = re.compile(r"(\d{1,5})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
Number = Annotated[int, typer.Argument(metavar="ID", help="As `tieout alerts list` prints it.")]
By = Annotated[str, typer.Option("--by", help="Your name; kept with it.")]
Because = Annotated[str, typer.Option("--because", help="Why; kept with it.")]
For = Annotated[str, typer.Option("--for", metavar="SPAN", help="How long, such as 30m, 8h or 2d.")]


@app.command("list")
def list_alerts(
    account: OneAccount = None,
    everything: Annotated[bool, typer.Option("--all", help="Those too that are over.")] = False,
    as_json: AsJson = False,
) -> None:
    """List what is open, the last seen first; and messages that nobody has taken yet."""
    from sql.alert_messages import read_messages
    from sql.alerts import read_alerts
    from tasks.settings import load_settings
    from tasks.stores import open_journal
    from tieout.alerts_delivery import MessageState
    from tieout.closing import choose_accounts

    name = choose_accounts(load_settings(), [account])[0].account.account_id if account else None
    with open_journal() as opened, opened.read() as journal:
        rows = [_row(one) for one in read_alerts(journal, account_id=name, everything=everything)]
        waiting = [_message(one) for one in read_messages(journal, MessageState.WAITING)]
    if as_json:
        print_json({"alerts": rows, "waiting": waiting})
        return
    if rows:
        print_table(COLUMNS, ([row[column] for column in COLUMNS] for row in rows))
    else:
        typer.echo("Nothing is open.")
    for one in waiting:
        typer.echo(f"waits for {one['channel']} until {one['due']}: {one['title']}. {one['error']}".rstrip(". "))


@app.command("ack")
def acknowledge(number: Number, by: By, lasts: For = "8h", reason: Because = "", as_json: AsJson = False) -> None:
    """Say that you are at it: you are left alone with it for a while, unless it changes or gets worse."""
    from tieout.alerts import acknowledged

    _take(number, acknowledged, by, lasts, reason, as_json)


@app.command("snooze")
def snooze(number: Number, by: By, lasts: For, reason: Because = "", as_json: AsJson = False) -> None:
    """Put it off: nobody hears of it for a while, changed or not, unless it gets worse."""
    from tieout.alerts import snoozed

    _take(number, snoozed, by, lasts, reason, as_json)


@app.command("noise")
def noise(
    month: Annotated[str | None, typer.Option("--month", help="YYYY-MM; this one where left out.")] = None,
    as_json: AsJson = False,
) -> None:
    """How many messages there were in a month for each break that was one."""
    from sql.noise import read_noise
    from tasks.clock import now
    from tasks.stores import open_journal
    from tieout.alerts_noise import parse_month

    first = parse_month(month) if month else now().date().replace(day=1)
    with open_journal() as opened, opened.read() as journal:
        found = read_noise(journal, first)
    rows = [[name or "other", *counts] for name, counts in sorted(found.by_source.items())]
    if as_json:
        told = {"month": f"{found.month:%Y-%m}", "occurrences": found.occurrences, "tellings": found.tellings}
        told |= {"messages": found.messages, "true_breaks": found.true_breaks, "per_break": found.per_break}
        print_json(told | {"by_source": {name: {"seen": seen, "told": told_} for name, seen, told_ in rows}})
        return
    typer.echo(found.headline)
    if rows:
        print_table(("source", "seen", "told"), rows)


@app.command("flush")
def flush() -> None:
    """Send what waits and is due, as the watch does all the time."""
    from tasks.alerts import flush as send_due
    from tasks.clock import now
    from tasks.settings import load_settings
    from tasks.stores import open_journal
    from tieout.errors import NotDelivered

    with open_journal() as journal:
        sent = send_due(load_settings().alerts, journal, now())
    typer.echo(f"taken by {', '.join(sent.targets)}" if sent.targets else "Nothing was sent.")
    if sent.errors:
        raise NotDelivered("; ".join(str(one) for one in sent.errors))


def span(text: str) -> timedelta:
    """`8h` as a span. Raises BadParameter for what is none."""
    found = _SPAN.fullmatch(text.strip())
    if found is None or int(found[1]) == 0:
        raise typer.BadParameter(f"{text!r} is no span such as 30m, 8h or 2d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def _take(number: int, take: Any, by: str, lasts: str, reason: str, as_json: bool) -> None:
    from sql.alerts import lock_alert, take_alert
    from tasks.clock import now
    from tasks.stores import open_journal

    moment, until = now(), span(lasts)
    with open_journal() as opened, opened.write() as journal:
        taken = take(lock_alert(journal, number, moment), by, reason, moment + until, moment)
        take_alert(journal, number, taken, taken.by, moment)
    told = {"id": number, "state": taken.state.value, "by": taken.by, "until": taken.until, "title": taken.title}
    if as_json:
        print_json(told)
    else:
        typer.echo(f"{number}: {taken.state} by {taken.by} until {taken.until:%Y-%m-%d %H:%M} UTC: {taken.title}")


def _row(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": one["alert_id"],
        "severity": one["severity"],
        "state": one["state"],
        "account": one["account_id"] or "",
        "title": one["title"],
        "since": one["first_seen"],
        "last seen": one["last_seen"],
        "seen": one["occurrences"],
        "told": one["tellings"],
        "until": one["until"],
        "by": one["taken_by"],
        "reason": one["reason"],
        "source": one["source"],
    }


def _message(one: dict[str, Any]) -> dict[str, Any]:
    names = ("channel", "severity", "title", "attempts")
    return {name: one[name] for name in names} | {"due": one["due_at"], "error": one["error"] or ""}
