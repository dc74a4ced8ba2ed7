"""Which accounts a run of the close is about, for which session, and why one is left out. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from difflib import get_close_matches

from tieout.environment import truth
from tieout.errors import ConfigError, DataError
from tieout.ids import AccountId, RunId, SnapshotId
from tieout.sessions import Sessions
from tieout.settings import AccountSettings, Settings


@dataclass(frozen=True, slots=True)
class Close:
    """One account's close, as it travels from task to task: ids and dates, nothing else.

    skipped        why this account is not closed in this run
    token          fencing token of the lease that the run holds
    quarantined    failed critical checks, each with its rows; empty for an accepted snapshot
    unread         why the broker's statement could not be read, empty where it was
    """

    account_id: AccountId
    business_date: date
    dry_run: bool = False
    skipped: str | None = None
    run_id: RunId | None = None
    lease_key: str = ""
    token: int = 0
    snapshot_id: SnapshotId | None = None
    quarantined: tuple[str, ...] = ()
    unread: str = ""

    @property
    def run(self) -> RunId:
        """The run's id; ValueError before the run has begun."""
        if self.run_id is None:
            raise ValueError(f"the close of {self.account_id} has not begun")
        return self.run_id

    @property
    def snapshot(self) -> SnapshotId:
        """The snapshot's id; ValueError before the broker was asked."""
        if self.snapshot_id is None:
            raise ValueError(f"the close of {self.account_id} has no snapshot yet")
        return self.snapshot_id

    def with_run(self, run_id: RunId, lease_key: str, token: int) -> Close:
        """The close once its run has begun."""
        return replace(self, run_id=run_id, lease_key=lease_key, token=token)

    def with_snapshot(self, snapshot_id: SnapshotId, unread: str = "") -> Close:
        """The close once the broker has been asked."""
        return replace(self, snapshot_id=snapshot_id, unread=unread)

    def with_quarantine(self, reasons: Iterable[str]) -> Close:
        """The close once the snapshot was judged."""
        return replace(self, quarantined=tuple(reasons))


def choose_accounts(settings: Settings, wanted: Iterable[str] | None) -> tuple[AccountSettings, ...]:
    """The accounts a run is about: the named ones, or all that are enabled.

    raises    ConfigError for an unknown name, with the nearest known one, and where no account is configured
    """
    if not settings.accounts:
        raise ConfigError("no account is configured: add one to tieout.toml (`tieout init` writes an example)")
    names = [AccountId(name) for name in wanted] if wanted else _enabled(settings)
    for name in names:
        if name not in settings.accounts:
            near = get_close_matches(name, settings.accounts, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(settings.accounts)}"
            raise ConfigError(f"account {name!r} is not configured; {hint}")
    return tuple(settings.accounts[name] for name in dict.fromkeys(names))


def is_dry(settings: Settings, asked: bool | None) -> bool:
    """Whether a run may change nothing: what was asked for, and where nothing was asked, what DRY_RUN says.

    raises    ConfigError where DRY_RUN is neither true nor false
    """
    if asked is not None:
        return asked
    text = settings.environment.get("DRY_RUN")
    return bool(text) and truth("DRY_RUN", text or "")


def _enabled(settings: Settings) -> list[AccountId]:
    return [name for name, account in settings.accounts.items() if account.enabled]


def plan_close(
    account: AccountSettings, wanted: date | None, now: datetime, *, scheduled: bool, dry_run: bool, sessions: Sessions
) -> Close:
    """The session to close for one account.

    wanted       the business date asked for; None means the last closed session
    scheduled    started by the schedule: then only today's session counts, and a holiday is skipped
    raises       DataError for a session that has not closed yet
    """
    name = account.account.account_id
    today = now.astimezone(sessions.zone).date()
    if wanted is None:
        if scheduled and not sessions.is_session(today):
            return Close(name, today, dry_run, skipped=_why_skipped(sessions, today))
        return Close(name, sessions.last_closed(now), dry_run)
    if not sessions.is_session(wanted):
        return Close(name, wanted, dry_run, skipped=_why_skipped(sessions, wanted))
    if sessions.closes_at(wanted) > now:
        closes = sessions.closes_at(wanted).astimezone(sessions.zone)
        raise DataError(
            f"account {name}: the session of {wanted} closes at {closes:%Y-%m-%d %H:%M %Z}; "
            f"it cannot be reconciled before. The last closed session is {sessions.last_closed(now)}."
        )
    return Close(name, wanted, dry_run)


def _why_skipped(sessions: Sessions, day: date) -> str:
    return f"{day} is no session: {sessions.why_closed(day)}. The session before it is {sessions.previous(day)}."


def plan_closes(
    settings: Settings,
    wanted: date | None,
    accounts: Iterable[str] | None,
    now: datetime,
    *,
    scheduled: bool,
    dry_run: bool,
    sessions_of: Callable[[AccountSettings], Sessions],
) -> tuple[Close, ...]:
    """One close per account of the run.

    raises    ConfigError for unknown accounts; DataError for a session that has not closed yet
    """
    return tuple(
        plan_close(one, wanted, now, scheduled=scheduled, dry_run=dry_run, sessions=sessions_of(one))
        for one in choose_accounts(settings, accounts)
    )
