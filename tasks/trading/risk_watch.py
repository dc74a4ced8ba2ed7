"""The risk watch: look at an account once, let breakers go off or let go, and say so once.

Connectivity is found out by the look itself: where the venue does not answer, it is asked again until it does or the
longest silence that the settings allow is over.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.accounts import open_broker, prove_identity, sessions_of
from tasks.clock import now
from tasks.lock_breaks import read_locks
from tasks.log import run_logger
from tasks.runs import holder, is_dead
from tasks.settings import load_settings
from tasks.stores import Stores, open_stores
from tasks.trading.context import read_equity_before
from tasks.trading.exit_watch import watch_exits
from tasks.trading.figures import measure_again
from tieout.breaker_triggers import BreakerContext, Worth, judge_breakers, judge_lifts
from tieout.breakers import Breaker
from tieout.closing import choose_accounts
from tieout.errors import Ambiguous, BrokerError, Unavailable
from tieout.ids import AccountId
from tieout.instruments import Instrument
from tieout.orders import OrderState
from tieout.outages import away_until
from tieout.placement import TERMINAL
from tieout.risk_watch import SOURCE, WINDOW, Watched, changes, moves
from tieout.settings import AccountSettings
from tieout.snapshots import Completeness, Snapshot

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from brokers.base import Broker

ASK_AGAIN_S = 5.0
_OPEN = frozenset(OrderState) - TERMINAL
_Answer = TypeVar("_Answer")


@dataclass(slots=True)
class Look:
    """What one look at an account gave.

    calls, errors    of the venue, and those that came back without an answer
    last_answer      UTC
    equity           base currency; None where the venue did not say
    prices           by symbol, currency per unit; instruments without a quote are left out
    """

    last_answer: datetime
    calls: int = 0
    errors: int = 0
    equity: Decimal | None = None
    prices: dict[str, Decimal] = field(default_factory=dict)

    def ask(self, call: Callable[[], _Answer]) -> _Answer | None:
        """One call, counted; None where no answer came. A refusal is an answer, and is raised."""
        self.calls += 1
        try:
            answer = call()
        except (Unavailable, Ambiguous) as error:
            self.errors += 1
            run_logger().warning("no answer: %s", error)
            return None
        self.last_answer = now()
        return answer


@task(task_run_name="plan", cache_policy=NO_CACHE)
def plan_watch(accounts: list[str] | None) -> tuple[AccountId, ...]:
    """The accounts to look at.

    raises    ConfigError for an unknown account
    """
    return tuple(one.account.account_id for one in choose_accounts(load_settings(), accounts))


@task(task_run_name="watch {account_id}", cache_policy=NO_CACHE, retries=0)
def watch_account(account_id: AccountId, live: bool = False) -> Watched:
    """Look once, judge every breaker, write down what changed, and look after the exits of positions.

    The lease of the account lets one look at a time, be it a flow run's or the watch's.
    raises    Unauthorised, ConfigError: the account cannot be watched at all, which the run says
    """
    with open_stores() as stores:
        account = stores.settings.accounts[account_id]
        day = now().astimezone(sessions_of(account).zone).date()
        if not sessions_of(account).is_session(day):
            return Watched(account_id, skipped=f"{day} is no session")
        if (back := away_until(account.outages, now())) is not None:
            return Watched(account_id, skipped=f"its venue is away until {back:%H:%M} UTC, a planned outage")
        with _held(stores, account_id, day) as other:
            return Watched(account_id, skipped=other) if other else _watch(stores, account, day, live=live)


def _watch(stores: Stores, account: AccountSettings, day: date, *, live: bool) -> Watched:
    name = account.account.account_id
    seen = _look(stores, account, day)
    watched = Watched(name, _judge(stores, account, day, seen))
    watched = replace(watched, told=watch_exits(stores, account, day, live=live))
    measure_again(stores, name, day)
    return watched


@contextmanager
def _held(stores: Stores, account_id: AccountId, day: date) -> Iterator[str | None]:
    """The lease of one look; who holds it where that is somebody else."""
    from sql.leases import HeldByAnotherError, acquire, release

    ttl, me = timedelta(seconds=stores.settings.lease_s), f"{holder()}:{uuid.uuid4().hex[:8]}"
    try:
        with stores.journal.write() as journal:
            lease = acquire(journal, f"{account_id}:{SOURCE}:{day}", me, now(), ttl, is_dead)
    except HeldByAnotherError as error:
        yield str(error)
        return
    try:
        yield None
    finally:
        with stores.journal.write() as journal:
            release(journal, lease, now())


def _look(stores: Stores, account: AccountSettings, day: date) -> Look:
    """Ask until the venue answers, or has been silent for as long as it may be."""
    began = time.monotonic()
    seen = Look(last_answer=now())
    while not _read(stores, account, day, seen):
        silent = time.monotonic() - began  # by a clock that no rehearsal stops
        if silent >= account.limits.max_silence_s:
            run_logger().error("the venue of %s does not answer", account.account.account_id)
            return Look(last_answer=now() - timedelta(seconds=silent))  # told as silence, not as many errors too
        time.sleep(min(ASK_AGAIN_S, max(0.1, account.limits.max_silence_s / 10)))
    return seen


def _read(stores: Stores, account: AccountSettings, day: date, seen: Look) -> bool:
    """Equity and quotes, once; whether the venue answered."""
    opened = seen.ask(lambda: _snapshot(stores, account, day))
    if opened is None:
        return False
    snapshot, quotes = opened
    base = account.account.base_currency
    if snapshot.proof.completeness is Completeness.COMPLETE:
        seen.equity = next((one.equity for one in snapshot.balances if one.currency == base), None)
    for symbol, price in quotes.items():
        seen.calls += 1
        if price is None:
            seen.errors += 1
        else:
            seen.prices[symbol] = price
    return True


def _snapshot(stores: Stores, account: AccountSettings, day: date) -> tuple[Snapshot, dict[str, Decimal | None]]:
    """The account and the prices of what it holds or has on order; None for a quote that could not be had."""
    with open_broker(stores.settings, account) as broker:
        prove_identity(broker, account)
        snapshot = broker.fetch_snapshot(day)
        if snapshot.proof.completeness is Completeness.FAILED:
            raise Unavailable(account.account.broker, "; ".join(snapshot.proof.notes) or "nothing could be read")
        wanted = {one.instrument.symbol: one.instrument for one in snapshot.positions if one.quantity}
        wanted |= {one.symbol: one for one in _on_order(stores, account.account.account_id)}
        return snapshot, _quotes(broker, list(wanted.values()))


def _quotes(broker: Broker, instruments: Sequence[Instrument]) -> dict[str, Decimal | None]:
    found: dict[str, Decimal | None] = {}
    for one in instruments:
        try:
            quote = broker.fetch_quote(one)
        except (Unavailable, Ambiguous):
            found[one.symbol] = None
            continue
        except BrokerError:  # it answered, and has no quote of it
            continue
        if quote.bid and quote.ask:
            found[one.symbol] = (quote.bid + quote.ask) / 2
    return found


def _on_order(stores: Stores, account_id: AccountId) -> list[Instrument]:
    from sql.placements import read_placements

    with stores.journal.read() as journal:
        return [row.intent.order.instrument for row in read_placements(journal, account_id, states=_OPEN)]


def _judge(stores: Stores, account: AccountSettings, day: date, seen: Look) -> tuple[Breaker, ...]:
    """Let breakers go off and let go in one transaction; what changed."""
    from sql.breakers import lift, read_breakers, trip
    from sql.watch import append_watch

    name, moment = account.account.account_id, now()
    worth = Worth(seen.equity, *read_equity_before(stores, account, day))
    with stores.journal.write() as journal:
        before = read_breakers(journal, name)
        context = _context(journal, account, day, seen, worth, moment)
        for one in judge_breakers(context, account.limits, moment):
            trip(journal, one, moment)
        for gone in judge_lifts(before, context, account.limits, moment):
            lift(journal, name, gone.breaker.name, gone.breaker.scope, gone.lifted_by, gone.reason, moment)
        append_watch(journal, name, seen.equity, seen.prices, moment)
        return changes(before, read_breakers(journal, name))


def _context(
    journal: Connection, account: AccountSettings, day: date, seen: Look, worth: Worth, moment: datetime
) -> BreakerContext:
    from sql.watch import read_watched

    name, sessions = account.account.account_id, sessions_of(account)
    return BreakerContext(
        name,
        worth,
        moves=moves(seen.prices, read_watched(journal, name, moment - WINDOW)),
        last_answer=seen.last_answer,
        calls=seen.calls,
        errors=seen.errors,
        locks=read_locks(journal, name),
        next_session=sessions.opens_at(sessions.next(day)),
    )
