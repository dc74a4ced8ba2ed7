"""The transfers watch: what left or entered each account since the last look, and whether it still is what it was."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.futures import PrefectFuture

from tasks.accounts import open_broker, prove_identity
from tasks.artifacts import create_table_artifact
from tasks.clock import now
from tasks.news import tell_people
from tasks.outcome import error_of
from tasks.retries import if_unavailable
from tasks.settings import load_settings
from tasks.stores import open_stores
from tieout.alert import happened
from tieout.announced import WAITING, missed, recognised
from tieout.ids import AccountId
from tieout.recon.types import Severity
from tieout.transfers import Movement, changed_flags, flags_of, money_at_risk, moved

if TYPE_CHECKING:
    from sqlalchemy import Connection

FIRST_LOOK = timedelta(days=7)  # how far back an account is looked at that nobody has looked at before
LATE = timedelta(days=3)  # venues post transfers late, under their own date: what was told is known by its id


@task(task_run_name="watch {account_id}", cache_policy=NO_CACHE, retry_condition_fn=if_unavailable)
def watch_transfers(account_id: AccountId) -> list[Movement]:
    """What is new, written into the audit trail in the transaction that notes that it was seen.

    raises    BrokerError, ConfigError: an account that cannot be watched fails the run
    """
    with open_stores() as stores:
        account, moment = stores.settings.accounts[account_id], now()
        with stores.journal.read() as journal:
            since = _since(journal, account_id, moment)
        with open_broker(stores.settings, account) as broker:
            flags = flags_of(prove_identity(broker, account))
            activities = broker.fetch_activities(since, moment).records
        with stores.journal.write() as journal:
            return _note(journal, account_id, flags, moved(account_id, activities), moment)


def conclude_transfers(
    accounts: Sequence[AccountId], watched: Sequence[PrefectFuture[Any]], large: PrefectFuture[Any]
) -> State[Any]:
    """One message for all that is new; an account that could not be watched, or no report of `large`, fails the run."""
    from prefect.states import Completed, Failed

    failed = {name: error_of([one]) for name, one in zip(accounts, watched, strict=True)}
    news = [each for name, one in zip(accounts, watched, strict=True) if failed[name] is None for each in one.result()]
    rows = [_shown(one) for one in news]
    create_table_artifact(rows, key="transfers", description=f"{len(news)} movements and changes since the last look.")
    if news:
        worst = min((one.severity for one in news), key=_WORST_FIRST.index)
        lines = [f"{one.account_id}: {one.words}" for one in news]
        about = [happened(f"transfer {one.account_id} {one.key}", one.words, account_id=one.account_id) for one in news]
        title = f"tieout transfers-watch: {len(news)} movements or changes"
        tell_people(worst, title, lines, about, source="transfers-watch", money=_money(news))
    told = [f"{name}: {error}" for name, error in failed.items() if error is not None]
    told += [f"large positions: {error}"] if (error := error_of([large])) else []
    make = Failed if told else Completed
    message = "; ".join([f"{len(news)} movements or changes", *told])
    return make(name="Failed" if told else "Moved" if news else "Quiet", message=message, data=int(bool(told)))


_WORST_FIRST = (Severity.CRITICAL, Severity.WARNING, Severity.INFO)


def _money(news: Sequence[Movement]) -> Decimal | None:
    """At risk in the account that lost or gained most, in its own currency."""
    accounts = load_settings().accounts
    found = [
        money_at_risk([one for one in news if one.account_id == name], accounts[name].account.base_currency)
        for name in dict.fromkeys(one.account_id for one in news)
    ]
    return max((one for one in found if one is not None), default=None)


def _shown(one: Movement) -> dict[str, object]:
    told = {"account": one.account_id, "what": one.action, "key": one.key, "severity": one.severity.value}
    return told | {"announced": one.announced_id, "found": one.words}


def _since(journal: Connection, account_id: AccountId, moment: datetime) -> datetime:
    from sql.watched_flags import read_watched

    until = read_watched(journal, account_id)[1]
    return moment - FIRST_LOOK if until is None else until - LATE


def _note(
    journal: Connection, account_id: AccountId, flags: dict[str, str], seen: Sequence[Movement], moment: datetime
) -> list[Movement]:
    from sql.announced import note_seen, read_announced
    from sql.audit import ACTOR, Wanted, append, read_events
    from sql.watched_flags import read_watched, record_watched

    told = {one.subject for one in read_events(journal, Wanted(action="transfer", account_id=account_id))}
    new = changed_flags(account_id, read_watched(journal, account_id)[0], flags, moment)
    new += [one for one in seen if one.key not in told]
    announced = read_announced(journal, account_id, WAITING, lock=True)
    new = recognised(new, announced)
    new += missed(announced, [one.announced_id for one in new if one.announced_id], moment)
    for one in new:
        detail = {"account_id": account_id, "found": one.words, "severity": one.severity}
        detail |= {"announced": one.announced_id} if one.announced_id else {}
        append(journal, actor=ACTOR, action=one.action, subject=one.key, detail=detail, now=moment)
    note_seen(journal, new, moment)
    record_watched(journal, account_id, flags, moment, moment)
    return new
