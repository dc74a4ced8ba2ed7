"""What a run that a schedule or the plan started leaves to others: the planned run, one at work, one that is done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from prefect.runtime import flow_run

from tasks.clock import now
from tasks.planning.server import PLANNED_TAG
from tasks.runs import holder, is_dead
from tasks.settings import load_settings
from tasks.stores import open_journal
from tieout.ids import AccountId
from tieout.planning.keep import Kept, PlanState
from tieout.planning.leave import Facts, Starter, why_left
from tieout.planning.settings import CLOSE, HEALTH
from tieout.settings import Settings
from tieout.verdict import OutcomeState

if TYPE_CHECKING:
    from sqlalchemy import Connection

AUTO_SCHEDULED = "auto-scheduled"  # the tag Prefect puts on runs that a schedule made
NEAR = "near:"  # begins the tag of a deployment whose workers stand beside a gateway
_DONE = frozenset({OutcomeState.TIED_OUT, OutcomeState.BREAKS_OPEN, OutcomeState.CRITICAL_BREAKS})
_BAD = frozenset({"failed", "running"})  # how a run of any flow is written down that did not come to its end


class Work(Protocol):
    """One account's part of a run, as every flow plans it."""

    @property
    def account_id(self) -> AccountId: ...
    @property
    def business_date(self) -> date: ...
    @property
    def skipped(self) -> str | None: ...
    @property
    def dry_run(self) -> bool: ...


WorkT = TypeVar("WorkT", bound=Work)


def starter() -> Starter:
    """Who started the flow run that this is part of."""
    tags = flow_run.tags or []
    if PLANNED_TAG in tags:
        return Starter.PLAN
    return Starter.SCHEDULE if AUTO_SCHEDULED in tags else Starter.PERSON


def leave_to_others(flow: str, works: Iterable[WorkT], part: str | None = None) -> tuple[WorkT, ...]:
    """The same, where those that another run sees to are skipped, with the reason.

    part    which of the flow's runs in the session this is, a window's name; None where any will do
    """
    given, who = tuple(works), starter()
    if who is Starter.PERSON or all(one.skipped for one in given):
        return given
    settings = load_settings()
    with open_journal() as opened, opened.read() as journal:
        return tuple(
            one if one.skipped or one.dry_run else _left(journal, settings, flow, one, who, part) for one in given
        )


def accounts_left(flow: str, accounts: Iterable[tuple[AccountId, date]]) -> dict[AccountId, str]:
    """Accounts that another run of the flow sees to, and why, for flows that plan no work of their own."""
    who, settings = starter(), load_settings()
    if who is Starter.PERSON:
        return {}
    with open_journal() as opened, opened.read() as journal:
        told = ((name, _why(journal, settings, flow, name, day, who, None)) for name, day in accounts)
        return {name: why for name, why in told if why}


def _left(journal: Connection, settings: Settings, flow: str, one: WorkT, who: Starter, part: str | None) -> WorkT:
    why = _why(journal, settings, flow, one.account_id, one.business_date, who, part)
    changed: Any = one
    return replace(changed, skipped=why) if why else one


def _why(
    journal: Connection,
    settings: Settings,
    flow: str,
    account_id: AccountId,
    session: date,
    who: Starter,
    part: str | None,
) -> str | None:
    from sql.planned import read_ends, read_leases, read_planned_of

    rows = [one for one in read_planned_of(journal, flow, account_id, session) if part in {None, one.part}]
    ends = read_ends(journal, flow, account_id, session)
    leases = read_leases(journal, flow, account_id, session, now())
    grace = timedelta(seconds=settings.plan.grace_s)
    facts = Facts(
        planned=tuple(one for one in rows if one.flow_run_id != str(flow_run.id)),
        done=_done(flow, ends),
        held=_held(leases, f"{account_id}:{flow}/{part}:{session}" if part else None),
        elsewhere=_elsewhere(settings, account_id),
        broken=_broken(flow, (one for one in rows if one.at <= now() - grace), ends),
    )
    return why_left(facts, who, now(), grace)


def _done(flow: str, ends: list[dict[str, Any]]) -> str | None:
    """The close's run that came to a verdict. Of other flows each run has work of its own, done or not."""
    if flow != CLOSE:
        return None
    for row in ends:
        dry = (row["outcome"] or {}).get("dry_run")
        if row["state"] in _DONE and not dry:
            return f"{row['run_id']} ended as {row['state'].replace('_', ' ')} at {row['ended_at']:%Y-%m-%d %H:%M} UTC"
    return None


def _held(leases: list[dict[str, Any]], key: str | None) -> str | None:
    for row in leases:
        mine = row["holder"] == holder() or (key is not None and row["lease_key"] != key)
        if not mine and not is_dead(row["holder"]):
            return f"{row['holder']} until {row['expires_at']:%Y-%m-%d %H:%M:%S} UTC"
    return None


def _elsewhere(settings: Settings, account_id: AccountId) -> str | None:
    """Where the account's runs are made, where that is not the place of this run."""
    place = settings.plan.near.get(settings.accounts[account_id].account.broker)
    here = next((tag.removeprefix(NEAR) for tag in flow_run.tags or [] if tag.startswith(NEAR)), None)
    if place == here:
        return None
    return f"near {place}" if place else "away from any gateway"


def _broken(flow: str, rows: Iterable[Kept], ends: list[dict[str, Any]]) -> bool:
    """Whether a planned run began and left no good end of its own in the journal.

    rows    those whose time is over for so long that they must at least have written down their beginning
    """
    if flow == HEALTH:
        return False  # keeps no runs there; the next look comes soon
    begun = {str(one.flow_run_id) for one in rows if one.state in {PlanState.BEGUN, PlanState.ENDED}}
    good = {row["flow_run_id"] for row in ends if row["state"] not in _BAD}
    return bool(begun - good)
