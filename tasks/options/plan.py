"""Planning a run about options: which accounts, and the session that is open or about to open."""

from __future__ import annotations

from datetime import date

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.accounts import sessions_of
from tasks.clock import now
from tasks.planning.leave import leave_to_others
from tasks.settings import load_settings
from tieout.closing import Close, choose_accounts, is_dry
from tieout.planning.rules import OPTION_EXCHANGES
from tieout.planning.settings import EXPIRATION
from tieout.sessions import Sessions


@task(task_run_name="plan", cache_policy=NO_CACHE)
def plan_options(
    wanted: date | None, accounts: list[str] | None, dry_run: bool | None, flow: str = EXPIRATION
) -> tuple[Close, ...]:
    """One run per account whose broker trades options, for one session.

    flow      whose run it is
    wanted    None means the session of this moment: today's, or on a day without one the next

    raises    ConfigError for unknown accounts or settings
    """
    settings = load_settings()
    dry = is_dry(settings, dry_run)
    chosen = choose_accounts(settings, accounts)
    planned = [_plan(one.account.account_id, wanted, sessions_of(one), dry_run=dry) for one in chosen]
    return leave_to_others(flow, planned)


def _plan(account_id: str, wanted: date | None, sessions: Sessions, *, dry_run: bool) -> Close:
    from tieout.ids import AccountId

    name = AccountId(account_id)
    if sessions.exchange not in OPTION_EXCHANGES:
        return Close(name, wanted or now().date(), dry_run, skipped=f"no listed options trade on {sessions.calendar}")
    day = wanted or sessions.business_date(now())
    if not sessions.is_session(day):
        return Close(name, day, dry_run, skipped=f"{day} is no session: {sessions.why_closed(day)}")
    return Close(name, day, dry_run)
