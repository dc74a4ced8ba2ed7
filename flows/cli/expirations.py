"""`tieout options`: what expires, how it ended, and what the broker is told about it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from flows.cli.options import AsJson, OneAccount
from flows.cli.people import Code, ask_code
from flows.cli.show import print_json, print_table

COLUMNS = ("account", "symbol", "contracts", "expires", "likelihood", "outcome", "cash", "decide_by", "left", "note")
EVENTS = ("account", "business_date", "symbol", "contracts", "outcome", "basis", "confidence", "state", "words")
RESERVED = ("account", "symbol", "amount", "currency", "until", "why")
TOLD = (
    "instruction",
    "account",
    "choice",
    "symbol",
    "contracts",
    "evening",
    "until",
    "state",
    "told",
    "words",
    "approve",
)

app = typer.Typer(invoke_without_command=True)


@app.callback()
def options(
    context: typer.Context,
    account: OneAccount = None,
    days: Annotated[
        int | None, typer.Option("--days", min=0, help="Sessions ahead; the settings' own where left out.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List expiring options with their forecast, the cash kept for them, and the newest events.

    `tieout run options-expiration` forecasts anew; nothing is asked of a broker here.
    """
    if context.invoked_subcommand is not None:
        return
    told = _read(account, days)
    if as_json:
        print_json(told)
        return
    if not any(told.values()):
        typer.echo("No forecast is known; `tieout run options-expiration` makes one.")
    for title, name, columns in (
        ("Expiring", "forecasts", COLUMNS),
        ("Cash kept", "reservations", RESERVED),
        ("Ended", "events", EVENTS),
    ):
        if told[name]:
            print_table(columns, ([one[column] for column in columns] for one in told[name]), title=title)


@app.command("instruct")
def instruct(
    choice: Annotated[str, typer.Argument(metavar="CHOICE", help="exercise, or do-not-exercise.")],
    symbol: Annotated[str, typer.Argument(help="The option's OSI symbol, padded or not.")],
    account: Annotated[str, typer.Option("--account", "-a", help="Account name from tieout.toml.")],
    by: Annotated[str, typer.Option("--by", help="Your name in [approvers].")],
    reason: Annotated[str, typer.Option("--reason", help="Why; kept with the instruction.")],
    contracts: Annotated[
        str | None, typer.Option("--contracts", help="How many; all that are held where left out.")
    ] = None,
    code: Code = None,
    as_json: AsJson = False,
) -> None:
    """Give the broker a contrary instruction for a long option. It is told once enough people have agreed."""
    from tasks.options.instruct import ByHand
    from tasks.options.instruct import instruct as give
    from tasks.stores import open_stores
    from tieout.agreement import ActKind
    from tieout.closing import choose_accounts
    from tieout.money import exact
    from tieout.options.instruction import Choice

    words = choice.replace("-", "_")
    if words not in frozenset(Choice):
        raise typer.BadParameter(f"{choice!r} is neither exercise nor do-not-exercise")
    with open_stores() as stores:
        (chosen,) = choose_accounts(stores.settings, [account])
        units = exact(contracts, "--contracts") if contracts is not None else None
        wish = ByHand(chosen.account.account_id, symbol, Choice(words), by, reason, units)
        came = give(stores, wish, ask_code(stores, ActKind.INSTRUCT, code))
    if as_json:
        print_json(dict(came.told))
    else:
        typer.echo(came.words)


@app.command("instructions")
def instructions(
    account: OneAccount = None,
    send: Annotated[
        bool, typer.Option("--send", help="See those that were agreed to through: look up, and tell what was not told.")
    ] = False,
    live: Annotated[bool, typer.Option("--live", help="With --send: accounts with real money too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List what brokers were told, or wait to be told, about long options."""
    from tasks.options.instruct import listed
    from tasks.options.settle import settle
    from tasks.stores import open_stores
    from tieout.closing import choose_accounts

    with open_stores() as stores:
        chosen = choose_accounts(stores.settings, [account] if account else None)
        waits = [one for each in chosen if send for one in settle(stores, each, live=live)]
        rows = listed(stores, [one.account.account_id for one in chosen])
    now_words = {one.instruction_id: one.words for one in waits}
    rows = [row | {"words": now_words.get(row["instruction"], row["words"])} for row in rows]
    if as_json:
        print_json(rows)
    elif rows:
        print_table(TOLD, ([row[name] for name in TOLD] for row in rows))
    else:
        typer.echo("No instruction was given.")


def _read(account: str | None, days: int | None) -> dict[str, list[dict[str, Any]]]:
    from tasks.options.listing import listing
    from tasks.settings import load_settings
    from tieout.closing import choose_accounts

    settings = load_settings()
    chosen = choose_accounts(settings, [account] if account else None)
    return listing([one.account.account_id for one in chosen], days)
