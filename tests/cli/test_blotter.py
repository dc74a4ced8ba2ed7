"""tieout blotter and tieout confirmations: on the screen, as CSV, as Parquet."""

from __future__ import annotations

import csv
from datetime import timedelta
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sql.records import append_executions
from tests.cli.conftest import Desk
from tests.databases import FileTemplate, open_stores
from tests.store.examples import ACCOUNT, EVENING, NOON, SESSIONS, a_fill
from tieout.ids import ClientOrderId


@pytest.fixture
def traded(desk: Desk) -> Desk:
    """An order filled in two, and a trade of the next day."""
    order = ClientOrderId("c-1")
    fills = [
        a_fill("e-1", client_order_id=order),
        a_fill("e-2", client_order_id=order, price=Decimal("150.75"), executed_at=NOON + timedelta(minutes=1)),
        a_fill("e-3", executed_at=NOON + timedelta(days=1)),
    ]
    stores = open_stores(*FileTemplate.urls(desk.folder / "data"))
    with stores.journal.write() as journal:
        append_executions(journal, ACCOUNT, fills, sessions=SESSIONS, source="order", now=EVENING)
    stores.close()
    return desk


def test_trades_are_listed_by_session(traded: Desk) -> None:
    (first, second) = traded.json("blotter", "--from", "2026-01-15", "--to", "2026-01-15")

    assert (first["execution_id"], first["net"], first["trade_date"]) == ("e-1", "-1502.52", "2026-01-15")
    assert second["price"] == "150.75"
    assert "e-3" in traded("blotter", "--account", "alpaca-main").stdout
    assert traded("blotter", "--from", "2026-02-01").stdout.strip() == "Nothing was traded."


def test_an_order_is_confirmed_with_its_average_price(traded: Desk) -> None:
    (one, other) = traded.json("confirmations")

    assert (one["quantity"], one["average_price"], one["fees"], one["executions"]) == ("20", "150.5", "0.04", 2)
    assert other["executions"] == 1
    assert "150.5" in traded("confirmations", "--to", "2026-01-15").stdout


def test_csv_holds_every_digit_and_parquet_the_types(traded: Desk) -> None:
    made = traded.json("blotter", "--from", "2026-01-15", "--to", "2026-01-16", "--format", "csv")
    assert made == {"file": "data/out/blotter/blotter_2026-01-15_2026-01-16.csv", "rows": 3}
    with (traded.folder / made["file"]).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert (rows[0]["gross"], rows[0]["fee"], rows[0]["settles_on"]) == ("1502.5", "0.02", "2026-01-16")
    assert rows[0]["executed_at"] == "2026-01-15T17:00:00.000000+00:00"

    traded("confirmations", "--format", "parquet", "--output", "c.parquet")
    table = pq.read_table(traded.folder / "c.parquet")
    assert table["gross"].to_pylist() == [Decimal("3010"), Decimal("1502.5")]
    assert table.schema.field("average_price").type == pa.decimal128(38, 18)
    assert table.schema.field("trade_date").type == pa.date32()
    assert "first_last.parquet: 2 rows" in traded("confirmations", "--format", "parquet").stdout


def test_a_file_of_another_kind_or_place_is_refused(traded: Desk) -> None:
    assert ".csv or .parquet" in traded("blotter", "--output", "b.xlsx", expect=1).stderr
    traded("blotter", "--output", "b.csv", "--format", "parquet", expect=2)
    (traded.folder / "file").write_text("")
    assert "cannot be written" in traded("blotter", "--output", "file/b.csv", expect=1).stderr
    assert "is not configured" in traded("blotter", "--account", "nope", expect=1).stderr
