"""The day's plan as text: a table per account in its exchange's time. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tieout.planning.keep import Kept, PlanState
from tieout.planning.rules import DayPlan


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One run of the plan, for tables and JSON.

    at       UTC
    local    by the exchange's clock
    state    of the journal; `not scheduled` where no server knows the run
    """

    account: str
    session: str
    flow: str
    at: datetime
    local: str
    rule: str
    state: str
    flow_run_id: str | None = None
    words: str = ""


UNSCHEDULED = "not scheduled"


def lines(plan: DayPlan, rows: Mapping[str, Kept], zone: ZoneInfo) -> tuple[PlanLine, ...]:
    """The plan's runs in order of time, with what the journal knows of each; and runs of it that nobody wants now."""
    wanted = {due.key: due for due in plan.dues}
    told = [
        PlanLine(
            plan.account_id,
            due.session.isoformat(),
            due.name,
            rows[key].at if key in rows and rows[key].state is not PlanState.WITHDRAWN else due.at,
            local(rows[key].at if key in rows and rows[key].state is not PlanState.WITHDRAWN else due.at, zone),
            due.why,
            rows[key].state.value if key in rows else UNSCHEDULED,
            rows[key].flow_run_id if key in rows else None,
            rows[key].words if key in rows else "",
        )
        for key, due in wanted.items()
    ]
    return tuple(sorted(told, key=lambda one: (one.at, one.flow)))


def local(moment: datetime, zone: ZoneInfo) -> str:
    """`2026-01-16 16:45 EST`, with seconds where there are any."""
    there = moment.astimezone(zone)
    return f"{there:%Y-%m-%d %H:%M:%S %Z}" if there.second else f"{there:%Y-%m-%d %H:%M %Z}"


def page(
    plans: Sequence[DayPlan],
    rows: Sequence[Kept],
    zones: Mapping[str, ZoneInfo],
    links: Mapping[Any, str],
    hours: Mapping[str, str],
    news: Sequence[str],
) -> str:
    """All of it in Markdown.

    zones    by account, of its exchange
    links    by flow run id
    hours    by account, what became of asking its venue
    news     what was missed or given up
    """
    parts = [f"# The day's plan\n\n{_days(plans)}"]
    if news:
        parts.append("\n".join(["## Missed", "", *(f"- {one}" for one in news)]))
    for plan in plans:
        mine = [row for row in rows if row.account_id == plan.account_id]
        parts.append("\n".join(_account(plan, mine, zones[plan.account_id], links, hours.get(plan.account_id, ""))))
    return "\n\n".join(parts) + "\n"


def _days(plans: Sequence[DayPlan]) -> str:
    days = sorted({one.day for one in plans})
    return ", ".join(str(day) for day in days) or "No account is configured."


def _account(
    plan: DayPlan, rows: Sequence[Kept], zone: ZoneInfo, links: Mapping[Any, str], hours: str
) -> Iterator[str]:
    yield f"## {plan.account_id}"
    yield ""
    if plan.why:
        yield f"{plan.why}."
        yield ""
    if hours:
        yield f"Hours: {hours}."
        yield ""
    for note in plan.notes:
        yield f"- {note}"
    if not rows:
        yield "Nothing is planned."
        return
    yield "| when | run | state | why |"
    yield "| --- | --- | --- | --- |"
    for row in sorted(rows, key=lambda one: (one.at, one.key)):
        name = f"{row.flow}/{row.part}" if row.part else row.flow
        shown = f"[{name}]({links[row.flow_run_id]})" if row.flow_run_id in links else name
        why = "; ".join(one for one in (row.why, row.words) if one)
        yield f"| {local(row.at, zone)} | {shown} {row.session} | {row.state.value} | {why} |"
