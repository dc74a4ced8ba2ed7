"""Telling what the risk watch found: the state of every breaker, and one message where something changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.futures import PrefectFuture
from prefect.states import Completed, Failed

from tasks.artifacts import create_table_artifact
from tasks.clock import now
from tasks.news import tell_alert
from tasks.outcome import error_of
from tasks.stores import open_stores
from tieout.breakers import ALL_ACCOUNTS, Breaker, TradingState
from tieout.ids import AccountId
from tieout.risk_watch import Watched, compose, compose_exits


def conclude_watch(accounts: Sequence[AccountId], looked: Sequence[PrefectFuture[Any]]) -> State[Any]:
    """Wait for every account; one that could not be watched fails the run, and stops no other."""
    found: list[Watched] = []
    failed: list[str] = []
    for account_id, future in zip(accounts, looked, strict=True):
        error = error_of([future])
        if error is None:
            found.append(future.result())
        else:
            failed.append(f"{account_id}: {error}")
    news = [breaker for one in found for breaker in one.changes]
    steps = {
        "artifact": publish_breakers(return_state=True),
        "alert": send_news(news, return_state=True),
        "exits": send_told([words for one in found for words in one.told], return_state=True),
    }
    failed += [f"{name}: {state.message}" for name, state in steps.items() if not state.is_completed()]
    return _state(found, news, failed)


@task(task_run_name="artifact", cache_policy=NO_CACHE)
def publish_breakers() -> None:
    """Every breaker as it stands, those that stop something first."""
    from sql.breakers import read_breakers

    moment = now()
    with open_stores() as stores, stores.journal.read() as journal:
        found = sorted(read_breakers(journal), key=lambda one: (not one.holds(moment), one.account_id, one.name))
    rows = [_row(one, holds=one.holds(moment)) for one in found]
    create_table_artifact(rows, key="breakers", description="`tieout resume` lifts what a person may lift.")


@task(task_run_name="alert", cache_policy=NO_CACHE)
def send_news(news: Sequence[Breaker]) -> None:
    """One message for all that changed; nothing where nothing did."""
    if news:
        tell_alert(compose(news))


@task(task_run_name="exits", cache_policy=NO_CACHE)
def send_told(told: Sequence[str]) -> None:
    """One message for all that people must know of exits."""
    if told:
        tell_alert(compose_exits(told))


def _row(one: Breaker, *, holds: bool) -> dict[str, Any]:
    return {
        "account": "all accounts" if one.account_id == ALL_ACCOUNTS else one.account_id,
        "breaker": one.name.value,
        "scope": one.scope,
        "state": one.effect.value if holds else "lifted" if one.effect is TradingState.ACTIVE else "over",
        "reason": one.reason,
        "since": one.since.isoformat(),
        "until": one.until.isoformat() if one.until else "",
        "lifted by": one.lifted_by or "",
    }


def _state(found: Sequence[Watched], news: Sequence[Breaker], failed: Sequence[str]) -> State[Any]:
    looked = sum(one.skipped is None for one in found)
    words = [f"{looked} accounts watched", f"{len(news)} breakers changed"]
    words += [f"{one.account_id}: {one.skipped}" for one in found if one.skipped]
    words += [told for one in found for told in one.told]
    make, name = (Failed, "Failed") if failed else (Completed, "Changed" if news else "Watched")
    return make(name=name, message="; ".join([*words, *failed]), data=int(bool(failed)))
