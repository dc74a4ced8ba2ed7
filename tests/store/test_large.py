"""What large positions are measured from, in both stores."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from sqlalchemy import insert

from sql.large import note_findings, read_holdings, read_last_prices, read_told
from sql.records import instrument_ids
from sql.reference import mirror_reference
from sql.schema import warehouse as tables
from sql.snapshots import append_snapshot, set_status
from tests.databases import Stores
from tests.store.examples import AAPL, ACCOUNT, FRIDAY, MSFT, PUT, SESSIONS, THURSDAY, TUESDAY
from tests.store.test_snapshots import OPTION, STOCK, a_snapshot
from tieout.ids import AccountId, RunId
from tieout.instruments import crypto
from tieout.large import Finding, Holding, Level, Rule
from tieout.snapshots import Position, Snapshot, SnapshotStatus

NOW = datetime(2026, 1, 20, 22, tzinfo=UTC)
COIN = Position(crypto("BTC"), Decimal(1), None, Decimal(9), Decimal(9), None, side="long")


def keep(stores: Stores, snapshot: Snapshot, number: int, status: SnapshotStatus = SnapshotStatus.ACCEPTED) -> None:
    with stores.journal.write() as journal:
        ids = instrument_ids(journal, [AAPL, PUT, MSFT, COIN.instrument])
    with stores.journal.read() as journal, stores.warehouse.write() as warehouse:
        mirror_reference(journal, warehouse)
        run = RunId(f"run-{number}")
        made = append_snapshot(
            warehouse, snapshot, run_id=run, ids=ids, statement=None, baseline=None, sessions=SESSIONS
        )
        set_status(warehouse, made, status, None)
    stores.warehouse.publish()


def holdings(stores: Stores, until: date = TUESDAY) -> tuple[list[Holding], dict[AccountId, date]]:
    with stores.warehouse.read() as warehouse:
        return read_holdings(warehouse, until)


def test_shares_and_options_of_the_newest_accepted_snapshot_of_each_account(stores: Stores) -> None:
    other = AccountId("second")
    keep(stores, a_snapshot(positions=(STOCK, OPTION, COIN)), 1)
    keep(stores, a_snapshot(business_date=FRIDAY, positions=(replace(STOCK, quantity=Decimal(11)), OPTION)), 2)
    keep(stores, a_snapshot(business_date=TUESDAY, positions=()), 3, SnapshotStatus.QUARANTINED)
    keep(stores, a_snapshot(account_id=other, positions=(COIN,)), 4)

    found, days = holdings(stores)

    assert days == {ACCOUNT: FRIDAY, other: THURSDAY}
    assert sorted(found, key=lambda one: one.instrument.symbol) == [
        Holding(ACCOUNT, AAPL, Decimal(11), Decimal("1585.5")),
        Holding(ACCOUNT, PUT, Decimal(-2), None),
    ]
    assert holdings(stores, THURSDAY)[1] == {ACCOUNT: THURSDAY, other: THURSDAY}
    assert len(holdings(stores, THURSDAY)[0]) == 2


def test_the_last_price_of_each_symbol(stores: Stores) -> None:
    keep(stores, a_snapshot(), 1)
    with stores.journal.read() as journal:
        known = instrument_ids(journal, [AAPL])
    usual = {"instrument_id": known["AAPL"], "currency": "USD", "source": "test", "priced_at": NOW}
    rows = [
        usual | {"business_date": THURSDAY, "price": Decimal(150)},
        usual | {"business_date": FRIDAY, "price": Decimal(151)},
        usual | {"business_date": date(2026, 2, 2), "price": Decimal(999)},
    ]
    with stores.warehouse.write() as warehouse:
        warehouse.execute(insert(tables.price), rows)
    stores.warehouse.publish()

    with stores.warehouse.read() as warehouse:
        assert read_last_prices(warehouse, {"AAPL", "MSFT", "NONE"}, TUESDAY) == {"AAPL": Decimal(151)}
        assert read_last_prices(warehouse, (), TUESDAY) == {}


def test_how_a_finding_stood_last_is_remembered(stores: Stores) -> None:
    near = Finding(Rule.OWNED_SHARE, "AAPL", Decimal("0.04"), Decimal("0.05"), Level.NEAR)
    for one in (near, replace(near, level=Level.CROSSED), replace(near, subject="KO")):
        with stores.journal.write() as journal:
            note_findings(journal, [one], NOW)

    with stores.journal.read() as journal:
        assert read_told(journal) == {"13D/G share AAPL": Level.CROSSED, "13D/G share KO": Level.NEAR}
