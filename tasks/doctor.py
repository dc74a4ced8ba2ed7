"""What must be right before the first run, asked one by one, so that one fault does not hide the next."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.accounts import open_broker, prove_trading, sessions_of
from tasks.clock import now
from tieout.errors import TieoutError, Unsupported
from tieout.settings import AccountSettings, Settings

if TYPE_CHECKING:
    from brokers.base import Broker

CLOCK_LIMIT_S = 5.0  # seconds our clock may differ from the venue's
CALENDAR_DAYS = 10  # days before and after today for which the calendars must agree
LEAST_FREE = 1024**3  # bytes; a DuckDB rewrite and its published copy need room
SETTINGS = "settings"


@dataclass(frozen=True, slots=True)
class Check:
    """One question and its answer.

    subject   an account, a store, or `settings`
    detail    what was found
    advice    what to do where it is not right
    """

    subject: str
    name: str
    ok: bool
    detail: str
    advice: str = ""


def examine(settings: Settings, accounts: tuple[AccountSettings, ...]) -> Iterator[Check]:
    """Every check, as it is made. No order is touched; a store that is not there is made."""
    yield _accounts_configured(settings)
    yield from _stores(settings)
    yield from _alerts(settings)
    for account in accounts:
        yield from _account(settings, account)


def _asked(subject: str, name: str, ask: Callable[[], str], advice: str = "") -> Check:
    try:
        return Check(subject, name, True, ask())
    except TieoutError as error:
        return Check(subject, name, False, str(error), advice)


def _accounts_configured(settings: Settings) -> Check:
    names = ", ".join(settings.accounts)
    advice = "add an account to tieout.toml, or set ALPACA_API_KEY and ALPACA_API_SECRET"
    return Check(SETTINGS, "accounts", bool(names), names or "none", "" if names else advice)


def _stores(settings: Settings) -> Iterator[Check]:
    def journal() -> str:
        from sqlalchemy import update

        from sql.journal import Journal
        from sql.schema.journal import journal_sequence as table

        opened = Journal.open(settings.journal_url)
        with opened.write() as connection:  # touches no row, and still fails where nothing can be written
            connection.execute(update(table).where(table.c.account_id == "").values(last_seq=0))
        opened.close()
        return f"{opened.where}: current version, writable"

    def warehouse() -> str:
        from sqlalchemy import update

        from sql.schema.warehouse import account as table
        from sql.warehouse import Warehouse

        opened = Warehouse.open(settings.warehouse_url)
        with opened.write() as connection:
            connection.execute(update(table).where(table.c.account_id == "").values(broker=""))
        opened.close()
        return f"{opened.where}: current version, writable"

    yield _asked("journal", "open", journal)
    yield _asked("warehouse", "open", warehouse)
    yield _free_space(Path(settings.output_dir))


def _free_space(folder: Path) -> Check:
    existing = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    free = shutil.disk_usage(existing).free
    found = f"{free / 1024**3:.1f} GiB free at {existing}"
    return Check("disk", "free space", free >= LEAST_FREE, found, "" if free >= LEAST_FREE else "free some space")


def _alerts(settings: Settings) -> Iterator[Check]:
    from tasks.credentials import open_reference

    alerts = settings.alerts
    for reference in dict.fromkeys((*alerts.critical, *alerts.warning, *alerts.info)):

        def target(reference: str = reference) -> str:
            open_reference(reference, "alerts")
            return f"{reference} is set"

        yield _asked("alerts", "target", target)


def _account(settings: Settings, account: AccountSettings) -> Iterator[Check]:
    name = account.account.account_id

    def calendar() -> str:
        sessions = sessions_of(account)
        return f"{account.account.calendar}: the last closed session is {sessions.last_closed(now())}"

    yield _asked(name, "calendar", calendar, "name an exchange of exchange_calendars, such as XNYS or 24/7")
    credential = _asked(name, "credential", lambda: _credential(account))
    yield credential
    if not credential.ok:
        return
    try:
        with open_broker(settings, account) as broker:
            yield from _broker(broker, account)
    except TieoutError as error:
        yield Check(name, "broker", False, str(error), _reach_advice(account))


def _credential(account: AccountSettings) -> str:
    from tasks.credentials import open_credential

    found = open_credential(account)
    return f"{account.credential} opens" if found else "none is configured"


def _broker(broker: Broker, account: AccountSettings) -> Iterator[Check]:
    name = account.account.account_id

    def identity() -> str:
        proven = prove_trading(broker, account)
        return f"{proven.mode} account {proven.venue_account}: {'; '.join(proven.evidence)}"

    yield _asked(name, "identity and mode", identity, _reach_advice(account))
    yield _asked(name, "clock", lambda: _clock(broker), "set this machine's clock by NTP")
    yield _asked(name, "venue calendar", lambda: _same_sessions(broker, account), "correct `calendar`")


def _reach_advice(account: AccountSettings) -> str:
    where = account.endpoint or "the venue"
    return f"check the key, `mode`, and that {where} can be reached from here"


def _clock(broker: Broker) -> str:
    ours = now()
    try:
        theirs = broker.fetch_clock().now
    except Unsupported:
        return "the venue has none to compare with"
    apart = abs((theirs - ours).total_seconds())
    if apart > CLOCK_LIMIT_S:
        raise TieoutError(f"the venue's clock is {apart:.0f} s from ours")
    return f"{apart:.1f} s from the venue's"


def _same_sessions(broker: Broker, account: AccountSettings) -> str:
    sessions = sessions_of(account)
    today = now().astimezone(sessions.zone).date()
    start, end = today - timedelta(days=CALENDAR_DAYS), today + timedelta(days=CALENDAR_DAYS)
    try:
        theirs = {one.business_date: one.closes_at for one in broker.fetch_sessions(start, end)}
    except Unsupported:
        return "the venue has none to compare with"
    days = (start + timedelta(days=number) for number in range((end - start).days + 1))
    ours = {day: sessions.closes_at(day) for day in days if sessions.is_session(day)}
    if wrong := sorted(day for day in ours.keys() | theirs.keys() if ours.get(day) != theirs.get(day)):
        raise TieoutError(f"{account.account.calendar} and the venue disagree on {', '.join(map(str, wrong))}")
    return f"{len(ours)} sessions from {start} to {end} agree"
