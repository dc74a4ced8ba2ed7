"""The day's plan in the journal: one row per flow, account and session, so that planning twice changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from sql.load import query
from sql.rows import chunks, read_rows
from sql.schema.journal import lease, run
from sql.schema.planning import calendar_difference, planned_run
from tieout.ids import AccountId
from tieout.planning.keep import Kept, PlanState


def read_planned(
    connection: Connection, accounts: Iterable[AccountId], since: date, until: date | None = None
) -> dict[str, Kept]:
    """Planned runs by key, of sessions from `since` to `until`, both included."""
    found: dict[str, Kept] = {}
    for some in chunks(sorted(accounts)):
        wanted = select(planned_run).where(planned_run.c.account_id.in_(some), planned_run.c.business_date >= since)
        if until is not None:
            wanted = wanted.where(planned_run.c.business_date <= until)
        rows = read_rows(connection, wanted.order_by(planned_run.c.due_at, planned_run.c.plan_key))
        found |= {row["plan_key"]: _kept(row) for row in rows}
    return found


def read_planned_of(connection: Connection, flow: str, account_id: AccountId, session: date) -> tuple[Kept, ...]:
    """The planned runs of one flow for one account's session, in order of time."""
    wanted = select(planned_run).where(
        planned_run.c.flow == flow, planned_run.c.account_id == account_id, planned_run.c.business_date == session
    )
    return tuple(_kept(row) for row in read_rows(connection, wanted.order_by(planned_run.c.due_at)))


def first_planned(connection: Connection, account_id: AccountId) -> date | None:
    """The first session that was ever planned for an account; None where none was."""
    found = connection.execute(
        select(func.min(planned_run.c.business_date)).where(planned_run.c.account_id == account_id)
    ).scalar_one()
    return found if found is None or isinstance(found, date) else date.fromisoformat(str(found))


def write_planned(connection: Connection, rows: Iterable[Kept], now: datetime) -> None:
    """Write each row as it is now; a row that has begun or ended meanwhile stays as it is."""
    given = [_row(one) | {"updated_at": now} for one in rows]
    if given:
        connection.execute(query("write_planned"), given)


def note_begun(connection: Connection, flow_run_id: str, now: datetime) -> int:
    """A planned run has begun; how many rows it stands for, zero where the plan does not know it."""
    waiting = (planned_run.c.flow_run_id == flow_run_id) & (planned_run.c.state == PlanState.PLANNED)
    begun = connection.execute(update(planned_run).where(waiting).values(state=PlanState.BEGUN, updated_at=now))
    return int(begun.rowcount)


def note_ended(connection: Connection, ended: Mapping[str, str], now: datetime) -> None:
    """How flow runs ended, by id, in the words of Prefect's states."""
    for flow_run_id, words in ended.items():
        mine = (planned_run.c.flow_run_id == flow_run_id) & planned_run.c.state.in_(
            [PlanState.PLANNED, PlanState.BEGUN]
        )
        connection.execute(update(planned_run).where(mine).values(state=PlanState.ENDED, words=words, updated_at=now))


def read_ends(connection: Connection, flow: str, account_id: AccountId, session: date) -> list[dict[str, Any]]:
    """The journal's runs of one flow for one account's session, the last one first."""
    wanted = select(run).where(run.c.flow == flow, run.c.account_id == account_id, run.c.business_date == session)
    return read_rows(connection, wanted.order_by(run.c.number.desc()))


def read_leases(connection: Connection, flow: str, account_id: AccountId, session: date, now: datetime) -> list[Any]:
    """Leases of one flow on one account's session that hold at that moment, windows included."""
    mine = (lease.c.lease_key == f"{account_id}:{flow}:{session}") | (
        lease.c.lease_key.startswith(f"{account_id}:{flow}/", autoescape=True)
        & lease.c.lease_key.endswith(f":{session}", autoescape=True)
    )
    wanted = select(lease).where(mine, lease.c.released.is_(False), lease.c.expires_at > now)
    return read_rows(connection, wanted.order_by(lease.c.lease_key))


def note_differences(
    connection: Connection, account_id: AccountId, found: Mapping[date, str], since: date, now: datetime
) -> dict[date, str]:
    """Keep where a venue's calendar differs from ours, from `since` on; those that nobody was told of yet."""
    mine = (calendar_difference.c.account_id == account_id) & (calendar_difference.c.business_date >= since)
    known = {
        row["business_date"]: row["words"] for row in read_rows(connection, select(calendar_difference).where(mine))
    }
    news = {day: words for day, words in found.items() if known.get(day) != words}
    for day in [*news, *(known.keys() - found.keys())]:
        connection.execute(delete(calendar_difference).where(mine, calendar_difference.c.business_date == day))
    for day, words in news.items():
        row = {"account_id": account_id, "business_date": day, "words": words, "first_seen": now}
        connection.execute(insert(calendar_difference), row)
    return news


def _kept(row: Mapping[str, Any]) -> Kept:
    return Kept(
        row["plan_key"],
        row["flow"],
        row["part"],
        AccountId(row["account_id"]),
        row["business_date"],
        row["due_at"],
        PlanState(row["state"]),
        row["flow_run_id"],
        row["report"],
        row["why"],
        row["words"],
    )


def _row(one: Kept) -> dict[str, Any]:
    return {
        "plan_key": one.key,
        "flow": one.flow,
        "part": one.part,
        "account_id": one.account_id,
        "business_date": one.session,
        "due_at": one.at,
        "state": one.state,
        "flow_run_id": one.flow_run_id,
        "report": one.report,
        "why": one.why,
        "words": one.words,
    }


def withdrawn(one: Kept, words: str) -> Kept:
    """A row of a run that is not wanted any more."""
    return replace(one, state=PlanState.WITHDRAWN, flow_run_id=None, words=words)
