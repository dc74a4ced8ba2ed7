"""tieout backup and restore: packed or as a folder, refused where that would destroy something, and told plainly."""

from __future__ import annotations

import os
import socket
import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sql.journal import Journal
from sql.leases import acquire
from tests.cli.conftest import Desk

POSITIONS = "asset_class,symbol,side,quantity,unit_cost,currency\nequity,KO,long,10,58.1,USD\ncash,USD,,100000,,USD\n"
JOURNAL, WAREHOUSE = Path("data/journal.sqlite"), Path("data/tieout.duckdb")


@pytest.fixture
def filled(desk: Desk) -> Desk:
    (desk.folder / "opening.csv").write_text(POSITIONS)
    desk("import", "positions", "opening.csv", "--as-of", "2026-02-27", "--signed-off-by", "desk")
    return desk


def held(desk: Desk) -> list[str]:
    return [one["action"] for one in desk.json("audit", "show")]


@pytest.mark.parametrize("name", ["copies/monday", "monday.tar", "monday.tar.gz"])
def test_what_was_lost_comes_back_and_trading_waits_for_a_person(filled: Desk, name: str) -> None:
    before = held(filled)
    assert f"{name}: 2 files" in filled("backup", name).stdout
    for path in (filled.folder / "data").iterdir():
        if path.is_file():
            path.unlink()

    told = filled("restore", name)

    assert "Restored: as of 2026-03-02 21:05:00 UTC" in told.stdout
    assert "Trading is halted in all accounts" in told.stderr
    assert held(filled)[: len(before)] == before
    assert held(filled)[-2:] == ["breaker.tripped", "store.restored"]
    assert filled("audit", "verify").stdout.startswith("unbroken")
    assert filled.json("breakers")[0]["reason"].startswith("the stores were restored as of 2026-03-02")


def test_stores_are_replaced_only_when_asked_for_and_kept_aside(filled: Desk) -> None:
    filled("backup", "monday")
    refused = filled("restore", "monday", expect=1)
    assert "is there already: nothing was restored" in refused.stderr
    assert held(filled)[-1] == "store.copied"

    told = filled.json("restore", "monday", "--overwrite")

    assert [Path(one).name.partition(".before")[0] for one in told["kept"]] == ["tieout.duckdb", "journal.sqlite"]
    assert all(Path(one).is_file() for one in told["kept"])
    assert held(filled)[-1] == "store.restored"


def test_a_backup_never_replaces_another(filled: Desk) -> None:
    filled("backup", "monday.tar")
    size = Path("monday.tar").stat().st_size
    assert "is there already" in filled("backup", "monday.tar", expect=1).stderr
    assert Path("monday.tar").stat().st_size == size
    assert [one.name for one in filled.folder.iterdir() if one.name.startswith(".backup")] == []


def test_a_cut_off_or_absent_backup_restores_nothing(filled: Desk) -> None:
    filled("backup", "monday.tar.gz")
    whole = Path("monday.tar.gz").read_bytes()
    Path("cut.tar.gz").write_bytes(whole[: len(whole) // 2])
    assert "damaged, nothing was restored" in filled("restore", "cut.tar.gz", "--overwrite", expect=1).stderr
    assert "there is no such backup" in filled("restore", "tuesday.tar", "--overwrite", expect=1).stderr
    assert held(filled)[-1] == "store.copied"


@pytest.mark.parametrize("name", ["monday.zip", "monday.7z", "monday.tar.bz2", "monday.TGZ", "monday.duckdb"])
def test_a_name_that_promises_another_kind_of_file_is_refused(filled: Desk, name: str) -> None:
    refused = filled("backup", name, expect=2)

    assert f"{name}: a backup is a folder" in refused.stderr
    assert not Path(name).exists()


def test_a_packed_backup_that_was_damaged_within_is_refused(filled: Desk) -> None:
    filled("backup", "monday.tar.gz")
    whole = bytearray(Path("monday.tar.gz").read_bytes())
    for place in range(len(whole) // 3, len(whole) // 3 + 400):
        whole[place] ^= 0xFF
    Path("bad.tar.gz").write_bytes(whole)

    refused = filled("restore", "bad.tar.gz", "--overwrite", expect=1)

    assert refused.stderr.startswith("tieout: bad.tar.gz: ")
    assert "damaged" in refused.stderr
    assert "nothing was restored" in refused.stderr


def test_a_damaged_journal_is_replaced(filled: Desk) -> None:
    filled("backup", "monday")
    with JOURNAL.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(JOURNAL.stat().st_size - 8192))
    for beside in ("-wal", "-shm"):
        Path(f"{JOURNAL}{beside}").unlink(missing_ok=True)

    filled("restore", "monday", "--overwrite")

    assert held(filled)[-1] == "store.restored"


def test_a_packed_backup_is_readable_by_its_owner_alone(filled: Desk) -> None:
    filled("backup", "monday.tar.gz")
    filled("backup", "monday")
    assert Path("monday.tar.gz").stat().st_mode & 0o077 == 0
    assert Path("monday").stat().st_mode & 0o077 == 0
    with tarfile.open("monday.tar.gz") as packed:
        assert {Path(one).name for one in packed.getnames()} >= {"manifest.json", "journal.sqlite", "warehouse.duckdb"}


def test_nothing_is_restored_while_a_run_is_at_work(filled: Desk) -> None:
    filled("backup", "monday")
    journal = Journal.open(f"sqlite:///{JOURNAL}")
    with journal.write() as connection:
        now = datetime(2026, 3, 2, 21, 5, tzinfo=UTC)
        acquire(connection, "a:flow:day", f"{socket.gethostname()}:{os.getpid()}:f:", now, timedelta(minutes=10))
    journal.close()

    refused = filled("restore", "monday", "--overwrite", expect=1)

    assert f"runs are at work: {socket.gethostname()}:{os.getpid()}" in refused.stderr
