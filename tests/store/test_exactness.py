from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select

from sql.bulk import arrow_table, insert_arrow
from sql.schema.journal import activity
from sql.schema.warehouse import price
from tests.databases import Stores
from tieout.errors import Malformed, StoreError

VALUES = 2_000
WHEN = datetime(2026, 1, 15, 21, 30, 15, 123_456, tzinfo=UTC)


def wide_decimals(seed: int) -> list[Decimal]:
    """38 random digits each, 18 of them behind the point, and the edges."""
    rng = random.Random(seed)
    edge = "9" * 20 + "." + "9" * 18
    digits = ("".join(rng.choices("0123456789", k=38)) for _ in range(VALUES - 4))
    drawn = [f"{rng.choice('+-')}{text[:20]}.{text[20:]}" for text in digits]
    return [Decimal(text) for text in (edge, f"-{edge}", "1E-18", "0", *drawn)]


def activity_row(seq: int, amount: Decimal) -> dict[str, Any]:
    return {
        "account_id": "a",
        "activity_id": f"id-{seq}",
        "revision": 0,
        "seq": seq,
        "kind": "fee",
        "quantity": Decimal(0),
        "amount": amount,
        "currency": "USD",
        "occurred_at": WHEN,
        "business_date": WHEN.date(),
        "status": "executed",
        "venue_kind": "",
        "description": "",
        "source": "import",
        "recorded_at": WHEN,
    }


def price_row(number: int, value: Decimal) -> dict[str, Any]:
    return {
        "instrument_id": number,
        "business_date": WHEN.date(),
        "price": value,
        "currency": "USD",
        "source": "test",
        "priced_at": WHEN,
    }


def prices(connection: Connection) -> list[Decimal]:
    return list(connection.execute(select(price.c.price).order_by(price.c.instrument_id)).scalars())


def test_decimals_of_38_digits_come_back_from_the_journal_as_they_went_in(stores: Stores) -> None:
    values = wide_decimals(1)
    with stores.journal.write() as connection:
        connection.execute(insert(activity), [activity_row(seq, value) for seq, value in enumerate(values)])
    with stores.journal.read() as connection:
        assert list(connection.execute(select(activity.c.amount).order_by(activity.c.seq)).scalars()) == values


def test_decimals_of_38_digits_come_back_from_a_bulk_insert_as_they_went_in(stores: Stores) -> None:
    values = wide_decimals(2)
    with stores.warehouse.write() as connection:
        rows = arrow_table(price, (price_row(number, value) for number, value in enumerate(values)))
        assert insert_arrow(connection, price, rows) == VALUES
        assert prices(connection) == values


def test_decimals_of_38_digits_come_back_from_single_inserts_as_they_went_in(stores: Stores) -> None:
    values = wide_decimals(3)[:200]
    with stores.warehouse.write() as connection:
        connection.execute(insert(price), [price_row(number, value) for number, value in enumerate(values)])
        assert prices(connection) == values


@pytest.mark.parametrize("number", [1.5, Decimal("NaN"), Decimal("Infinity"), Decimal(10) ** 20, Decimal("1E-19")])
def test_a_number_that_would_not_come_back_is_refused(stores: Stores, number: Any) -> None:
    with pytest.raises(Malformed):
        arrow_table(price, [price_row(1, number)])
    with pytest.raises(Malformed), stores.journal.write() as connection:
        connection.execute(insert(activity), activity_row(1, number))


def test_instants_are_stored_in_utc_whatever_zone_they_came_in(stores: Stores) -> None:
    elsewhere = WHEN.astimezone(timezone(timedelta(hours=-5)))
    with stores.journal.write() as connection:
        connection.execute(insert(activity), activity_row(1, Decimal(1)) | {"occurred_at": elsewhere})
        stored = connection.execute(select(activity.c.occurred_at)).scalar_one()
    with stores.warehouse.write() as connection:
        insert_arrow(connection, price, arrow_table(price, [price_row(1, Decimal(1)) | {"priced_at": elsewhere}]))
        measured = connection.execute(select(price.c.priced_at)).scalar_one()
    for found in (stored, measured):
        assert found == WHEN
        assert found.utcoffset() == timedelta(0)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(StoreError, match="without a zone"):
        arrow_table(price, [price_row(1, Decimal(1)) | {"priced_at": WHEN.replace(tzinfo=None)}])
