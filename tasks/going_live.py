"""The gate before real money, with what the journal proves; asked by people and by `tieout agree live`."""

from __future__ import annotations

from sqlalchemy import Connection

from tasks.stores import open_journal
from tieout.accounts import Mode
from tieout.breakers import ALL_ACCOUNTS, BreakerName, BreakerState
from tieout.diagnosis import Check
from tieout.errors import ConfigError
from tieout.going_live import PaperDay, Record, checklist, failed
from tieout.ids import AccountId
from tieout.settings import AccountSettings, Settings


def examine_live(settings: Settings, account: AccountSettings) -> tuple[Check, ...]:
    """Every point of the list for one account."""
    with open_journal() as opened, opened.read() as journal:
        return checklist(settings, account, read_record(journal, settings, account))


def require_ready(settings: Settings, account: AccountSettings) -> None:
    """Refuse an account that does not pass, where the settings do not say otherwise.

    raises    ConfigError naming each point and what to do
    """
    if not settings.going_live.enforced:
        return
    if wrong := failed(examine_live(settings, account)):
        told = "; ".join(f"{one.name}: {one.detail} ({one.advice})" for one in wrong)
        raise ConfigError(f"account {account.account.account_id} is not ready for real money. {told}")


def read_record(journal: Connection, settings: Settings, account: AccountSettings) -> Record:
    """What the journal proves of the broker's paper accounts."""
    from sql.breakers import read_breakers
    from sql.load import query
    from sql.rows import read_rows

    rows = read_rows(journal, query("paper_record"), {"broker": account.account.broker})
    days = tuple(PaperDay(AccountId(row["account_id"]), row["business_date"], row["state"]) for row in rows)
    paper = {one.account.account_id for one in settings.accounts.values() if one.account.mode is Mode.PAPER}
    rehearsed = any(
        one.name is BreakerName.MANUAL and one.state is BreakerState.LIFTED and one.account_id in paper | {ALL_ACCOUNTS}
        for one in read_breakers(journal)
    )
    return Record(days, rehearsed)
