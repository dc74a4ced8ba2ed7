"""The forecast of one account: read, reckoned, kept, and turned into proposals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.accounts import open_broker, prove_identity, sessions_of
from tasks.clock import now
from tasks.log import run_logger
from tasks.options.instruct import accepted_words
from tasks.options.look import Seen, look
from tasks.options.propose import propose
from tasks.retries import if_unavailable
from tasks.runs import end_run, keep_lease
from tasks.stores import Stores, open_stores
from tieout.closing import Close
from tieout.options.account import AccountForecast
from tieout.options.moment import Moment, moment_of
from tieout.options.suggest import Suggestion, suggestions


@dataclass(frozen=True, slots=True)
class Forecast:
    """What came of one account.

    proposed    intent ids that now wait for a person, by symbol
    """

    close: Close
    moment: Moment
    found: AccountForecast
    suggestions: tuple[Suggestion, ...]
    proposed: tuple[str, ...] = ()


@task(task_run_name="look {close.account_id}", retry_condition_fn=if_unavailable, cache_policy=NO_CACHE)
def look_at_options(close: Close, days: int | None) -> Seen:
    """Read the account and forecast it. May be retried: reading twice changes nothing.

    days      sessions ahead; None for the settings' own
    raises    Unreadable where the account could not be read whole; ConfigError for a wrong mode
    """
    with open_stores() as stores:
        keep_lease(stores, close)
        account, settings = stores.settings.accounts[close.account_id], stores.settings.options
        sessions = sessions_of(account)
        closes = _closes(stores, close.business_date)
        told = accepted_words(stores, close.account_id, close.business_date)
        with open_broker(stores.settings, account) as broker:
            prove_identity(broker, account)
            ahead = settings.days if days is None else days
            return look(broker, account, settings, sessions, close.business_date, now(), ahead, closes, told)


@task(task_run_name="keep {close.account_id}", cache_policy=NO_CACHE)
def keep_forecast(close: Close, seen: Seen) -> Forecast:
    """Write the forecast down, reserve the cash it needs, and put what may be done before a person."""
    from sql.options.forecasts import append_forecasts, reserve

    with open_stores() as stores:
        keep_lease(stores, close)
        found, moment = seen.found, now()
        sessions = sessions_of(stores.settings.accounts[close.account_id])
        due = moment_of(found.positions, sessions, moment)
        advice = suggestions(found)
        proposed: tuple[str, ...] = ()
        if not close.dry_run:
            contracts = {one.contract.symbol: one.contract for one in found.positions}
            with stores.journal.write() as journal:
                append_forecasts(journal, found, run_id=close.run, moment=due, day=close.business_date, now=moment)
                reserve(
                    journal,
                    close.account_id,
                    found.reservations,
                    {one.symbol: contracts[one.symbol] for one in found.reservations},
                    contracts.values(),
                    run_id=close.run,
                    now=moment,
                )
            proposed = propose(stores, close, found, advice)
        end_run(stores, close, due.value, _outcome(found, advice, proposed))
    run_logger().info("%d positions, %d suggestions, %d proposed", len(found.positions), len(advice), len(proposed))
    return Forecast(close, due, found, advice, proposed)


def _outcome(found: AccountForecast, advice: tuple[Suggestion, ...], proposed: tuple[str, ...]) -> dict[str, Any]:
    return {
        "positions": len(found.positions),
        "reserved": str(sum((one.amount for one in found.reservations), Decimal(0))),
        "shortfall": str(found.expected.shortfall),
        "suggestions": len(advice),
        "proposed": list(proposed),
    }


def _closes(stores: Stores, day: date) -> dict[str, Decimal]:
    """Prices of a session by the warehouse, by symbol."""
    from sql.options.prices import read_closes

    with stores.warehouse.read() as warehouse:
        return read_closes(warehouse, day)
