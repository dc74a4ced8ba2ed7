"""What must be right before the first run, asked one by one, so that one fault does not hide the next."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.accounts import open_broker, prove_trading, sessions_of
from tasks.acts import require_rights_agreed
from tasks.clock import now, wall_clock
from tasks.doctor_server import server_checks
from tasks.stores import open_journal
from tieout.accounts import Identity
from tieout.diagnosis import Check, LastCall, diagnose
from tieout.errors import InvalidOrder, NotFound, NotTradable, TieoutError, Unreadable, Unsupported
from tieout.instruments import equity
from tieout.rotation_types import Phase
from tieout.settings import AccountSettings, Settings

if TYPE_CHECKING:
    from brokers.base import Broker

CLOCK_LIMIT_S = 5.0  # seconds our clock may differ from the venue's
CALENDAR_DAYS = 10  # days before and after today for which the calendars must agree
LEAST_FREE = 1024**3  # bytes; a DuckDB rewrite and its published copy need room
SETTINGS = "settings"
EXPIRES_SOON = timedelta(days=7)
_ANSWERED = frozenset({200, 404, 422})
_QUOTED = {"XNYS": "SPY", "XNAS": "SPY"}  # what is asked for to see whether quotes may be had


def examine(settings: Settings, accounts: tuple[AccountSettings, ...]) -> Iterator[Check]:
    """Every check, as it is made. No order is touched; a store that is not there is made."""
    yield _accounts_configured(settings)
    yield from _stores(settings)
    yield from _alerts(settings)
    yield from server_checks()
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
    for reference in dict.fromkeys((*alerts.critical, *alerts.warning, *alerts.info, *alerts.fallback)):

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
    missing = f"put right what it says; `tieout credentials set {name}` stores a new one"
    credential = _asked(name, "credential", lambda: _credential(account), missing)
    yield credential
    if not credential.ok:
        return
    yield _asked(name, "renewal", lambda: _renewal(settings, account), "`tieout credentials list` says what is due")
    try:
        with open_broker(settings, account) as broker:
            yield from _broker(settings, broker, account)
    except TieoutError as error:
        yield Check(name, "broker", False, str(error), _reach_advice(account))


def _credential(account: AccountSettings) -> str:
    from tasks.credentials import open_credential

    found = open_credential(account)
    return f"{account.credential} opens" if found else "none is configured"


def _renewal(settings: Settings, account: AccountSettings) -> str:
    """When the credential lapses by what is known here, and who must act; wrong where a person is late."""
    from tasks.rotation.expiry import read_calendar

    name = account.account.account_id
    with open_journal() as journal:
        entry = next((one for one in read_calendar(journal, settings) if name in one.accounts), None)
    if entry is None:
        return "nothing to renew"
    until = f", lapses {entry.deadline:%Y-%m-%d %H:%M} UTC" if entry.deadline else ""
    found = f"next: {entry.action} by {entry.by}{until}"
    if entry.needs_person and (entry.phase is not Phase.IDLE or (entry.at is not None and entry.at <= now())):
        raise TieoutError(f"{found}. {entry.reason}".rstrip())
    return found


def _broker(settings: Settings, broker: Broker, account: AccountSettings) -> Iterator[Check]:
    name = account.account.account_id
    proven: list[Identity] = []

    def identity() -> str:
        seen = prove_trading(broker, account)
        require_rights_agreed(settings, account, seen)
        proven.append(seen)
        return f"{proven[0].mode} account {proven[0].venue_account}: {'; '.join(proven[0].evidence)}"

    yield _diagnosed(broker, account, "identity and mode", identity)
    if not proven:
        return  # the rest would only say the same again
    yield _permissions(name, proven[0])
    yield _expiry(name, proven[0])
    yield _diagnosed(broker, account, "market data", lambda: _market_data(broker, account))
    yield _asked(name, "clock", lambda: _clock(broker), "set this machine's clock by NTP")
    yield _asked(name, "venue calendar", lambda: _same_sessions(broker, account), "correct `calendar`")
    yield Check(name, "rate limit", True, _limits(broker))


def _diagnosed(broker: Broker, account: AccountSettings, name: str, ask: Callable[[], str]) -> Check:
    """As `_asked`, with the cause and the fix where the broker was the one that failed."""
    subject = account.account.account_id
    try:
        return Check(subject, name, True, ask())
    except TieoutError as error:
        found = diagnose(error, _last_call(broker), account.endpoint or "the venue")
        return Check(subject, name, False, f"{found.cause}. {error}", f"{found.fix} ({_reach_advice(account)})")


def _last_call(broker: Broker) -> LastCall | None:
    calls = getattr(broker, "calls", ())
    return LastCall(calls[-1].status, calls[-1].reached) if calls else None


def _permissions(name: str, identity: Identity) -> Check:
    found = ", ".join(identity.permissions) or "the venue lists none"
    if identity.trading_blocked:
        return Check(
            name, "permissions", False, f"trading is blocked; {found}", "ask the broker why, and have it lifted"
        )
    return Check(name, "permissions", True, found)


def _expiry(name: str, identity: Identity) -> Check:
    if identity.expires_at is None:
        return Check(name, "expiry", True, "the venue states none")
    left = identity.expires_at - now()
    found = f"{identity.expires_at:%Y-%m-%d %H:%M} UTC, in {left.days} days"
    soon = left < EXPIRES_SOON
    return Check(name, "expiry", not soon, found, "renew the key before then" if soon else "")


def _market_data(broker: Broker, account: AccountSettings) -> str:
    """Whether quotes may be had; a venue that does not know the instrument has answered the question too."""
    if account.account.calendar not in _QUOTED:
        return "not asked for on this calendar"
    try:
        quote = broker.fetch_quote(equity(_QUOTED[account.account.calendar]))
    except Unsupported:
        return "the venue has none"
    except (NotFound, NotTradable, InvalidOrder, Unreadable) as error:
        last = _last_call(broker)
        if last is None or last.status not in _ANSWERED:
            raise
        return f"answered, without a quote: {error.reason}"
    return f"{quote.instrument.symbol} as of {quote.quoted_at:%Y-%m-%d %H:%M:%S} UTC"


def _limits(broker: Broker) -> str:
    said = [call.limits for call in getattr(broker, "calls", ()) if call.limits]
    return said[-1] if said else "the venue says nothing of it; our own budget holds"


def _reach_advice(account: AccountSettings) -> str:
    where = account.endpoint or "the venue"
    return f"check the key, `mode`, and that {where} can be reached from here"


def _clock(broker: Broker) -> str:
    try:
        theirs = broker.fetch_clock().now
    except Unsupported:
        return "the venue has none to compare with"
    # A rehearsal's venue may keep the rehearsed time or the machine's, by which ccxt signs.
    apart = min(abs((theirs - ours).total_seconds()) for ours in (now(), wall_clock()))
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
