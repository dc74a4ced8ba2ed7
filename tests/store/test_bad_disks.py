"""Full and read-only disks, damaged and locked files: a clear error, and nothing committed is lost."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, text

from sql.backup.make import make, urls
from sql.bulk import arrow_table, insert_arrow
from sql.journal import Journal
from sql.schema.journal import audit_event
from sql.schema.warehouse import price
from sql.warehouse import Warehouse
from tests.databases import FileTemplate, Stores
from tests.store.workers import WHEN, event_row, hold_duckdb, price_rows, write_with_limited_file_size
from tieout.backup import MANIFEST
from tieout.errors import StoreError

SMALL_MB = 24


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few megabytes."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SMALL_MB}m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("a small file system needs root and the right to mount")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def remount_read_only(folder: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)


def fill_up(folder: Path) -> Path:
    """Take all the space that is left, and return the file that does."""
    ballast = folder / "ballast"
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while file.write(b"x" * 65_536):
            pass
    return ballast


def write_journal(stores: Stores, times: int) -> None:
    for number in range(1, times):
        with stores.journal.write() as connection:
            connection.execute(insert(audit_event), event_row("disk", number))


def write_warehouse(stores: Stores, times: int) -> None:
    for number in range(1, times):
        with stores.warehouse.write() as connection:
            insert_arrow(connection, price, arrow_table(price, price_rows(number, 0) * 200))


def count(stores: Stores) -> tuple[int, int]:
    with stores.journal.read() as connection:
        events = connection.execute(select(func.count()).select_from(audit_event)).scalar_one()
    with stores.warehouse.write() as connection:
        prices = connection.execute(select(func.count()).select_from(price)).scalar_one()
    return events, prices


def commit_one_of_each(stores: Stores, number: int, rows: int = 1) -> None:
    with stores.journal.write() as connection:
        connection.execute(insert(audit_event), event_row("disk", number))
    with stores.warehouse.write() as connection:
        insert_arrow(connection, price, arrow_table(price, price_rows(0, number) * rows))


def test_a_full_disk_is_named_and_loses_nothing_that_was_committed(
    small_disk: Path, file_template: FileTemplate
) -> None:
    stores = file_template.copy_to(small_disk / "data")
    commit_one_of_each(stores, 0)
    before = count(stores)
    ballast = fill_up(small_disk)
    with pytest.raises(StoreError, match=r"the disk is full .*nothing committed is lost"):
        write_journal(stores, 1_000)
    with pytest.raises(StoreError, match=r"the disk is full .*nothing committed is lost"):
        write_warehouse(stores, 200)
    ballast.unlink()
    after = count(stores)
    assert after[0] >= before[0]
    assert after[1] >= before[1]
    commit_one_of_each(stores, 2_000)
    stores.warehouse.publish()
    with stores.warehouse.read() as connection:
        assert connection.execute(select(func.count()).select_from(price)).scalar_one() == count(stores)[1]
    stores.close()


def test_a_disk_too_full_to_publish_leaves_the_published_copy_as_it_was(
    small_disk: Path, file_template: FileTemplate
) -> None:
    stores = file_template.copy_to(small_disk / "data")
    commit_one_of_each(stores, 0)
    stores.warehouse.publish()
    commit_one_of_each(stores, 1)
    ballast = fill_up(small_disk)
    with pytest.raises(StoreError, match="the disk is full"):
        stores.warehouse.publish()
    with stores.warehouse.read() as connection:
        assert connection.execute(select(func.count()).select_from(price)).scalar_one() == len(price_rows(0, 0))
    ballast.unlink()
    stores.warehouse.publish()
    assert not list((small_disk / "data").glob("*.part"))
    stores.close()


def test_a_backup_that_the_disk_has_no_room_for_is_named_and_holds_nobody_up(
    small_disk: Path, file_stores: Stores
) -> None:
    commit_one_of_each(file_stores, 0)
    ballast = fill_up(small_disk)
    with ballast.open("r+b") as file:
        file.truncate(ballast.stat().st_size - 1_000_000)  # room for a part of it
    folder = small_disk / "copy"
    folder.mkdir()
    places = urls(file_stores.journal_url, file_stores.warehouse_url)
    with pytest.raises(StoreError, match="the disk is full"):
        make(file_stores.journal, file_stores.warehouse, places, folder, "0.1.0", WHEN)
    assert not (folder / MANIFEST).exists()  # so that nobody restores it
    commit_one_of_each(file_stores, 1)


def test_a_read_only_disk_is_named(small_disk: Path, file_template: FileTemplate) -> None:
    stores = file_template.copy_to(small_disk / "data")
    commit_one_of_each(stores, 0)
    stores.warehouse.publish()
    stores.close()
    remount_read_only(small_disk)
    for write in (stores.journal.write, stores.warehouse.write):
        with pytest.raises(StoreError, match=r"(?i)read-only"), write():
            pytest.fail("the disk took a write")
    with pytest.raises(StoreError, match=r"(?i)read-only"):
        stores.warehouse.publish()
    with stores.warehouse.read() as connection:  # people may still look
        assert connection.execute(select(func.count()).select_from(price)).scalar_one() == len(price_rows(0, 0))


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="folder for the database cannot be made"):
        Journal.open(f"sqlite:///{tmp_path}/file/journal.sqlite")


def test_a_journal_at_its_file_limit_keeps_what_was_committed(
    file_stores: Stores, processes: ForkServerContext
) -> None:
    told, ours = processes.Pipe(duplex=False)
    arguments = (file_stores.journal_url, 600_000, ours)
    process = processes.Process(target=write_with_limited_file_size, args=arguments)
    process.start()
    kind, message, committed = told.recv()
    process.join()
    assert kind == "StoreError"
    assert "the disk is full or a file reached its limit" in message
    with file_stores.journal.read() as connection:
        assert connection.execute(select(func.count()).select_from(audit_event)).scalar_one() == committed
        assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"


def test_a_file_that_is_no_database_is_named_and_left_alone(tmp_path: Path) -> None:
    garbage = b"not a database, but somebody's notes\n" * 1_000
    for kind, scheme in ((Journal, "sqlite"), (Warehouse, "duckdb")):
        path = tmp_path / f"notes.{scheme}"
        path.write_bytes(garbage)
        with pytest.raises(StoreError, match="damaged or no database"):
            kind.open(f"{scheme}:///{path}")
        assert path.read_bytes() == garbage


def test_a_program_that_has_the_file_open_is_named(file_stores: Stores, processes: ForkServerContext) -> None:
    ready, enough = processes.Event(), processes.Event()
    path = file_stores.warehouse_url.removeprefix("duckdb:///")
    process = processes.Process(target=hold_duckdb, args=(path, ready, enough))
    process.start()
    assert ready.wait(30)
    impatient = Warehouse.open(file_stores.warehouse_url, foreign_wait_s=0.0)
    with pytest.raises(StoreError, match=rf"locked by another program.*PID {process.pid}"), impatient.write():
        pytest.fail("two programs had the file")
    with file_stores.warehouse.read() as connection:  # readers are not in the way of anybody, nor anybody in theirs
        assert connection.execute(select(func.count()).select_from(price)).scalar_one() == 0
    enough.set()
    process.join()
    with file_stores.warehouse.write():
        pass


def test_a_warehouse_that_vanished_is_not_silently_begun_anew(file_stores: Stores) -> None:
    path = Path(file_stores.warehouse_url.removeprefix("duckdb:///"))
    path.unlink()
    for attempt in (
        lambda: file_stores.warehouse.write().__enter__(),
        file_stores.warehouse.publish,
        lambda: Warehouse.open(file_stores.warehouse_url),
    ):
        with pytest.raises(StoreError, match="is gone, but its published copy"):
            attempt()
    assert not path.exists()
