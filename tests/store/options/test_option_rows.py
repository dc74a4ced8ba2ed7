"""Forecasts, cash kept and events of options in the journal."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

from sql.audit import Wanted, verify_chain
from sql.audit import read_events as read_audit
from sql.options.events import book_events, event_id, read_events
from sql.options.forecasts import append_forecasts, read_forecasts, read_reservations, reserve
from sql.schema import journal as journal_tables
from sql.schema import options as _  # noqa: F401 - its tables join the journal
from tests.databases import Stores
from tests.store.test_migrations import differences
from tests.unit.options.cases import FIGURES, SHORTS
from tests.unit.options.table import FRIDAY, XNYS, Case
from tieout.ids import AccountId, RunId
from tieout.options.account import Standing, account_forecast
from tieout.options.moment import Moment

ACCOUNT, RUN = AccountId("alpaca-main"), RunId("alpaca-main-20260323-01")
NOW = datetime(2026, 3, 23, 12, tzinfo=UTC)
ASSIGNED = SHORTS[0]
WAITING = next(one for one in FIGURES if one.patience)


def keep(stores: Stores, case: Case, day: date = FRIDAY) -> None:
    found = account_forecast(Standing(ACCOUNT, "USD"), [case.foretold()], {})
    with stores.journal.write() as journal:
        append_forecasts(journal, found, run_id=RUN, moment=Moment.FORECAST, day=day, now=NOW)
        contracts = {one.contract.symbol: one.contract for one in found.positions}
        named = {one.symbol: contracts[one.symbol] for one in found.reservations}
        reserve(journal, ACCOUNT, found.reservations, named, contracts.values(), run_id=RUN, now=NOW)


def book(stores: Stores, case: Case) -> int:
    with stores.journal.write() as journal:
        return len(book_events(journal, ACCOUNT, case.night().events, run_id=RUN, sessions=XNYS, now=NOW))


def test_the_migration_makes_what_the_schema_says(stores: Stores) -> None:
    with stores.journal.read() as journal:
        assert differences(journal, "journal", journal_tables.metadata) == []


def test_the_newest_forecast_counts_and_the_older_stays(stores: Stores) -> None:
    keep(stores, ASSIGNED)
    keep(stores, SHORTS[4])
    with stores.journal.read() as journal:
        (row,) = read_forecasts(journal, ACCOUNT)
    assert (row["likelihood"], row["symbol"]) == ("unlikely", ASSIGNED.option)


def test_cash_is_kept_once_and_let_go_of_when_nothing_is_to_be_paid_any_more(stores: Stores) -> None:
    keep(stores, ASSIGNED)
    keep(stores, ASSIGNED)
    with stores.journal.read() as journal:
        ((contract, kept),) = read_reservations(journal, ACCOUNT)
    assert (contract.symbol, int(kept.amount)) == (ASSIGNED.option, 6000)
    keep(stores, SHORTS[4])
    with stores.journal.read() as journal:
        assert read_reservations(journal, ACCOUNT) == []


def test_a_confirmed_event_is_booked_once_and_lets_its_cash_go(stores: Stores) -> None:
    keep(stores, ASSIGNED)
    assert (book(stores, ASSIGNED), book(stores, ASSIGNED)) == (1, 0)
    with stores.journal.read() as journal:
        (row,) = read_events(journal, ACCOUNT)
        assert read_reservations(journal, ACCOUNT) == []
    assert (row["event_id"], row["state"]) == (event_id(ACCOUNT, ASSIGNED.event()), "confirmed")
    assert len(row["booked"]) == 2


def test_what_is_not_proven_is_written_down_and_not_booked(stores: Stores) -> None:
    keep(stores, WAITING)
    assert book(stores, WAITING) == 0
    with stores.journal.read() as journal:
        (row,) = read_events(journal, ACCOUNT)
        assert len(read_reservations(journal, ACCOUNT)) == 1
    assert (row["state"], row["booked"]) == ("waiting", [])


def test_an_event_that_waited_is_confirmed_by_rows_that_come(stores: Stores) -> None:
    book(stores, WAITING)
    assert book(stores, ASSIGNED) == 1
    with stores.journal.read() as journal:
        (row,) = read_events(journal, ACCOUNT)
    assert (row["state"], row["basis"]) == ("confirmed", "record")


def trail(stores: Stores) -> list[tuple[str, str, object]]:
    with stores.journal.read() as journal:
        told = [(one, json.loads(one.detail)) for one in read_audit(journal, Wanted(action="option"))]
    return [(one.action, one.subject, detail["basis"]) for one, detail in told]


def test_the_evidence_of_an_event_is_in_the_audit_trail_once_for_each_change(stores: Stores) -> None:
    for case in (WAITING, WAITING, ASSIGNED, ASSIGNED):
        book(stores, case)
    symbol = ASSIGNED.option
    assert trail(stores) == [("option.waiting", symbol, "algebra"), ("option.confirmed", symbol, "record")]
    with stores.journal.read() as journal:
        (event,) = read_audit(journal, Wanted(action="option.confirmed"))
        assert verify_chain(journal).unbroken
    detail = json.loads(event.detail)
    assert (detail["outcome"], detail["confidence"], len(detail["booked"])) == ("assigned", "1.00", 2)
    assert (event.account_id, detail["run_id"]) == (ACCOUNT, RUN)
    assert detail["option_event"] == event_id(ACCOUNT, ASSIGNED.event())
