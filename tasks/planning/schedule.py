"""Keeping the plan: what stands in Prefect's schedule becomes what the calendars ask for, and the journal knows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.clock import now
from tasks.planning.draw import dues_before
from tasks.planning.server import Schedule, open_schedule
from tasks.settings import load_settings
from tasks.stores import open_journal
from tieout.ids import AccountId
from tieout.planning.keep import Changes, Group, Kept, PlanState, Standing, compare
from tieout.planning.missed import judge
from tieout.planning.rules import DayPlan, Due
from tieout.settings import Settings

if TYPE_CHECKING:
    from sql.journal import Journal


@dataclass(frozen=True, slots=True)
class News:
    """One line for people, of the run with that key."""

    key: str
    account_id: AccountId
    words: str


@dataclass(frozen=True, slots=True)
class Scheduled:
    """What planning did to the schedule.

    rows        every run of the plan's sessions, as the journal has it now
    created, removed, missed, withdrawn, kept    how many runs
    undeployed  flows whose runs cannot be made because Prefect has no such deployment
    news        runs that were given up just now, or can only report
    """

    rows: tuple[Kept, ...] = ()
    created: int = 0
    removed: int = 0
    missed: int = 0
    withdrawn: int = 0
    kept: int = 0
    undeployed: tuple[str, ...] = ()
    news: tuple[News, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether anything stands otherwise than before."""
        return bool(self.created or self.removed or self.missed or self.withdrawn)


@dataclass(slots=True)
class _Work:
    """One planning: what is read once, and what was done."""

    journal: Journal
    schedule: Schedule
    moment: datetime
    deployments: dict[tuple[str, str], object] = field(default_factory=dict)
    undeployed: set[str] = field(default_factory=set)

    def write(self, rows: Iterable[Kept]) -> None:
        from sql.planned import write_planned

        with self.journal.write() as connection:
            write_planned(connection, rows, self.moment)


@task(task_run_name="schedule", cache_policy=NO_CACHE)
def schedule_runs(plans: Sequence[DayPlan]) -> Scheduled:
    """Make, move and take away runs until the schedule is the plan. Done twice, the second time changes nothing."""
    settings = load_settings()
    with open_journal() as journal, open_schedule() as schedule:
        return _schedule(settings, plans, _Work(journal, schedule, now()))


def _schedule(settings: Settings, plans: Sequence[DayPlan], work: _Work) -> Scheduled:
    rows, dues, new = _known(settings, plans, work.journal)
    standing = work.schedule.standing(str(one.flow_run_id) for one in rows.values() if one.flow_run_id)
    _note_ended(rows.values(), standing, work)
    settled = {key for key, row in rows.items() if _is_settled(row, standing)}
    wishes, given_up = judge(dues, settings.plan, work.moment, settled, new)
    changes = compare(
        wishes,
        given_up,
        {key: row for key, row in rows.items() if key not in settled},
        standing,
        work.moment,
        grace=timedelta(seconds=settings.plan.grace_s),
        together=settings.plan.accounts_per_run,
    )
    created = _carry_out(changes, work)
    again, _, _ = _known(settings, plans, work.journal)
    return Scheduled(
        tuple(sorted(again.values(), key=lambda one: (one.at, one.key))),
        created,
        len(changes.remove),
        len(changes.missed),
        len(changes.withdrawn),
        changes.kept + len(settled),
        tuple(sorted(work.undeployed)),
        tuple(_news(changes)),
    )


def _known(
    settings: Settings, plans: Sequence[DayPlan], journal: Journal
) -> tuple[dict[str, Kept], list[Due], set[AccountId]]:
    """The journal's rows of the sessions that the plan is about, every run that those need, and accounts new to it."""
    from sql.planned import first_planned, read_planned

    rows: dict[str, Kept] = {}
    dues: list[Due] = []
    new: set[AccountId] = set()
    with journal.read() as connection:
        for plan in plans:
            first = first_planned(connection, plan.account_id)
            new |= set() if first else {plan.account_id}
            before = dues_before(settings, settings.accounts[plan.account_id], plan, first) if first else ()
            mine = [*before, *plan.dues]
            dues += mine
            since = min([plan.day, *(due.session for due in mine)])
            until = max([plan.day, *(due.session for due in mine)])
            rows |= read_planned(connection, [plan.account_id], since, until)
    return rows, dues, new


def _news(changes: Changes) -> Iterator[News]:
    """What people should hear of: runs that were missed for good, and those that can only report."""
    told = [(one.due, one.why) for one in changes.missed if one.news]
    late = [one.due for group in changes.create for one in group.wishes if one.report]
    for due, why in (*told, *((due, "too late to act, it only reports") for due in late)):
        yield News(due.key, due.account_id, f"{due.name} {due.account_id} {due.session}: {why}")


def _is_settled(row: Kept, standing: Mapping[str, Standing]) -> bool:
    """Whether nothing is to be done about it: it has begun, ended, or was given up."""
    if row.state in {PlanState.BEGUN, PlanState.ENDED, PlanState.MISSED}:
        return True
    found = standing.get(str(row.flow_run_id))
    return row.state is PlanState.PLANNED and found is not None and not found.waits


def _note_ended(rows: Iterable[Kept], standing: Mapping[str, Standing], work: _Work) -> None:
    from sql.planned import note_ended

    open_ = {str(one.flow_run_id) for one in rows if one.state in {PlanState.PLANNED, PlanState.BEGUN}}
    ended = {one: standing[one].words for one in sorted(open_) if one in standing and standing[one].ended}
    if ended:
        with work.journal.write() as connection:
            note_ended(connection, ended, work.moment)


def _carry_out(changes: Changes, work: _Work) -> int:
    """Take away, make, and write down; how many runs were made.

    A run is written down after it was made: what a crash leaves unwritten is found again by its idempotency key.
    """
    from sql.planned import withdrawn

    work.schedule.remove(changes.remove)
    work.write(withdrawn(one, "the calendar or the settings ask for it no more") for one in changes.withdrawn)
    work.write(_row(one.due, PlanState.MISSED, words=one.why) for one in changes.missed)
    return sum(_create(group, work) for group in changes.create)


def _create(group: Group, work: _Work) -> int:
    flow, place = group.first.due.flow, group.first.due.place
    if (flow, place) not in work.deployments:
        work.deployments[flow, place] = work.schedule.deployment(flow, place)
    deployment = work.deployments[flow, place]
    if deployment is None:
        work.undeployed.add(flow)
        return 0
    made = work.schedule.create(deployment, group)  # type: ignore[arg-type]
    why = "late, made up for; " if group.first.late else ""
    work.write(
        _row(one.due, PlanState.PLANNED, group.first.at, str(made.id), why + one.due.why, report=group.first.report)
        for one in group.wishes
    )
    return 1


def _row(
    due: Due,
    state: PlanState,
    at: datetime | None = None,
    flow_run_id: str | None = None,
    why: str | None = None,
    *,
    report: bool = False,
    words: str = "",
) -> Kept:
    return Kept(
        due.key,
        due.flow,
        due.part,
        due.account_id,
        due.session,
        at or due.at,
        state,
        flow_run_id,
        report,
        why or due.why,
        words,
    )
