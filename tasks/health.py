"""The doctor's questions as a flow: per account, with artifact and alert."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from tasks.accounts import sessions_of
from tasks.artifacts import create_table_artifact
from tasks.clock import now
from tasks.news import end_alerts, tell_people
from tasks.planning.leave import accounts_left
from tasks.settings import load_settings
from tieout.alert import lasting
from tieout.closing import choose_accounts
from tieout.diagnosis import Check
from tieout.planning.settings import HEALTH
from tieout.recon.types import Severity


@task(task_run_name="examine", cache_policy=NO_CACHE)
def examine_accounts(accounts: list[str] | None) -> tuple[Check, ...]:
    """Ask everything; a fault is an answer. Nothing where the day's planned runs see to every account.

    raises    ConfigError for an unknown account
    """
    from tasks.doctor import examine

    settings = load_settings()
    chosen = choose_accounts(settings, accounts)
    days = {one.account.account_id: sessions_of(one).business_date(now()) for one in chosen}
    left = accounts_left(HEALTH, days.items())
    due = tuple(one for one in chosen if one.account.account_id not in left)
    return tuple(examine(settings, due)) if due else ()


@task(task_run_name="artifact", cache_policy=NO_CACHE)
def publish_checks(checks: Sequence[Check]) -> None:
    """Every check, the failed ones first."""
    rows = [
        {
            "subject": one.subject,
            "check": one.name,
            "result": "ok" if one.ok else "FAILED",
            "found": one.detail,
            "what to do": one.advice,
        }
        for one in sorted(checks, key=lambda one: one.ok)
    ]
    create_table_artifact(rows, key="broker-health", description="`tieout doctor` asks the same.")


def conclude_health(checks: Sequence[Check]) -> State[Any]:
    """A failed check fails the run, and is told before the next session needs it."""
    failed = [one for one in checks if not one.ok]
    if not checks:
        return Completed(name="Skipped", message="every account is seen to by a planned run", data=0)
    end_alerts([_subject(one) for one in checks if one.ok])
    if not failed:
        return Completed(name="Healthy", message=f"{len(checks)} checks", data=0)
    lines = [f"{one.subject}, {one.name}: {one.detail} {one.advice}" for one in failed]
    about = [lasting(_subject(one), "failed") for one in failed]
    title = f"tieout broker-health: {len(failed)} of {len(checks)} checks failed"
    tell_people(Severity.CRITICAL, title, lines, about, source="broker-health")
    return Failed(name="Unhealthy", message="; ".join(f"{one.subject} {one.name}" for one in failed), data=1)


def _subject(one: Check) -> str:
    return f"check {one.subject} {one.name}"
