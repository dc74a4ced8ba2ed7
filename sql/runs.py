"""Runs of a flow for one account and session, numbered so that people can name them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from sql.load import query
from sql.rows import read_rows
from sql.schema.journal import run
from tieout.errors import StoreError
from tieout.ids import AccountId, RunId

STARTED = "running"


def start_run(
    connection: Connection,
    account_id: AccountId,
    flow: str,
    business_date: date,
    now: datetime,
    flow_run_id: str | None,
) -> RunId:
    """Number the next run of a flow for an account and session: `alpaca-main-20260115-01`.

    flow_run_id    Prefect's id, to find the run's page again

    Flows share the numbers of a session: a run's name does not carry its flow and must still be unique.
    """
    connection.execute(
        query("lock_sequence"), {"account_id": account_id}
    )  # two runs that start at once get two numbers
    key = {"account_id": account_id, "business_date": business_date}
    number = int(connection.execute(query("next_run_number"), key).scalar_one())
    run_id = RunId(f"{account_id}-{business_date:%Y%m%d}-{number:02d}")
    row = key | {"run_id": run_id, "flow": flow, "number": number, "state": STARTED, "started_at": now}
    connection.execute(insert(run), row | {"flow_run_id": flow_run_id})
    return run_id


def end_run(connection: Connection, run_id: RunId, state: str, outcome: dict[str, Any], now: datetime) -> None:
    """Write down how a run ended; ending it again replaces the outcome.

    raises    StoreError where no such run was started
    """
    ended = update(run).where(run.c.run_id == run_id).values(state=state, outcome=outcome, ended_at=now)
    if connection.execute(ended).rowcount != 1:
        raise StoreError(f"run {run_id} was never started")


def read_runs_of_flow_run(connection: Connection, flow_run_id: str) -> list[dict[str, Any]]:
    """The accounts' runs that one flow run began, in the order of their names."""
    return read_rows(connection, select(run).where(run.c.flow_run_id == flow_run_id).order_by(run.c.run_id))


def read_running(connection: Connection, account_id: AccountId, flow: str, business_date: date) -> list[dict[str, Any]]:
    """The runs of a flow for an account and session that began and have not ended, the newest first."""
    mine = (run.c.account_id == account_id) & (run.c.flow == flow) & (run.c.business_date == business_date)
    return read_rows(connection, select(run).where(mine, run.c.state == STARTED).order_by(run.c.number.desc()))
