"""Sweeping: finding what dead runs left, putting right what is safe, and telling the rest. Safe to do at any time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.accounts import sessions_of
from tasks.artifacts import create_table_artifact
from tasks.clock import now, wall_clock
from tasks.log import run_logger
from tasks.news import tell_people
from tasks.runs import life
from tasks.server_runs import crash, free, read_open, read_slots, start_in_place_of
from tasks.stores import Stores, open_stores
from tieout.ids import RunId
from tieout.recon.types import Severity
from tieout.recovery import Begun, Finding, Remedy, Scene, Seen, about, findings, resume_parameters

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State


@dataclass(frozen=True, slots=True)
class Swept:
    """A finding and what was done: a line for each remedy that took hold."""

    finding: Finding
    done: tuple[str, ...]


@task(task_run_name="look around", cache_policy=NO_CACHE)
def look_around() -> tuple[Finding, ...]:
    """Compare the journal's runs and leases with the Prefect server's runs and slots. Changes nothing."""
    from sql.recovery import read_begun, read_held, read_processes

    with open_stores() as stores:
        with stores.journal.read() as journal:
            begun, held, processes = read_begun(journal), read_held(journal), read_processes(journal, now())
        holders = processes | {one.flow_run_id: one.holder for one in held if one.flow_run_id}
        seen = read_open([one.flow_run_id for one in begun if one.flow_run_id])
        scene = Scene(begun, held, seen, read_slots(), lambda flow_run_id: life(holders.get(flow_run_id)))
        return findings(scene, now(), wall_clock(), lambda one: _is_current(stores, one))


@task(task_run_name="put right", cache_policy=NO_CACHE)
def put_right(found: Sequence[Finding]) -> tuple[Swept, ...]:
    """Do what each finding allows. Each step asks again whether it still holds, and goes into the audit trail.

    A session is written down as failed only once the run that goes on with it has been asked for: a sweep that dies in
    between is followed by one that finds it again, and asks for the same run.
    """
    dead = read_open([one.flow_run_id for one in found if one.flow_run_id])
    with open_stores() as stores:
        first = [tuple(_at_the_server(stores, one)) for one in found]
        resumed = _resume_all(stores, found, dead)
        then = [tuple(_in_the_journal(stores, one)) for one in found]
    lines = [
        (resumed[one.flow_run_id],) if Remedy.RESUME in one.remedies and one.flow_run_id in resumed else ()
        for one in found
    ]
    return tuple(Swept(one, sum(done, ())) for one, *done in zip(found, first, then, lines, strict=True))


def conclude_sweep(found: Sequence[Finding], swept: Sequence[Swept]) -> State[Any]:
    """Completed where nothing is left to a person; people are told of what is."""
    from prefect.states import Completed

    rows = [_row(one, done) for one, done in _joined(found, swept)]
    if rows:
        create_table_artifact(rows, key="sweep", description=f"{len(found)} things were not as they should be")
    left = [one for one, done in _joined(found, swept) if _needs_a_person(one, done, report_only=not swept)]
    if left:
        told = [f"{one.trouble} {one.subject}: {one.why}" for one in left]
        title = f"tieout: {len(left)} dead runs left something that a person must see to"
        tell_people(Severity.CRITICAL, title, told, [about(one) for one in left], source="sweep")
    words = f"{len(found)} found, {sum(bool(one.done) for one in swept)} put right, {len(left)} left to a person"
    return Completed(name="Swept" if found else "Clean", message=words if found else "nothing was left behind", data=0)


def _at_the_server(stores: Stores, one: Finding) -> Iterator[str]:
    if Remedy.CRASH in one.remedies and one.flow_run_id and crash(one.flow_run_id, one.why):
        _note(stores, "flow.crashed", one.subject, _detail(one))
        yield str(Remedy.CRASH)
    if Remedy.FREE in one.remedies and free(one.subject, one.slots):
        _note(stores, "slots.freed", one.subject, _detail(one) | {"slots": one.slots})
        yield str(Remedy.FREE)


def _in_the_journal(stores: Stores, one: Finding) -> Iterator[str]:
    from sql.recovery import end_as_failed, release_dead

    with stores.journal.write() as journal:
        ends = Remedy.END in one.remedies
        if ends and end_as_failed(journal, RunId(one.subject), one.why, now(), _detail(one)):
            yield str(Remedy.END)
        gives = Remedy.RELEASE in one.remedies
        if gives and release_dead(journal, one.subject, one.token, now(), _detail(one)):
            yield str(Remedy.RELEASE)


def _detail(one: Finding) -> dict[str, Any]:
    return {"why": one.why, "flow_run_id": one.flow_run_id, "account_id": one.account_id}


def _resume_all(stores: Stores, found: Sequence[Finding], dead: dict[str, Seen]) -> dict[str, str]:
    """Start one run in the place of each dead flow run. What came of it, by the dead one's id."""
    told = {}
    wanted = {one.flow_run_id for one in found if Remedy.RESUME in one.remedies and one.flow_run_id in dead}
    for flow_run_id in sorted(str(one) for one in wanted):
        days = [one.business_date for one in found if one.flow_run_id == flow_run_id and one.business_date]
        given = resume_parameters(dead[flow_run_id], days)
        started = start_in_place_of(dead[flow_run_id], given)
        if started is None:
            run_logger().error("%s is not deployed: start it by `tieout run`", dead[flow_run_id].flow)
            continue
        detail = {"dead": flow_run_id, "started": started, "parameters": given}
        _note(stores, "flow.resumed", dead[flow_run_id].flow, detail)
        told[flow_run_id] = f"{Remedy.RESUME} by {started}"
    return told


def _is_current(stores: Stores, one: Begun) -> bool:
    account = stores.settings.accounts.get(one.account_id)
    return account is not None and sessions_of(account).business_date(now()) == one.business_date


def _needs_a_person(one: Finding, done: Sequence[str], *, report_only: bool) -> bool:
    """Whether something was to be done that nobody did, or that nobody but a person may do.

    A lease that only ran out needs nobody: whoever asks gets it.
    """
    if one.remedies == (Remedy.TELL,) or report_only:
        return False
    if Remedy.TELL in one.remedies:
        return True
    return Remedy.RESUME in one.remedies and not any(line.startswith(Remedy.RESUME) for line in done)


def _joined(found: Sequence[Finding], swept: Sequence[Swept]) -> list[tuple[Finding, tuple[str, ...]]]:
    return [(one.finding, one.done) for one in swept] if swept else [(one, ()) for one in found]


def _row(one: Finding, done: Sequence[str]) -> dict[str, Any]:
    return {"what": one.trouble.value, "which": one.subject, "why": one.why, "done": ", ".join(done) or "nothing"}


def _note(stores: Stores, action: str, subject: str, detail: dict[str, Any]) -> None:
    from sql.audit import ACTOR, append

    with stores.journal.write() as journal:
        append(journal, actor=ACTOR, action=action, subject=subject, detail=detail, now=now())
