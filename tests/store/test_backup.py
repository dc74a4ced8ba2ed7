"""Backup and restore, on files and on PostgreSQL: what comes back is what was there, and nobody acts on it unasked."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from sql.audit import append, read_head, verify_chain
from sql.backup.make import make, urls
from sql.backup.restore import Wish, open_backup, read_holders, restore
from sql.breakers import read_breakers
from sql.leases import Lease, acquire, check_token
from sql.planned import read_planned, write_planned
from sql.replay import replay
from sql.schema import journal as journal_tables
from sql.schema import warehouse as warehouse_tables
from sql.schema.journal import audit_event
from sql.schema.warehouse import price
from tests.databases import FileTemplate, PostgresTemplate, Stores, open_stores
from tests.recon_world import AAPL, MON, World, at, fill, xnys
from tests.store.workers import ROWS, append_to_audit_until_killed, write_warehouse_until_killed
from tieout.backup import MANIFEST, TOKENS_AHEAD, Manifest, Part
from tieout.breakers import TradingState
from tieout.errors import DataError, StoreError
from tieout.ids import AccountId, RunId
from tieout.planning.keep import Kept, PlanState

NOW = at(MON, "22:00")
CHANGED = {"lease", "breaker", "order_event", "audit_event", "audit_chain"}  # by the restore itself


@dataclass(frozen=True)
class Desk:
    """Two stores, and two places that are empty yet."""

    stores: Stores
    folder: Path
    empty: tuple[str, str]

    def backup(self, name: str = "copy") -> tuple[Path, Manifest]:
        folder = self.folder / name
        folder.mkdir()
        places = urls(self.stores.journal_url, self.stores.warehouse_url)
        return folder, make(self.stores.journal, self.stores.warehouse, places, folder, "0.1.0", NOW)

    def restore(self, root: Path, to: tuple[str, str] | None = None, *, overwrite: bool = False) -> tuple[Path, ...]:
        places = urls(*(to or self.empty))
        return restore(open_backup(root, places), root, places, Wish(root.name, "desk", overwrite, NOW))


@pytest.fixture
def desk(stores: Stores, tmp_path: Path, request: pytest.FixtureRequest) -> Desk:
    if stores.journal.dialect == "sqlite":
        return Desk(stores, tmp_path, FileTemplate.urls(tmp_path / "restored"))
    postgres: PostgresTemplate = request.getfixturevalue("postgres")
    url = postgres.empty()
    return Desk(stores, tmp_path, (url, url))


@pytest.fixture
def opened(desk: Desk) -> Iterator[Callable[[], Stores]]:
    """Calling it opens what was restored."""
    made: list[Stores] = []

    def open_them() -> Stores:
        made.append(open_stores(*desk.empty))
        return made[-1]

    yield open_them
    for one in made:
        one.close()


def a_closed_day(stores: Stores) -> RunId:
    """Something in every corner: a book, a trade, a snapshot, breaks, and a run."""
    world = World(stores)
    world.open_with(10_000, {AAPL: 10})
    world.book(fill("x0", AAPL, -1, 100, MON))
    run = world.see(MON, {AAPL: 12}, 10_100, prices={"AAPL": "25"})
    world.close(MON, run)
    note(stores, "first")
    stores.warehouse.publish()
    return RunId(run[0])


def note(stores: Stores, subject: str) -> None:
    with stores.journal.write() as journal:
        append(journal, actor="desk", action="test.done", subject=subject, detail={"a": 1}, now=NOW)


def content(stores: Stores) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table but those that a restore itself writes."""
    found = {}
    for store, metadata in ((stores.journal, journal_tables.metadata), (stores.warehouse, warehouse_tables.metadata)):
        with store.read() as connection:
            for table in metadata.sorted_tables:
                if table.name not in CHANGED:
                    rows = connection.execute(select(table)).all()
                    found[f"{metadata is journal_tables.metadata} {table.name}"] = sorted(map(tuple, rows), key=repr)
    return found


