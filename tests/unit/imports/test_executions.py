"""Trades from a file of our own plain shape."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tests.unit.imports.files import NYSE, source
from tieout.errors import DataError
from tieout.imports.executions import read_executions
from tieout.orders import Side
from tieout.records import Execution

HEADER = "executed_at,asset_class,symbol,side,quantity,price,currency,fee,fee_currency,execution_id\n"


def read(rows: str) -> list[Execution]:
    batch = read_executions(source(HEADER + rows, "trades.csv"), signed_off_by="desk", sessions=NYSE)
    return [one.record for one in batch.records if isinstance(one.record, Execution)]


def test_a_trade_is_read_with_its_fee_and_id() -> None:
    (trade,) = read("2026-01-15T10:30:00-05:00,equity,aapl,SELL,1.5,182.25,USD,0.02,,EX-1\n")

    assert (trade.execution_id, trade.side, trade.instrument.symbol) == ("EX-1", Side.SELL, "AAPL")
    assert (trade.quantity, trade.price) == (Decimal("1.5"), Decimal("182.25"))
    assert (trade.fee, trade.fee_currency) == (Decimal("0.02"), "USD")
    assert trade.executed_at.astimezone(UTC) == datetime(2026, 1, 15, 15, 30, tzinfo=UTC)


def test_a_date_alone_stands_for_its_session() -> None:
    (trade,) = read("2026-01-15,equity,AAPL,buy,1,1,USD,,,\n")

    assert NYSE.business_date(trade.executed_at).isoformat() == "2026-01-15"


def test_equal_rows_without_ids_are_trades_of_their_own_and_always_the_same_ones() -> None:
    rows = "2026-01-15,equity,AAPL,buy,1,1,USD,,,\n"
    first, second = read(rows * 2)

    assert first.execution_id != second.execution_id
    assert read(rows)[0].execution_id == first.execution_id
    assert read(rows.replace("buy,1,1,", "buy,1.0,1.00,"))[0].execution_id == first.execution_id


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("2026-01-15T10:30:00,equity,AAPL,buy,1,1,USD,,,", "needs its time zone"),
        ("noon,equity,AAPL,buy,1,1,USD,,,", "executed_at must be a moment"),
        ("2026-01-17,equity,AAPL,buy,1,1,USD,,,", "line 2: "),
        ("2026-01-15,equity,AAPL,hold,1,1,USD,,,", "side must be buy or sell"),
        ("2026-01-15,equity,AAPL,buy,-1,1,USD,,,", "quantity counts up from zero"),
        ("2026-01-15,cash,USD,buy,1,1,USD,,,", "USD: cash is a balance, not an instrument that is held"),
        ("2026-01-15,equity,A?,buy,1,1,USD,,,", "has characters no venue uses"),
        (
            "2026-01-15,equity,A,buy,1,1,USD,,,X\n2026-01-15,equity,A,buy,1,1,USD,,,X",
            "line 3: execution_id X is already",
        ),
    ],
)
def test_a_bad_line_stops_the_file_and_is_named(row: str, said: str) -> None:
    with pytest.raises(DataError) as error:
        read(row + "\n")
    assert said in str(error.value)
