from __future__ import annotations

import gc
from pathlib import Path

import duckdb
import pytest
from sqlalchemy import Connection, func, select, text

from sql.bulk import arrow_table, insert_arrow
from sql.schema.warehouse import price
from sql.warehouse import Warehouse
from tests.databases import Stores
from tests.store.workers import ROWS, price_rows
from tieout.errors import StoreError


def write(warehouse: Warehouse, number: int) -> None:
    with warehouse.write() as connection:
        insert_arrow(connection, price, arrow_table(price, price_rows(0, number)))


def rows(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(price)).scalar_one()


def test_readers_see_a_write_once_it_is_published(warehouse: Warehouse) -> None:
    write(warehouse, 0)
    with warehouse.read() as connection:
        assert rows(connection) == 0
    warehouse.publish()
    with warehouse.read() as connection:
        assert rows(connection) == ROWS


def test_a_new_reader_sees_the_new_copy_while_an_old_one_still_reads(warehouse: Warehouse) -> None:
    with warehouse.read() as old:
        assert rows(old) == 0
        write(warehouse, 0)
        warehouse.publish()
        with warehouse.read() as new:
            assert rows(new) == ROWS
        assert rows(old) == 0


def test_anybody_may_open_the_published_file_by_itself(warehouse: Warehouse) -> None:
    write(warehouse, 0)
    warehouse.publish()
    with duckdb.connect(str(warehouse.published_path), read_only=True) as people:
        assert people.execute("SELECT count(*) FROM price").fetchall() == [(ROWS,)]
        write(warehouse, 1)
        warehouse.publish()


def test_publishing_what_is_published_leaves_the_file_alone(warehouse: Warehouse) -> None:
    write(warehouse, 0)
    warehouse.publish()
    assert warehouse.published_path is not None
    before = warehouse.published_path.stat().st_ino
    warehouse.publish()
    assert warehouse.published_path.stat().st_ino == before


def test_a_copy_that_a_killed_process_left_half_made_is_removed(warehouse: Warehouse) -> None:
    assert warehouse.published_path is not None
    left = warehouse.published_path.with_name(f"{warehouse.published_path.name}.4711.part")
    left.write_bytes(b"half a file")
    write(warehouse, 0)
    warehouse.publish()
    assert not left.exists()


def test_a_published_copy_that_was_removed_is_made_again(warehouse: Warehouse) -> None:
    write(warehouse, 0)
    assert warehouse.published_path is not None
    warehouse.published_path.unlink()
    with warehouse.read() as connection:
        assert rows(connection) == ROWS


def test_a_reader_cannot_write(stores: Stores) -> None:
    for store, statement in (
        (stores.warehouse, "DELETE FROM price"),
        (stores.journal, "DELETE FROM audit_event"),
    ):
        with pytest.raises(StoreError, match=r"(?i)read-?.?only"), store.read() as connection:
            connection.execute(text(statement))


def test_connections_left_open_inside_a_write_do_not_keep_the_file(warehouse: Warehouse) -> None:
    left: list[Connection] = []
    with warehouse.write() as connection:
        left.append(connection.engine.connect())
        assert rows(left[0]) == 0
    with duckdb.connect(str(database(warehouse))):
        pass  # another configuration than ours: impossible while a connection of ours is open
    left.clear()
    gc.collect()


def database(warehouse: Warehouse) -> Path:
    assert warehouse.published_path is not None
    return warehouse.published_path.with_name("tieout.duckdb")


def test_a_write_that_raises_is_undone(stores: Stores) -> None:
    def fail_half_way() -> None:
        with stores.warehouse.write() as connection:
            insert_arrow(connection, price, arrow_table(price, price_rows(0, 0)))
            raise ValueError("on purpose")

    with pytest.raises(ValueError, match="on purpose"):
        fail_half_way()
    with stores.warehouse.write() as connection:
        assert rows(connection) == 0


def test_a_write_inside_a_write_is_refused(warehouse: Warehouse) -> None:
    with warehouse.write(), pytest.raises(StoreError, match="inside a write"), warehouse.write():
        pytest.fail("a write waited for itself")


def test_writers_of_two_accounts_need_not_wait_for_each_other_on_a_server(stores: Stores) -> None:
    if stores.warehouse.dialect != "postgresql":
        pytest.skip("a file has one writer at a time")
    with stores.warehouse.write("a"), stores.warehouse.write("b") as connection:
        assert rows(connection) == 0
