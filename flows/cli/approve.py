"""`tieout approve`: answer the questions about orders, and about acts that take two people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.options import AsJson
from flows.cli.show import print_json, print_table

if TYPE_CHECKING:
    from sql.approvals import Question
    from sql.journal import Journal

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
        asked = open_questions(stores.journal)
        if not intents:
            _list([*(_row(one) for one in asked), *(_act(one) for one in open_acts(stores))], as_json)
            return
        name = by or typer.prompt("Name in [approvers]")
        secret = code or typer.prompt("One-time code", hide_input=True)
        said = give(stores, Answer(name, secret, not decline, tuple(IntentId(one) for one in intents), words))
        _end_pauses(stores.journal, asked)
    if as_json:
        print_json(said)
        return
    for line in said:
        typer.echo(line)


def _end_pauses(journal: Journal, asked: Sequence[Question]) -> None:
    """Runs that wait with nothing left to ask go on at once, instead of when their form runs out."""
    from sql.runs import read_running
    from tasks.trading.answers import open_questions
    from tasks.trading.ask import end_pause
    from tieout.window_plan import FLOW

    left = {(one.account_id, one.business_date) for one in open_questions(journal)}
    answered = {(one.account_id, one.business_date) for one in asked} - left
    with journal.read() as connection:
        runs = [row for account, day in sorted(answered) for row in read_running(connection, account, FLOW, day)]
    for flow_run_id in {str(row["flow_run_id"]) for row in runs if row["flow_run_id"]}:
        end_pause(flow_run_id)


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
