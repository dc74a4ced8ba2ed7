"""Which accounts trade in which window of which session, and why one does not. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from difflib import get_close_matches

from tieout.accounts import Mode
from tieout.closing import choose_accounts
from tieout.errors import ConfigError
from tieout.ids import AccountId, RunId
from tieout.outages import away_until
from tieout.sessions import Sessions
from tieout.settings import AccountSettings, Settings
from tieout.windows import Window

FLOW = "execution-window"


@dataclass(frozen=True, slots=True)
class WindowRun:
    """One account's work in one window, as it travels from task to task: names and times, nothing else.

    begins, ends   UTC
    stay           go on taking signals until the window ends, instead of ending with the last order
    skipped        why this account does not trade in it
    token          fencing token of the lease that the run holds
    would          what a dry run would have done, a line per signal
    """

    account_id: AccountId
    window: str
    business_date: date
    begins: datetime
    ends: datetime
    dry_run: bool = False
    stay: bool = False
    skipped: str | None = None
    run_id: RunId | None = None
    token: int = 0
    would: tuple[str, ...] = ()

    @property
    def lease_key(self) -> str:
        """What one run at a time may hold."""
        return f"{self.account_id}:{FLOW}/{self.window}:{self.business_date}"

    def begun(self, run_id: RunId, token: int) -> WindowRun:
        """The work once its run has begun."""
        return replace(self, run_id=run_id, token=token)

    def would_do(self, lines: tuple[str, ...]) -> WindowRun:
        """The work after a dry run."""
        return replace(self, would=lines)


def choose_window(settings: Settings, name: str | None, now: datetime, sessions: Sessions, day: date) -> Window:
    """The named window, or of all the one that ends next in that session; the last one where all are over.

    raises    ConfigError for an unknown name, with the nearest known one
    """
    known = {one.name: one for one in settings.windows}
    if name is None:
        spans = [(one, span) for one in settings.windows if (span := one.span(day, sessions))]
        coming = sorted((span[1], one.name) for one, span in spans if span[1] > now)
        if not spans:
            raise ConfigError(f"no window has any time in the session of {day}")
        return known[coming[0][1]] if coming else max(spans, key=lambda found: found[1][1])[0]
    if name not in known:
        near = get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
        raise ConfigError(f"window {name!r} is not configured; {hint}")
    return known[name]


def plan_window(
    settings: Settings,
    name: str | None,
    wanted: date | None,
    accounts: Iterable[str] | None,
    now: datetime,
    *,
    live: bool,
    dry_run: bool,
    stay: bool = False,
    sessions_of: Callable[[AccountSettings], Sessions],
) -> tuple[WindowRun, ...]:
    """One work per account.

    wanted    the session; None means today, by each account's exchange
    live      the run's own switch: without it no account with real money trades, whatever its settings say
    raises    ConfigError for unknown accounts or windows
    """
    return tuple(
        replace(
            _plan(settings, one, name, wanted, now, live=live, dry_run=dry_run, sessions=sessions_of(one)), stay=stay
        )
        for one in choose_accounts(settings, accounts)
    )


def _plan(
    settings: Settings,
    account: AccountSettings,
    name: str | None,
    wanted: date | None,
    now: datetime,
    *,
    live: bool,
    dry_run: bool,
    sessions: Sessions,
) -> WindowRun:
    account_id = account.account.account_id
    day = wanted or now.astimezone(sessions.zone).date()
    work = WindowRun(account_id, name or "", day, now, now, dry_run)
    if not sessions.is_session(day):
        return replace(work, skipped=f"{day} is no session: {sessions.why_closed(day)}")
    window = choose_window(settings, name, now, sessions, day)
    work = replace(work, window=window.name)
    if reason := _why_not(account, window, live=live):
        return replace(work, skipped=reason)
    span = window.span(day, sessions)
    if span is None:
        return replace(work, skipped=f"the session of {day} is too short for window {window.name}")
    work = replace(work, begins=span[0], ends=span[1])
    back = away_until(account.outages, max(span[0], now))
    if back is not None and back >= span[1]:
        return replace(work, skipped=f"its venue is away until {back:%Y-%m-%d %H:%M} UTC, a planned outage")
    if span[1] <= now:
        ended = span[1].astimezone(sessions.zone)
        return replace(work, skipped=f"window {window.name} of {day} ended at {ended:%H:%M %Z}")
    return work


def _why_not(account: AccountSettings, window: Window, *, live: bool) -> str | None:
    if not window.is_for(account.account.account_id):
        return f"window {window.name} is not for this account"
    if account.account.mode is Mode.LIVE and not (account.live_enabled and live):
        missing = "the account (live_enabled)" if not account.live_enabled else "this run (live)"
        return f"live trading is not enabled for {missing}"
    return None
