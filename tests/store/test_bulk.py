from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from sqlalchemy import func, select

from sql.bulk import arrow_schema, arrow_table, insert_arrow
from sql.schema.warehouse import metadata, price, snapshot, snapshot_order, snapshot_raw
from tests.databases import Stores
from tieout.errors import StoreError

WHEN = datetime(2026, 1, 15, 21, tzinfo=UTC)
ODD = 'odd "quoted", text\nwith ünï\\code \t and 🦆'


def order_row(**changed: Any) -> dict[str, Any]:
    row = {"snapshot_id": 1, "account_id": "a", "broker_order_id": "1", "filled_quantity": Decimal(0)}
    return row | {"state": "working", "venue_status": ""} | changed


def test_rows_come_back_as_they_went_in_nulls_blanks_and_odd_text_too(stores: Stores) -> None:
    rows = [order_row(venue_status=ODD), order_row(broker_order_id="2", side="buy", submitted_at=WHEN)]
    with stores.warehouse.write() as connection:
        assert insert_arrow(connection, snapshot_order, arrow_table(snapshot_order, rows)) == 2
        found = connection.execute(select(snapshot_order).order_by(snapshot_order.c.broker_order_id)).all()
    assert [row.venue_status for row in found] == [ODD, ""]
    assert [row.side for row in found] == [None, "buy"]
    assert [row.submitted_at for row in found] == [None, WHEN]
    assert found[0].quantity is None


def test_bytes_and_json_come_back_as_they_went_in(stores: Stores) -> None:
    body = bytes(range(256))
    raw = {"snapshot_id": 1, "part": "positions", "path": "/", "status": 200, "received_at": WHEN}
    head: dict[str, Any] = {
        "snapshot_id": 1,
        "account_id": "a",
        "business_date": date(2026, 1, 15),
        "captured_at": WHEN,
        "completeness": "complete",
        "status": "pending",
        "run_id": "r",
        "reads": 2,
        "positions": 0,
        "proof": {"b": Decimal("1.50"), "a": [ODD]},
        "unmapped": [],
    }
    with stores.warehouse.write() as connection:
        insert_arrow(connection, snapshot_raw, arrow_table(snapshot_raw, [raw | {"body": body}]))
        insert_arrow(connection, snapshot, arrow_table(snapshot, [head]))
        assert bytes(connection.execute(select(snapshot_raw.c.body)).scalar_one()) == body
        assert connection.execute(select(snapshot.c.proof)).scalar_one() == {"a": [ODD], "b": "1.5"}


def test_columns_may_come_in_any_order_and_left_out_ones_are_null(stores: Stores) -> None:
    whole = arrow_table(snapshot_order, [order_row()])
    part = whole.select(["venue_status", "state", "filled_quantity", "broker_order_id", "account_id", "snapshot_id"])
    with stores.warehouse.write() as connection:
        insert_arrow(connection, snapshot_order, part)
        assert connection.execute(select(snapshot_order.c.state)).scalar_one() == "working"


def test_more_rows_than_one_batch_arrive(stores: Stores) -> None:
    many = 250_000
    one = arrow_table(snapshot_order, [order_row()])
    with stores.warehouse.write() as connection:
        repeated = pa.Table.from_batches(one.take(pa.array([0] * many)).to_batches(max_chunksize=70_000))
        assert insert_arrow(connection, snapshot_order, repeated) == many
        assert connection.execute(select(func.count()).select_from(snapshot_order)).scalar_one() == many


def test_no_rows_are_no_work(stores: Stores) -> None:
    with stores.warehouse.write() as connection:
        assert insert_arrow(connection, price, arrow_table(price, [])) == 0


def test_a_bulk_insert_is_undone_with_its_transaction(stores: Stores) -> None:
    def fail_half_way() -> None:
        with stores.warehouse.write() as connection:
            insert_arrow(connection, snapshot_order, arrow_table(snapshot_order, [order_row()]))
            raise ValueError("on purpose")

    with pytest.raises(ValueError, match="on purpose"):
        fail_half_way()
    with stores.warehouse.write() as connection:
        assert connection.execute(select(func.count()).select_from(snapshot_order)).scalar_one() == 0


def test_every_table_of_the_warehouse_has_an_arrow_form() -> None:
    for table in metadata.tables.values():
        assert arrow_schema(table).names == [column.name for column in table.columns]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (order_row(colour="red"), "no column colour"),
        (order_row(state=None), "state may not be null"),
        (order_row(state=7), "state"),
        (order_row(snapshot_id=2**70), "snapshot_id"),
    ],
)
def test_a_row_that_does_not_fit_is_named(row: dict[str, Any], says: str) -> None:
    with pytest.raises(StoreError, match=says):
        arrow_table(snapshot_order, [row])


def test_an_arrow_column_that_the_table_lacks_is_named(stores: Stores) -> None:
    with stores.warehouse.write() as connection, pytest.raises(StoreError, match="no column colour"):
        insert_arrow(connection, price, pa.table({"colour": ["red"]}))


def test_bulk_rows_do_not_go_into_a_sqlite_journal(file_stores: Stores) -> None:
    rows = pa.table({"currency": ["USD"]})
    with file_stores.journal.write() as connection, pytest.raises(StoreError, match="belong in the warehouse"):
        insert_arrow(connection, price, rows)
