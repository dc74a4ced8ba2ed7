"""The morning after: what the broker's evidence says of the options, booked where it is proven."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.accounts import open_broker, prove_identity, sessions_of
from tasks.capture import window_start
from tasks.clock import now
from tasks.log import run_logger
from tasks.options.look import stated_deliverables, whole_snapshot
from tasks.options.propose import Wanted, ask, is_listed
from tasks.retries import if_unavailable
from tasks.runs import end_run, keep_lease
from tasks.stores import Stores, open_stores
from tieout.closing import Close
from tieout.ids import InstrumentId
from tieout.instruments import AssetClass, Instrument, option
from tieout.money import ZERO
from tieout.options.evidence import Event
from tieout.options.likelihood import Likelihood
from tieout.options.matcher import Morning, Night, match
from tieout.options.mismatch import changes, findings
from tieout.options.wheel import covered_call
from tieout.orders import Side
from tieout.recon.cases import Close as CaseClose
from tieout.recon.types import Finding, Severity

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from brokers.base import Broker
    from tieout.snapshots import Snapshot


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of one account.

    booked      events that this run booked
    breaks      what is not proven, or came otherwise than expected
    proposed    intent ids that now wait for a person
    """

    close: Close
    night: Night
    booked: tuple[Event, ...] = ()
    breaks: tuple[Finding, ...] = ()
    proposed: tuple[str, ...] = ()

    @property
    def critical(self) -> int:
        """Breaks that somebody must look at now."""
        return sum(one.severity is Severity.CRITICAL for one in self.breaks)


@task(task_run_name="read {close.account_id}", retry_condition_fn=if_unavailable, cache_policy=NO_CACHE)
def read_morning(close: Close) -> Morning:
    """Everything that is known of the account before the open. May be retried: reading twice changes nothing.

    raises    Unreadable where list or statement is not complete; ConfigError for a wrong mode
    """
    from sql.posting import post
    from sql.snapshots import read_baseline

    with open_stores() as stores:
        keep_lease(stores, close)
        account = stores.settings.accounts[close.account_id]
        post(stores.journal, stores.warehouse, close.account_id, account.lot_method, now(), account.rates)
        with stores.warehouse.write() as warehouse:
            baseline = read_baseline(warehouse, close.account_id, close.business_date)
        since = window_start(stores, account, close.business_date, baseline)
        with open_broker(stores.settings, account) as broker:
            prove_identity(broker, account)
            snapshot = whole_snapshot(broker, account, close.business_date)
            morning = _morning(stores, close, broker, snapshot, since)
    run_logger().info("%d records of the broker are not in the book", len(morning.activities) + len(morning.executions))
    return morning


@task(task_run_name="prove {close.account_id}", cache_policy=NO_CACHE)
def prove_options(close: Close, morning: Morning) -> Checked:
    """Match, book what is proven, open breaks for the rest, and propose what follows. Safe to run again.

    raises    StoreError where another run has taken the account over
    """
    night = match(morning)
    found = findings(night, morning)
    with open_stores() as stores:
        keep_lease(stores, close)
        checked = Checked(close, night, breaks=found)
        if not close.dry_run:
            checked = _written(stores, close, checked, morning)
        end_run(stores, close, _state(checked), _outcome(checked))
    for event in night.events:
        run_logger().info("%s", event.words)
    return checked


def _written(stores: Stores, close: Close, checked: Checked, morning: Morning) -> Checked:
    from sql.cases import append_changes, not_closed
    from sql.options.events import book_events
    from sql.posting import post

    moment, account = now(), stores.settings.accounts[close.account_id]
    sessions = sessions_of(account)
    with stores.journal.write() as journal:
        booked = book_events(
            journal, close.account_id, checked.night.events, run_id=close.run, sessions=sessions, now=moment
        )
        cases = not_closed(journal, close.account_id)
        told = changes(cases, checked.breaks, CaseClose(close.account_id, close.business_date, sessions))
        append_changes(journal, told, run_id=close.run, business_date=close.business_date, actor="tieout", now=moment)
        _release_traded(journal, close, morning, moment)
    post(stores.journal, stores.warehouse, close.account_id, account.lot_method, now(), account.rates)
    stores.warehouse.publish()
    return replace(checked, booked=booked, proposed=_propose_calls(stores, close, booked))


