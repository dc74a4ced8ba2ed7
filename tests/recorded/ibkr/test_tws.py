"""Frames of a real TWS, read by the real client library, become the records they mean."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from brokers.http.fields import Row
from brokers.ibkr.parse.account import position
from brokers.ibkr.parse.executions import execution, newest
from brokers.ibkr.parse.orders import order_report
from brokers.ibkr.rows import completed_row, execution_row, order_row, position_row
from brokers.ibkr.sdk import ibi, note_orders
from brokers.ibkr.tape import Tape
from tieout.instruments import AssetClass, Instrument
from tieout.orders import OrderState, Side
from tieout.records import RecordStatus

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


def nobody(_: int) -> Instrument:
    raise AssertionError("no combination is recorded")


@pytest.fixture
def recordings(fixtures_dir: Path) -> Path:
    return fixtures_dir / "ib_tws"


def heard(file: Path, version: int, then: Callable[[Any], object]) -> tuple[Any, Tape]:
    """What the library makes of the server's frames, and every frame on tape."""
    frames = [one["fields"] for one in json.loads(file.read_text())["frames"] if one["from"] == "server"]

    async def play() -> tuple[Any, Tape]:
        ib, tape = ibi.IB(), Tape(lambda: NOW)
        ib.TimezoneTWS = "America/New_York"
        tape.listen(ib)
        ib.client.decoder.serverVersion = version
        ib.wrapper.startReq("completedOrders")
        ib.wrapper.clientId = 100
        ended: dict[int, tuple[str, str]] = {}
        note_orders(ib, ended)
        completed = ib.wrapper._results["completedOrders"]
        for fields in frames:
            ib.client.decoder.interpret(list(fields))
        ib.noted = (completed, ended)
        return then(ib), tape

    return asyncio.run(play())


def test_a_short_stock_and_a_future_whose_cost_counts_the_multiplier_in(recordings: Path) -> None:
    rows, tape = heard(
        recordings / "positions_and_summary_sv173.json",
        173,
        lambda ib: [position_row(one, None) for one in ib.positions()],
    )

    short, future = (position(row) for row in rows)
    assert (short.instrument.symbol, short.quantity, short.side) == ("AAPL", Decimal(-110), "short")
    assert short.cost_basis == Decimal("201.8829709") * -110
    assert (future.instrument.asset_class, future.instrument.symbol) == (AssetClass.FUTURE, "ES 2025-09-19")
    assert (future.instrument.multiplier, future.avg_entry_price) == (Decimal(50), Decimal("6302.295"))
    assert tape.faults == []
    assert [one.part for one in tape.answers] == ["clock", "positions", "account"]


@pytest.mark.parametrize("version", [157, 169])
def test_an_order_from_its_acceptance_to_its_commission(recordings: Path, version: int) -> None:
    (trade, fills), tape = heard(
        recordings / "market_order_filled_2023.json",
        version,
        lambda ib: ([order_row(one) for one in ib.trades()], [execution_row(one) for one in ib.fills()]),
    )

    (row,) = trade
    report = order_report(row, nobody)
    assert (report.state, report.filled_quantity, report.average_fill_price) == (
        OrderState.FILLED,
        Decimal(100),
        Decimal("196.52"),
    )
    assert (report.broker_order_id, report.client_order_id) == ("1376327563", None)  # no reference: by another program
    ((fill, before),) = newest(fills)
    traded = execution(fill, before)
    assert (traded.execution_id, traded.side, traded.fee) == ("00025b46.63f8f39c.01", Side.BUY, Decimal("1.0"))
    assert traded.executed_at == datetime(2023, 2, 24, 17, 4, 56, tzinfo=UTC)  # two blanks and no zone: New York
    assert traded.status is RecordStatus.EXECUTED
    assert tape.faults == []


@pytest.mark.parametrize("version", [157, 169])
def test_a_completed_order_states_what_filled_and_not_what_was_wanted(recordings: Path, version: int) -> None:
    (trades, ended), tape = heard(recordings / "completed_order_filled_2023.json", version, lambda ib: ib.noted)

    (row,) = [completed_row(one, ended[one.order.permId]) for one in trades]
    report = order_report(row, nobody, completed=True)
    assert (report.state, report.quantity, report.filled_quantity) == (OrderState.FILLED, Decimal(100), Decimal(100))
    assert report.updated_at == datetime(2023, 3, 6, 20, 28, 30, tzinfo=UTC)
    assert isinstance(row, Row)
    assert row.values["completedStatus"] == "Filled Size: 100"
    assert tape.faults == []
