from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData, insert, text

from sql import migrations
from sql.journal import Journal
from sql.schema import journal as journal_schema
from sql.schema import warehouse as warehouse_schema
from sql.warehouse import Warehouse
from tests.databases import FileTemplate, PostgresTemplate, Stores, open_stores
from tieout.errors import ConfigError, StoreError, StoreVersionError

SHARED = {"account", "instrument"}


def differences(connection: Connection, store: str, metadata: MetaData) -> list[Any]:
    """What Alembic would still change to make the database what the schema says."""

    def ours(name: str | None, kind: str, _parents: Any) -> bool:
        return kind != "table" or name in metadata.tables

    context = MigrationContext.configure(
        connection, opts={"include_name": ours, "version_table": migrations.version_table(store)}
    )
    return list(compare_metadata(context, metadata))


def test_the_migrated_journal_is_what_the_schema_says(stores: Stores) -> None:
    with stores.journal.write() as connection:
        assert differences(connection, "journal", journal_schema.metadata) == []


def test_the_migrated_warehouse_has_the_tables_and_columns_of_the_schema(stores: Stores) -> None:
    with stores.warehouse.write() as connection:
        for table in warehouse_schema.metadata.sorted_tables:
            found = connection.exec_driver_sql(f'SELECT * FROM "{table.name}" LIMIT 0').keys()
            assert sorted(found) == sorted(column.name for column in table.columns), table.name
        if stores.warehouse.dialect == "duckdb":
            assert null_rules(connection) == {
                (table.name, column.name): not column.nullable
                for table in warehouse_schema.metadata.sorted_tables
                for column in table.columns
            }


def null_rules(connection: Connection) -> dict[tuple[str, str], bool]:
    rows = connection.execute(text("SELECT table_name, column_name, NOT is_nullable FROM duckdb_columns()"))
    known = warehouse_schema.metadata.tables
    return {(row[0], row[1]): row[2] for row in rows if row[0] in known}


@pytest.mark.parametrize("store", ["journal", "warehouse"])
def test_the_files_are_one_chain_from_the_first_version_to_the_last(store: str) -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent / store))
    chain = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    assert tuple(reversed(chain)) == migrations.revisions(store)


def test_both_stores_live_in_one_database_whichever_is_opened_first(postgres: PostgresTemplate) -> None:
    for first, second in ((Journal, Warehouse), (Warehouse, Journal)):
        url = postgres.empty()
        first.open(url).close()
        second.open(url).close()
        journal = Journal.open(url)
        with journal.write() as connection:
            assert differences(connection, "journal", journal_schema.metadata) == []
            assert migrations.read_version(connection, "journal") == migrations.revisions("journal")[-1]
            assert migrations.read_version(connection, "warehouse") == migrations.revisions("warehouse")[-1]
        journal.close()


def test_opening_again_keeps_what_is_there(stores: Stores) -> None:
    row = {"account_id": "a", "broker": "b", "mode": "paper", "base_currency": "USD", "calendar": "XNYS"}
    with stores.journal.write() as connection:
        connection.execute(insert(journal_schema.account), row)
    again = open_stores(stores.journal_url, stores.warehouse_url)
    with again.journal.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM account")).scalar() == 1
    again.close()


def set_version(connection: Connection, store: str, version: str) -> None:
    connection.execute(
        text(f"UPDATE {migrations.version_table(store)} SET version_num = :version"), {"version": version}
    )


def test_a_journal_from_a_newer_version_is_refused_and_left_alone(stores: Stores) -> None:
    newest = migrations.revisions("journal")[-1]
    with stores.journal.write() as connection:
        set_version(connection, "journal", "0999")
    with pytest.raises(StoreVersionError, match=rf"at version 0999, this program knows versions up to {newest}"):
        Journal.open(stores.journal_url)
    with pytest.raises(StoreVersionError, match="update this installation"):
        Journal.open(stores.journal_url)