def _release_traded(journal: Connection, close: Close, morning: Morning, moment: datetime) -> None:
    """Nothing is kept for a position that is not held any more, by anybody."""
    from sql.options.forecasts import read_reservations, release
    from sql.reference import instrument_ids

    for contract, _ in read_reservations(journal, close.account_id):
        held = morning.book.get(contract.symbol, (contract, ZERO))[1]
        if not held and not morning.listed.get(contract.symbol):
            key: InstrumentId = instrument_ids(journal, [contract])[contract.symbol]
            release(journal, close.account_id, key, "the position is not held any more", moment)


def _morning(stores: Stores, close: Close, broker: Broker, snapshot: Snapshot, since: datetime) -> Morning:
    from sql.options.events import not_booked
    from sql.options.forecasts import read_forecasts

    account = stores.settings.accounts[close.account_id]
    currency = account.account.base_currency
    executions = broker.fetch_executions(since, snapshot.captured_at).records
    activities = broker.fetch_activities(since, snapshot.captured_at).records
    book, cash = _book(stores, close, currency)
    with stores.journal.read() as journal:
        trades, rows = not_booked(journal, close.account_id, executions, activities)
        forecasts = read_forecasts(journal, close.account_id)
    balance = next((one for one in snapshot.balances if one.currency == currency), None)
    return Morning(
        close.business_date,
        sessions_of(account),
        currency,
        book,
        {one.instrument.symbol: one.quantity for one in snapshot.positions},
        cash,
        None if balance is None else balance.cash,
        trades,
        rows,
        {row["symbol"]: Likelihood(row["likelihood"]) for row in forecasts},
        _stated(broker, (contract for contract, units in book.values() if units)),
        stores.settings.options.patience if broker.capabilities.activities else 0,
    )


def _book(stores: Stores, close: Close, currency: str) -> tuple[dict[str, tuple[Instrument, Decimal]], Decimal]:
    from sql.options.books import read_book

    with stores.warehouse.write() as warehouse:
        return read_book(warehouse, close.account_id, currency)


def _stated(broker: Broker, held: Iterable[Instrument]) -> dict[str, tuple[str, ...]]:
    """What each option delivers, as the venue states it; what it does not state stays out."""
    return {
        one.symbol: stated
        for one in held
        if one.asset_class is AssetClass.OPTION and (stated := stated_deliverables(broker, one)[0])
    }


def _propose_calls(stores: Stores, close: Close, booked: Iterable[Event]) -> tuple[str, ...]:
    """The wheel's covered call over shares that came, put before a person; never sent."""
    account = stores.settings.accounts[close.account_id]
    sessions, put = sessions_of(account), []
    calls = [(event, call) for event in booked if (call := covered_call(event, close.business_date, sessions))]
    if not calls:
        return ()
    until = sessions.closes_at(close.business_date)
    with open_broker(stores.settings, account) as broker:
        for event, (symbol, contracts) in calls:
            contract = option(symbol.padded, event.contract.currency)
            if not is_listed(broker, contract):
                run_logger().info("%s is not listed; no covered call is proposed", contract.symbol)
                continue
            words = f"covered call over the shares that {event.contract.symbol} brought"
            put += ask(stores, close, broker, Wanted(contract, Side.SELL, contracts, words, until, "covered-call"))
    return tuple(put)


def _state(checked: Checked) -> str:
    if checked.critical:
        return "critical_breaks"
    return "breaks_open" if checked.breaks else "proven"


def _outcome(checked: Checked) -> dict[str, object]:
    return {
        "events": len(checked.night.events),
        "booked": len(checked.booked),
        "breaks": len(checked.breaks),
        "critical": checked.critical,
        "proposed": list(checked.proposed),
        "dry_run": checked.close.dry_run,
    }
