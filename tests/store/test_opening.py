from __future__ import annotations

from sqlalchemy import text

from tests.databases import Stores


def test_both_stores_open_and_take_a_transaction(stores: Stores) -> None:
    with stores.journal.write() as connection:
        assert connection.execute(text("SELECT count(*) FROM execution")).scalar() == 0
    with stores.warehouse.write() as connection:
        assert connection.execute(text("SELECT count(*) FROM book_position")).scalar() == 0
    stores.warehouse.publish()
    with stores.warehouse.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM book_cash")).scalar() == 0
