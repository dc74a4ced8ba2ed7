"""Bring in what an account did before: the broker's executions and activities, booked with a signature."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from prefect import flow
from prefect.client.schemas.objects import State

from flows.forms import account_names, asked
from flows.naming import import_run_name
from tasks.audit import note_start
from tasks.history import book_history, fetch_piece, imported, plan_import, show_import
from tasks.retries import read_retries

Account = Annotated[
    str,
    asked("Account", "Name from tieout.toml.", choices=account_names()),
]
Since = Annotated[
    dt.date,
    asked("Since", "First session to book; after the opening positions, if there are any."),
]
Until = Annotated[dt.date | None, asked("Until", "Last session to book. Empty: the last closed one.")]
Signed = Annotated[str, asked("Signed off by", "Who answers for it: no close has compared these records yet.")]
DryRun = Annotated[bool, asked("Dry run", "Ask and count, but book nothing.")]


@flow(name="import-history", flow_run_name=import_run_name, retries=0, log_prints=False, on_running=[note_start])
def import_history(
    account: Account, since: Since, signed_off_by: Signed, until: Until = None, dry_run: DryRun = False
) -> State[Any]:
    """Book an account's history from its broker. Safe to run again: a record is booked once, by its id."""
    history = plan_import(account, since, until, signed_off_by, dry_run)

    fetch = fetch_piece.with_options(**read_retries())
    pieces = [fetch(history, begins, ends) for begins, ends in history.pieces]

    booked = book_history(history, pieces)
    show_import(pieces, booked)
    return imported(history, pieces, booked)
