"""`tieout transfers`: what is going to leave, enter or change in an account, said beforehand."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Any

import typer

from flows.cli.options import AsJson, OneAccount, read_as_of
from flows.cli.people import Code, propose
from flows.cli.show import print_json, print_table

app = typer.Typer(help="Transfers that are expected; `transfers-watch` finds those that happen.", no_args_is_help=True)

COLUMNS = ("announced_id", "account", "expects", "until", "state", "by", "reason", "movement")
By = Annotated[str, typer.Option("--by", help="Your name; kept with it.")]


@app.command("expect")
def expect(
    account: Annotated[str, typer.Option("--account", "-a", help="Account name from tieout.toml.")],
    until: Annotated[str, typer.Option("--until", help="Last day (UTC, that day included) or moment of it.")],
    reason: Annotated[str, typer.Option("--because", help="Why; kept with it.")],
    by: By,
    amount: Annotated[str | None, typer.Option("--amount", help="Money: below zero leaves the account.")] = None,
    currency: Annotated[str | None, typer.Option("--currency", help="Of the amount.")] = None,
    quantity: Annotated[str | None, typer.Option("--quantity", help="Securities: below zero leaves.")] = None,
    symbol: Annotated[str | None, typer.Option("--symbol", help="Of the securities.")] = None,
    flag: Annotated[str | None, typer.Option("--flag", help="NAME=VALUE: a flag, and what it becomes.")] = None,
    code: Code = None,
    as_json: AsJson = False,
) -> None:
    """Announce one movement or change. Where approvers are configured, two of them must agree."""
    from tasks.announced import wish_for
    from tasks.stores import open_stores
    from tieout.announced import terms_of
    from tieout.money import exact_or_none

    units = exact_or_none(quantity, "--quantity")
    terms = terms_of(exact_or_none(amount, "--amount"), currency, units, symbol, flag)
    with open_stores() as stores:
        wish = wish_for(stores, account, terms, _end(until), by, reason)
        propose(stores, wish, code, as_json=as_json)


@app.command("list")
def list_announced(
    account: OneAccount = None,
    everything: Annotated[bool, typer.Option("--all", help="Those too that came or were revoked.")] = False,
    as_json: AsJson = False,
) -> None:
    """List what is expected, and what was and never came; the one that must happen first on top."""
    from sql.announced import EVERY, read_announced
    from tasks.stores import open_stores
    from tieout.announced import WAITING
    from tieout.closing import choose_accounts

    with open_stores() as stores, stores.journal.read() as journal:
        name = choose_accounts(stores.settings, [account])[0].account.account_id if account else None
        rows = [_row(one) for one in read_announced(journal, name, EVERY if everything else WAITING)]
    if as_json:
        print_json(rows)
    elif rows:
        print_table(COLUMNS, ([row[column] for column in COLUMNS] for row in rows))
    else:
        typer.echo("Nothing is expected.")


@app.command("revoke")
def revoke(
    announced_id: Annotated[str, typer.Argument(metavar="ID", help="As `tieout transfers list` prints it.")],
    by: By,
    reason: Annotated[str, typer.Option("--because", help="Why; kept with it.")],
) -> None:
    """Take an announcement back; one person is enough. From then on the movement is an alarm again."""
    from sql.announced import revoke_announcement
    from tasks.clock import now
    from tasks.stores import open_stores

    with open_stores() as stores, stores.journal.write() as journal:
        revoke_announcement(journal, announced_id, by, reason, now())
    typer.echo(f"{announced_id}: revoked by {by}")


def _end(text: str) -> datetime:
    moment = read_as_of(text)
    if isinstance(moment, datetime):
        return moment.astimezone(UTC)
    return datetime.combine(moment, time(), UTC) + timedelta(days=1) - timedelta(microseconds=1)


def _row(one: Any) -> dict[str, Any]:
    from tieout.announced import said

    return {
        "announced_id": one.announced_id,
        "account": one.account_id,
        "expects": said(one.terms),
        "until": one.until,
        "state": one.state.value,
        "by": one.by,
        "reason": one.reason,
        "movement": one.key,
    }
