"""The gate before real money: what must be so, and be seen to be so, before an account trades it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import takewhile

from tieout.accounts import Mode
from tieout.agreement import ActKind
from tieout.approvers import Role
from tieout.diagnosis import Check
from tieout.ids import AccountId
from tieout.live_settings import GoingLive
from tieout.settings import AccountSettings, Settings

LIMITS = ("max_position_pct", "max_order_notional", "max_daily_loss_pct", "max_drawdown_pct")
"""Limits that an account with real money states for itself: nobody has thought about what is left to a default."""
CLEAN = frozenset({"tied_out"})
CLOSED = frozenset({"tied_out", "incomplete", "breaks_open", "critical_breaks"})


@dataclass(frozen=True, slots=True)
class PaperDay:
    """How the last close of a paper account's session ended."""

    account_id: AccountId
    business_date: date
    state: str


@dataclass(frozen=True, slots=True)
class Record:
    """What the journal proves.

    days      closes of paper accounts at the account's broker
    halted    a person has halted one of them, or all, and has let it go on
    """

    days: tuple[PaperDay, ...] = ()
    halted: bool = False


def checklist(settings: Settings, account: AccountSettings, record: Record) -> tuple[Check, ...]:
    """Every point of the list, in its order."""
    name = str(account.account.account_id)
    told = (
        _switch(account),
        _credential(settings, account),
        _limits(account),
        _approval(account),
        _people(settings),
        _alerts(settings),
        _paper(settings.going_live, record.days, account.account.broker),
        _clean(settings.going_live, record.days),
        _halt(settings.going_live, record),
    )
    return tuple(Check(name, point, ok, found, "" if ok else fix) for point, ok, found, fix in told)


def failed(checks: Iterable[Check]) -> tuple[Check, ...]:
    """What is not so yet."""
    return tuple(one for one in checks if not one.ok)


Point = tuple[str, bool, str, str]


def _switch(account: AccountSettings) -> Point:
    ok = account.account.mode is Mode.LIVE and account.live_enabled
    found = f"mode {account.account.mode}, live_enabled {str(account.live_enabled).lower()}"
    return "switch", ok, found, 'set mode = "live" and live_enabled = true'


def _credential(settings: Settings, account: AccountSettings) -> Point:
    others = [
        str(one.account.account_id)
        for one in settings.accounts.values()
        if one.credential is not None and one.credential == account.credential and one is not account
    ]
    found = f"shared with {', '.join(others)}" if others else account.credential or "a person logs in"
    return "credential", not others, found, "give the account a key of its own"


def _limits(account: AccountSettings) -> Point:
    missing = [one for one in LIMITS if one not in account.written]
    found = f"{', '.join(missing)} left to the defaults" if missing else "stated"
    name = account.account.account_id
    return "limits", not missing, found, f"write {', '.join(missing)} into [accounts.{name}.risk]"


def _approval(account: AccountSettings) -> Point:
    limits = account.limits
    ok = limits.approve_all or limits.approve_above is not None
    above = "every order" if limits.approve_all else f"orders above {limits.approve_above}"
    found = f"{above} wait for a person" if ok else "no order waits for a person"
    return "approval", ok, found, "set approve_above, or approve_all, for this account"


def _people(settings: Settings) -> Point:
    wanted = settings.going_live.people
    may = [one for one in settings.approvers.values() if one.role is not Role.OPERATOR]
    admins = [one for one in may if one.role is Role.ADMIN]
    needed = settings.agreement.needed.get(ActKind.LIVE, min(2, len(may)))
    ok = len(may) >= wanted and needed >= wanted and (bool(admins) or wanted == 0)
    found = f"{len(may)} who may agree, {len(admins)} of them admins; {needed} must agree"
    return "people", ok, found, f"enrol {wanted} approvers, one of them an admin, and let {wanted} agree"


def _alerts(settings: Settings) -> Point:
    count = len(settings.alerts.critical)
    return "alerts", count > 0, f"{count} targets for what is critical", "set [alerts] critical, and test it"


def _paper(wanted: GoingLive, days: tuple[PaperDay, ...], broker: str) -> Point:
    account, closed = _best(days)
    found = f"{closed} sessions of {account} closed" if account else f"no paper account at {broker} was ever closed"
    need = wanted.paper_sessions
    return "paper period", closed >= need, f"{found}, {need} are asked for", "trade it on paper for that long"


def _clean(wanted: GoingLive, days: tuple[PaperDay, ...]) -> Point:
    account, _ = _best(days)
    mine = sorted((one for one in days if one.account_id == account), key=lambda one: one.business_date, reverse=True)
    row = sum(1 for _ in takewhile(lambda one: one.state in CLEAN, mine))
    need = wanted.clean_sessions
    return (
        "tied out",
        row >= need,
        f"the last {row} sessions in a row, {need} are asked for",
        "resolve what is open first",
    )


def _halt(wanted: GoingLive, record: Record) -> Point:
    found = "halted and let go on once" if record.halted else "nobody has halted trading yet"
    ok = record.halted or not wanted.halt_rehearsed
    return "halt", ok, found, "rehearse it: tieout halt, then tieout resume, on the paper account"


def _best(days: tuple[PaperDay, ...]) -> tuple[AccountId | None, int]:
    """The paper account with the most sessions that were closed, and how many."""
    count: dict[AccountId, int] = {}
    for one in days:
        if one.state in CLOSED:
            count[one.account_id] = count.get(one.account_id, 0) + 1
    return max(count.items(), key=lambda one: (one[1], one[0]), default=(None, 0))