def test_a_warehouse_from_a_newer_version_is_refused_and_left_alone(stores: Stores) -> None:
    newest = migrations.revisions("warehouse")[-1]
    with stores.warehouse.write() as connection:
        set_version(connection, "warehouse", "0999")
    if stores.warehouse.dialect == "duckdb":
        with pytest.raises(StoreVersionError, match="0999"), stores.warehouse.write():
            pass
    with pytest.raises(StoreVersionError, match=rf"at version 0999, this program knows versions up to {newest}"):
        Warehouse.open(stores.warehouse_url)


def test_a_migration_that_dies_half_way_leaves_nothing_and_is_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal_url, warehouse_url = FileTemplate.urls(tmp_path)
    real = migrations.upgrade

    def die_at_the_end(connection: Connection, store: str) -> None:
        real(connection, store)
        raise KeyboardInterrupt

    monkeypatch.setattr(migrations, "upgrade", die_at_the_end)
    for kind, url in ((Journal, journal_url), (Warehouse, warehouse_url)):
        with pytest.raises(KeyboardInterrupt):
            kind.open(url)
    monkeypatch.undo()
    open_stores(journal_url, warehouse_url).close()


def test_a_later_migration_keeps_the_rows_that_are_there(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    """An older program's database is brought up to date: here the next version is one that the test makes up."""
    when = datetime(2026, 1, 15, tzinfo=UTC)
    row = {
        "instrument_id": 1,
        "business_date": when.date(),
        "price": Decimal("1.23"),
        "currency": "USD",
        "source": "test",
        "priced_at": when,
    }
    with stores.warehouse.write() as connection:
        connection.execute(insert(warehouse_schema.price), row)
    stores.warehouse.publish()
    known = migrations.revisions("warehouse")
    upgraded: list[str] = []

    def add_a_table(connection: Connection, store: str) -> None:
        connection.execute(text("CREATE TABLE later (a INT)"))
        set_version(connection, store, "0998")
        upgraded.append(store)

    monkeypatch.setattr(migrations, "revisions", lambda store: (*known, "0998") if store == "warehouse" else known)
    monkeypatch.setattr(migrations, "upgrade", add_a_table)
    if stores.warehouse.dialect == "duckdb":
        with pytest.raises(StoreError, match="older than this program"), stores.warehouse.write():
            pass
    newer = Warehouse.open(stores.warehouse_url)
    with newer.read() as connection:
        assert connection.execute(text("SELECT price FROM price")).scalar() == Decimal("1.23")
        assert connection.execute(text("SELECT count(*) FROM later")).scalar() == 0
    assert upgraded == ["warehouse"]
    Warehouse.open(stores.warehouse_url).close()
    assert upgraded == ["warehouse"]
    newer.close()


def test_opening_migrated_stores_imports_no_alembic(file_stores: Stores) -> None:
    program = (
        "import sys; from sql.journal import Journal; from sql.warehouse import Warehouse; "
        f"Journal.open({file_stores.journal_url!r}); Warehouse.open({file_stores.warehouse_url!r}); "
        "print([name for name in ('alembic', 'pandas', 'pyarrow') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("not a url", "is not a database URL"),
        ("mysql://host/db", "mysql cannot be used here"),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
        ("duckdb:///data/x.duckdb", "duckdb cannot be used here; write sqlite:///"),
    ],
)
def test_a_journal_url_that_cannot_be_one_is_refused(url: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        Journal.open(url)


def test_a_warehouse_in_memory_or_in_sqlite_is_refused() -> None:
    with pytest.raises(ConfigError, match="needs a file"):
        Warehouse.open("duckdb:///:memory:")
    with pytest.raises(ConfigError, match="sqlite cannot be used here; write duckdb:///"):
        Warehouse.open("sqlite:///x.sqlite")


def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    url = "postgresql+psycopg://desk:test-secret@127.0.0.1:1/book"
    with pytest.raises(StoreError, match=r"postgresql\+psycopg://desk:\*\*\*@127\.0\.0\.1:1/book") as refused:
        Journal.open(url)
    assert "test-secret" not in str(refused.value)