def test_what_comes_back_is_what_was_there_and_a_run_replays_to_the_same_bytes(
    desk: Desk, opened: Callable[[], Stores]
) -> None:
    run = a_closed_day(desk.stores)
    before = replay(desk.stores.journal, desk.stores.warehouse, run, xnys())
    root, manifest = desk.backup()
    note(desk.stores, "after the backup")

    desk.restore(root)

    restored = opened()
    again = replay(restored.journal, restored.warehouse, run, xnys())
    assert again.same, again.difference
    assert again.replayed_sha256 == before.replayed_sha256 == before.recorded_sha256
    assert content(restored) == content(desk.stores)
    with restored.journal.read() as journal:
        assert verify_chain(journal).unbroken
        subjects = list(journal.execute(select(audit_event.c.subject).order_by(audit_event.c.event_id)).scalars())
        assert read_head(journal).number > manifest.head.number
    assert "first" in subjects
    assert "after the backup" not in subjects
    assert subjects[-1] == "copy"  # the restore itself


def test_after_a_restore_nobody_trades_and_no_token_of_before_is_good(desk: Desk, opened: Callable[[], Stores]) -> None:
    with desk.stores.journal.write() as journal:
        acquire(journal, "a:flow:day", "somebody", NOW, timedelta(minutes=10))
    root, _ = desk.backup()
    with desk.stores.journal.write() as journal:  # granted twice more after the backup
        acquire(journal, "a:flow:day", "another", NOW + timedelta(hours=1), timedelta(minutes=10))
        zombie = acquire(journal, "a:flow:day", "zombie", NOW + timedelta(hours=2), timedelta(minutes=10))

    desk.restore(root)

    restored = opened()
    with restored.journal.write() as journal:
        (halted,) = read_breakers(journal)
        assert halted.effect is TradingState.HALTED
        assert "restored as of 2026-01-12 22:00:00 UTC" in halted.reason
        assert read_holders(journal, NOW) == []
        heirs = [acquire(journal, "a:flow:day", f"heir {n}", NOW, timedelta(0)) for n in range(3)]
        assert heirs[0].token == TOKENS_AHEAD + 2
        assert zombie.token not in {one.token for one in heirs}
        with pytest.raises(StoreError, match="no longer valid"):
            check_token(journal, Lease("a:flow:day", "zombie", zombie.token))


def test_stores_that_hold_something_are_replaced_only_when_asked_for(desk: Desk) -> None:
    a_closed_day(desk.stores)
    root, _ = desk.backup()
    note(desk.stores, "after the backup")
    there = (desk.stores.journal_url, desk.stores.warehouse_url)
    with pytest.raises(StoreError, match="nothing was restored"):
        desk.restore(root, there)
    with desk.stores.journal.read() as journal:
        assert "after the backup" in journal.execute(select(audit_event.c.subject)).scalars().all()
    expected = content(desk.stores)
    desk.stores.close()

    kept = desk.restore(root, there, overwrite=True)

    again = open_stores(*there)
    assert content(again) == expected
    with again.journal.read() as journal:
        assert "after the backup" not in journal.execute(select(audit_event.c.subject)).scalars().all()
    again.close()
    if desk.stores.journal.dialect == "sqlite":
        assert [one.name.partition(".before-restore-")[0] for one in kept] == ["tieout.duckdb", "journal.sqlite"]
        with closing(sqlite3.connect(kept[1])) as old:
            found = old.execute("SELECT count(*) FROM audit_event WHERE subject = 'after the backup'").fetchone()
        assert found == (1,)


def test_what_was_planned_after_the_backup_is_gone_whoever_made_the_backup(desk: Desk) -> None:
    root, manifest = desk.backup()
    with desk.stores.journal.write() as journal:
        row = Kept("eod:a:day", "eod", "", AccountId("a"), MON, NOW, PlanState.BEGUN, "id")
        write_planned(journal, [row], NOW)
    there = (desk.stores.journal_url, desk.stores.warehouse_url)
    desk.stores.close()
    forgetful = replace(manifest, parts=tuple(map(without_plan, manifest.parts)))  # as a program without it would
    places = urls(*there)

    restore(forgetful, root, places, Wish(root.name, "desk", overwrite=True, now=NOW))

    again = open_stores(*there)
    with again.journal.read() as journal:
        assert read_planned(journal, [AccountId("a")], MON) == {}
    again.close()


def without_plan(part: Part) -> Part:
    return replace(part, files=tuple(one for one in part.files if "planned_run" not in one.name))


