"""The day's plan for people: a table with links, one message where something is wrong, and the run's state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from tasks.accounts import sessions_of
from tasks.artifacts import create_markdown_artifact
from tasks.news import tell_people
from tasks.planning.hours import Compared
from tasks.planning.late import Thinned
from tasks.planning.schedule import Scheduled
from tasks.settings import load_settings
from tieout.alert import happened, lasting
from tieout.planning.keep import Kept
from tieout.planning.page import page
from tieout.planning.rules import DayPlan
from tieout.recon.types import Severity

SOURCE = "plan-day"


@task(task_run_name="artifact", cache_policy=NO_CACHE)
def publish_plan(plans: Sequence[DayPlan], compared: Sequence[Compared], scheduled: Scheduled, late: Thinned) -> None:
    """The plan as one page that a telephone shows, with a link to each run."""
    accounts = load_settings().accounts
    zones: dict[str, ZoneInfo] = {one.account_id: sessions_of(accounts[one.account_id]).zone for one in plans}
    links = {row.flow_run_id: link for row in scheduled.rows if (link := _link(row))}
    hours: dict[str, str] = {one.account_id: one.words for one in compared}
    text = page(plans, scheduled.rows, zones, links, hours, (*(one.words for one in scheduled.news), *late.cancelled))
    create_markdown_artifact(text, key="day-plan")


def conclude_plan(
    plans: Sequence[DayPlan], compared: Sequence[Compared], scheduled: Scheduled, late: Thinned
) -> State[Any]:
    """Publish, tell people what is new and wrong, and end as what planning came to."""
    published = publish_plan(plans, compared, scheduled, late, return_state=True)
    _tell(compared, scheduled)
    failed = [*_failures(scheduled)]
    if not published.is_completed():
        failed.append(f"artifact: {published.message}")
    words = "; ".join([*failed, *_words(plans, scheduled, late)])
    if failed:
        return Failed(name="Not planned", message=words, data=1)
    name = "Planned" if scheduled.rows else "Nothing to plan"
    return Completed(name=name if scheduled.changed or not scheduled.rows else "Unchanged", message=words, data=0)


def _tell(compared: Sequence[Compared], scheduled: Scheduled) -> None:
    """One message for each kind of news, which says what account, session and flow it is about."""
    hours = [(one.account_id, day, words) for one in compared for day, words in one.news.items()]
    if hours:
        title = "tieout plan-day: a venue's calendar differs from ours"
        about = [happened(f"calendar {account} {day}", words, account_id=account) for account, day, words in hours]
        tell_people(Severity.CRITICAL, title, [f"{one[0]}: {one[2]}" for one in hours], about, source=SOURCE)
    if scheduled.news:
        title = f"tieout plan-day: {len(scheduled.news)} runs were missed"
        about = [happened(f"planned {one.key}", one.words, account_id=one.account_id) for one in scheduled.news]
        tell_people(Severity.WARNING, title, [one.words for one in scheduled.news], about, source=SOURCE)
    if scheduled.undeployed:
        title = "tieout plan-day: runs could not be scheduled"
        about = [lasting(f"deployment {flow}", "missing") for flow in scheduled.undeployed]
        tell_people(Severity.CRITICAL, title, [*_failures(scheduled)], about, source=SOURCE)


def _failures(scheduled: Scheduled) -> Iterator[str]:
    for flow in scheduled.undeployed:
        yield f"{flow} is not deployed: run `tieout setup` and `prefect --no-prompt deploy --all`, or `tieout serve`"


def _words(plans: Sequence[DayPlan], scheduled: Scheduled, late: Thinned) -> Iterator[str]:
    told = {
        "scheduled": scheduled.created,
        "taken away": scheduled.removed,
        "missed": scheduled.missed,
        "withdrawn": scheduled.withdrawn,
        "as before": scheduled.kept,
        "late runs cancelled": len(late.cancelled),
    }
    yield ", ".join(f"{number} {words}" for words, number in told.items() if number) or "no runs"
    yield from dict.fromkeys(one.why for one in plans if one.why)


def _link(row: Kept) -> str | None:
    from prefect.settings import PREFECT_UI_URL

    base = PREFECT_UI_URL.value()
    return f"{base.rstrip('/')}/runs/flow-run/{row.flow_run_id}" if base and row.flow_run_id else None
