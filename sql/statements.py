"""Which part of what a broker reports is new since the baseline.

Brokers publish some events a day or two late and date them on the day they belong to. Each statement therefore looks
back further than its baseline, and whatever an earlier accepted statement held is left out of it again.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import Connection

from sql.load import query
from tieout.ids import AccountId
from tieout.records import Statement


def first_statement_since(warehouse: Connection, account_id: AccountId) -> datetime | None:
    """Where the first accepted statement of the account began, UTC: nothing before it is the book's business."""
    found = query("first_statement_since")
    return warehouse.execute(found, {"account_id": account_id}).scalar_one_or_none()


def opening_date(journal: Connection, account_id: AccountId) -> date | None:
    """Business date of the account's last signed-off opening, if it has one."""
    found = query("opening_date")
    return journal.execute(found, {"account_id": account_id}).scalar_one_or_none()


def drop_seen(warehouse: Connection, account_id: AccountId, day: date, statement: Statement) -> Statement:
    """The statement without records that an accepted statement of an earlier session held in the same status."""
    binds = {"account_id": account_id, "business_date": day, "since": statement.since}
    seen = {tuple(row) for row in warehouse.execute(query("statement_seen"), binds)}
    executions = tuple(
        one for one in statement.executions.records if ("execution", one.execution_id, one.status.value) not in seen
    )
    activities = tuple(
        one for one in statement.activities.records if ("activity", one.activity_id, one.status.value) not in seen
    )
    return replace(
        statement,
        executions=replace(statement.executions, records=executions),
        activities=replace(statement.activities, records=activities),
    )