def test_a_damaged_backup_is_refused_whole(desk: Desk) -> None:
    a_closed_day(desk.stores)
    root, manifest = desk.backup()
    for member in manifest.members:
        path = root / member.name
        whole = path.read_bytes()
        for damaged in (whole[:-1], whole[:-1] + bytes([whole[-1] ^ 1]), None):
            if damaged is None:
                path.unlink()
            else:
                path.write_bytes(damaged)
            with pytest.raises(DataError, match=f"damaged, nothing was restored: {member.name}"):
                desk.restore(root)
        path.write_bytes(whole)
    (root / "more.csv").write_text("a\n")
    with pytest.raises(DataError, match=r"more\.csv does not belong to it"):
        desk.restore(root)
    (root / MANIFEST).unlink()
    with pytest.raises(DataError, match="it is no backup or a damaged one"):
        desk.restore(root)


def test_a_trail_that_was_broken_before_the_backup_is_not_restored(desk: Desk) -> None:
    for number in range(3):
        note(desk.stores, str(number))
    with desk.stores.journal.write() as journal:
        journal.exec_driver_sql("UPDATE audit_event SET subject = 'edited' WHERE event_id = 2")
    root, _ = desk.backup()

    with pytest.raises(DataError, match=r"audit trail is broken, nothing was restored: event 2 edited"):
        desk.restore(root)

    if desk.stores.journal.dialect == "sqlite":
        assert not any(Path(one.partition("///")[2]).exists() for one in desk.empty)


def test_a_backup_that_a_newer_program_made_is_refused(desk: Desk) -> None:
    root, _ = desk.backup()
    text = (root / MANIFEST).read_text()
    newest = max(part for part in text.split('"') if part.startswith("00") and len(part) == 4)
    (root / MANIFEST).write_text(text.replace(f'"{newest}"', '"9999"'))

    with pytest.raises(DataError, match="at version 9999, this program knows up to"):
        desk.restore(root)


def test_an_open_journal_is_not_replaced_under_its_reader(file_stores: Stores, tmp_path: Path) -> None:
    there = (file_stores.journal_url, file_stores.warehouse_url)
    desk = Desk(file_stores, tmp_path, there)
    note(file_stores, "first")
    root, _ = desk.backup()
    with file_stores.journal.read() as reader:
        reader.execute(select(audit_event)).all()
        with pytest.raises(StoreError, match="open in another program"):
            desk.restore(root, there, overwrite=True)
    note(file_stores, "still there")
    assert list(Path(there[1].partition("///")[2]).parent.glob("*.before-restore-*")) == []  # nor is the warehouse


def test_copies_made_while_others_write_agree_with_each_other(
    desk: Desk, opened: Callable[[], Stores], processes: ForkServerContext
) -> None:
    told, ours = processes.Pipe(duplex=False)
    writers = [
        processes.Process(target=append_to_audit_until_killed, args=(desk.stores.journal_url, "w", ours)),
        processes.Process(target=write_warehouse_until_killed, args=(desk.stores.warehouse_url, 1, ours)),
    ]
    for one in writers:
        one.start()
    ours.close()
    words: list[tuple[str, int]] = []
    while {"published", "appended"} - {word for word, _ in words}:
        words.append(told.recv())
    appended = max(number for word, number in words if word == "appended")
    root, _ = desk.backup()
    for one in writers:
        one.kill()
        one.join()

    desk.restore(root)

    restored = opened()
    with restored.journal.read() as journal:
        rows = journal.execute(select(func.count()).where(audit_event.c.actor == "w")).scalar_one()
        assert rows > appended
    with restored.warehouse.read() as warehouse:
        by_number = (
            warehouse.execute(select(func.count()).select_from(price).group_by(price.c.instrument_id)).scalars().all()
        )
        assert set(by_number) == {ROWS}  # no write is there in part
        assert by_number


def test_numbers_go_on_after_those_of_the_backup(desk: Desk, opened: Callable[[], Stores]) -> None:
    for number in range(3):
        note(desk.stores, str(number))
    root, _ = desk.backup()
    desk.restore(root)

    restored = opened()
    with restored.journal.write() as journal:  # numbered by the store itself, as every event but the trail's is
        table = journal_tables.order_event
        values = {"account_id": "a", "event": "test", "at": NOW, "detail": {}}
        journal.execute(insert(table).values(values))
        numbers = journal.execute(select(table.c.event_id).order_by(table.c.event_id)).scalars().all()
    assert len(set(numbers)) == len(numbers) == 2  # the halt's own and this one
