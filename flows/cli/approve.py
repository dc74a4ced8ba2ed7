"""`tieout approve`: answer the questions about orders, and about acts that take two people."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from flows.cli.options import AsJson
from flows.cli.show import print_json, print_table

COLUMNS = ("intent", "account", "order", "why", "worth", "agreed", "wrong_codes", "until")


def approve(
    intents: Annotated[
        list[str] | None,
        typer.Argument(metavar="INTENT", help="Ids of intents. Without any, those that wait."),
    ] = None,
    by: Annotated[str | None, typer.Option("--by", help="Your name in [approvers].")] = None,
    code: Annotated[
        str | None, typer.Option("--code", help="Your present one-time code; asked for where left out.")
    ] = None,
    decline: Annotated[bool, typer.Option("--decline", help="Say no.")] = False,
    words: Annotated[str, typer.Option("--because", help="Why, for the record.")] = "",
    as_json: AsJson = False,
) -> None:
    """Approve or decline orders, and acts that take two people; without an id, list what waits."""
    from tasks.acts import open_acts
    from tasks.stores import open_stores
    from tasks.trading.answers import Answer, give, open_questions
    from tieout.ids import IntentId

    with open_stores() as stores:
        if not intents:
            waiting = open_questions(stores.journal)
            _list([*(_row(one) for one in waiting), *(_act(one) for one in open_acts(stores))], as_json)
            return
        name = by or typer.prompt("Name in [approvers]")
        secret = code or typer.prompt("One-time code", hide_input=True)
        said = give(stores, Answer(name, secret, not decline, tuple(IntentId(one) for one in intents), words))
    if as_json:
        print_json(said)
        return
    for line in said:
        typer.echo(line)


def _row(question: Any) -> dict[str, Any]:
    told = question.evidence
    return {
        "intent": question.intent_id,
        "account": question.account_id,
        "order": told.get("order"),
        "why": told.get("why"),
        "worth": (told.get("numbers") or {}).get("worth"),
        "agreed": ", ".join(question.agreed),
        "wrong_codes": question.wrong_codes,
        "until": question.until,
    }


def _act(one: Any) -> dict[str, Any]:
    return {
        "intent": one.act_id,
        "account": one.subject,
        "order": one.words,
        "why": one.reason,
        "worth": None,
        "agreed": ", ".join(one.agreed),
        "wrong_codes": None,
        "until": one.until,
    }


def _list(rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print_json(rows)
    elif rows:
        print_table(COLUMNS, ([row[name] for name in COLUMNS] for row in rows))
    else:
        typer.echo("Nothing waits for a person.")
