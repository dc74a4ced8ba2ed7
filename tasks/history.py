"""Importing an account's history from its broker: asked for piece by piece, booked all at once with a signature."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State

from tasks.accounts import open_broker, prove_identity, sessions_of
from tasks.artifacts import create_table_artifact
from tasks.clock import now
from tasks.imports import SOURCE, Booked
from tasks.log import run_logger
from tasks.retries import if_unavailable
from tasks.settings import load_settings
from tasks.stores import open_journal
from tieout.closing import choose_accounts
from tieout.errors import TieoutError
from tieout.history import History, Piece, plan_history, sorted_out, together
from tieout.records import Statement

if TYPE_CHECKING:
    from sqlalchemy import Connection

SHOWN = 200  # rows of the artifact


class _Undo(TieoutError):
    """Leaves the transaction of a dry run; never seen outside."""


@task(task_run_name="plan", cache_policy=NO_CACHE)
def plan_import(account: str, since: date, until: date | None, signed_off_by: str, dry_run: bool) -> History:
    """What will be asked for.

    raises    ConfigError for an unknown account; DataError for a time that makes no sense, or without a signature
    """
    from sql.statements import opening_date

    (chosen,) = choose_accounts(load_settings(), [account])
    name = chosen.account.account_id
    with open_journal() as opened, opened.read() as journal:
        day = opening_date(journal, name)
    return plan_history(
        name, since, until, signed_off_by, opened=day, sessions=sessions_of(chosen), now=now(), dry_run=dry_run
    )


@task(task_run_name="fetch {since:%Y-%m-%d}", retry_condition_fn=if_unavailable, cache_policy=NO_CACHE)
def fetch_piece(history: History, since: datetime, until: datetime) -> Piece:
    """What the broker says happened. May be retried: reading twice changes nothing."""
    settings = load_settings()
    account = settings.accounts[history.account_id]
    with open_broker(settings, account) as broker:
        prove_identity(broker, account)
        stated = Statement(since, until, broker.fetch_executions(since, until), broker.fetch_activities(since, until))
    run_logger().info("%s to %s: %s", since, until, _counts(sorted_out(stated)))
    return sorted_out(stated)


@task(task_run_name="book {history.account_id}", cache_policy=NO_CACHE)
def book_history(history: History, pieces: Sequence[Piece]) -> Booked:
    """Book all of it in one transaction; a record that the journal has is left as it is. A dry run takes it back."""
    whole = together(pieces)
    done = Booked(0, 0, 0, history.dry_run)
    try:
        with open_journal() as opened, opened.write() as journal:
            done = _append(journal, history, whole)
            if history.dry_run:
                raise _Undo
    except _Undo:
        pass
    return done


@task(task_run_name="tell", cache_policy=NO_CACHE)
def show_import(pieces: Sequence[Piece], booked: Booked) -> None:
    """What was left for a person, in the run's page."""
    left = together(pieces).left
    rows = [{"row": words} for words in left[:SHOWN]]
    note = f"{booked.new} booked, {booked.repeated} known before, {len(left)} left for a person."
    create_table_artifact(rows, key="import-left", description=note)


def imported(history: History, pieces: Sequence[Piece], booked: Booked) -> State[Any]:
    """The flow run's state: whole, or with rows that nobody could book."""
    from prefect.states import Completed

    whole = together(pieces)
    name = "Incomplete" if whole.left else "Imported"
    did = "would be booked" if booked.dry_run else "booked"
    told = f"{history.account_id}: {booked.new} records {did}, {booked.repeated} known already, {len(whole.left)} left"
    told = "; ".join((told, *whole.notes))
    data = {"new": booked.new, "repeated": booked.repeated, "left": len(whole.left), "exit_code": 0}
    return Completed(name=name, message=f"{told}, signed off by {history.signed_off_by}", data=data)


def _append(journal: Connection, history: History, whole: Piece) -> Booked:
    from sql.audit import append
    from sql.records import append_activities, append_executions, record_account

    account = load_settings().accounts[history.account_id]
    moment, sessions, name = now(), sessions_of(account), history.account_id
    record_account(journal, account.account)
    proof = {
        "broker": account.account.broker,
        "since": history.since.isoformat(),
        "until": history.until.isoformat(),
        "signed_off_by": history.signed_off_by,
    }
    how: dict[str, Any] = {"sessions": sessions, "source": SOURCE, "evidence": proof, "now": moment}
    first = append_activities(journal, name, whole.activities, **how)
    second = append_executions(journal, name, whole.executions, **how)
    booked = Booked(first.new + second.new, first.repeated + second.repeated, second.last_seq, history.dry_run)
    detail = proof | {"new": booked.new, "repeated": booked.repeated, "left": len(whole.left)}
    append(journal, actor=history.signed_off_by, action="import.booked", subject=name, detail=detail, now=moment)
    return booked


def _counts(piece: Piece) -> str:
    return f"{len(piece.executions)} executions, {len(piece.activities)} activities, {len(piece.left)} left"
