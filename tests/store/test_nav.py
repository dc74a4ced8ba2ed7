"""Net asset value of a close: as the broker states it, reckoned where it does not, left out where it cannot be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import select

from sql.nav import append_values
from sql.records import instrument_ids
from sql.rows import read_rows
from sql.schema import warehouse as tables
from tests.databases import Stores
from tests.store.test_snapshots import RUN, STOCK, a_snapshot, append
from tieout.ids import InstrumentId
from tieout.instruments import perpetual
from tieout.snapshots import Balance, Position

SWAP = perpetual("BTC", "USD", "USD")
SHORT = Position(SWAP, Decimal("-0.5"), Decimal(60_000), Decimal(59_000), Decimal(-29_500), None, Decimal(500), "short")


@pytest.fixture
def ids(stores: Stores) -> Mapping[str, InstrumentId]:
    with stores.journal.write() as connection:
        return instrument_ids(connection, [STOCK.instrument, SWAP])


@pytest.mark.parametrize(
    ("stated", "positions", "equity"),
    [
        (Decimal(2500), (STOCK, SHORT), [Decimal(2500)]),
        (None, (STOCK,), [Decimal("2585.5")]),
        (None, (SHORT,), [Decimal(1500)]),  # a contract adds its result, not its size
        (None, (replace(STOCK, market_value=None),), []),
        (None, (replace(SHORT, unrealized_pnl=None),), []),
        (None, (), [Decimal(1000)]),
    ],
)
def test_what_the_broker_states_or_cash_and_what_the_positions_add(
    stores: Stores,
    ids: Mapping[str, InstrumentId],
    stated: Decimal | None,
    positions: tuple[Position, ...],
    equity: list[Decimal],
) -> None:
    snapshot = a_snapshot(positions=positions, balances=(Balance("USD", Decimal(1000), None, stated),))
    snapshot_id = append(stores, ids, snapshot)

    with stores.warehouse.write() as warehouse:
        append_values(warehouse, snapshot_id, RUN, "alpaca")
        append_values(warehouse, snapshot_id, RUN, "alpaca")

        assert [one["equity"] for one in read_rows(warehouse, select(tables.nav))] == equity
