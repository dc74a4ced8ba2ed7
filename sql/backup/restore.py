"""Putting a backup in the place of both stores: all of it is proven, then takes the names, and then nobody trades."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import URL, Connection, select, update

from sql import audit, migrations
from sql.audit import verify_chain
from sql.backup.files import copy_file, member, put_in_place, require_alone
from sql.backup.make import JOURNAL, WAREHOUSE
from sql.backup.tables import is_occupied, load
from sql.breakers import trip
from sql.engines import make_folder, postgres_engine
from sql.failures import told_clearly
from sql.journal import Journal, lock_migrations
from sql.reference import is_same
from sql.rows import read_rows
from sql.schema.journal import lease
from sql.warehouse import Warehouse
from tieout.backup import MANIFEST, TOKENS_AHEAD, Manifest, Part, damages, obstacles, read
from tieout.breakers import ALL_ACCOUNTS, BreakerName, TradingState, Trip
from tieout.errors import DataError, StoreError

Places = tuple[URL, URL]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asked for.

    source       the backup's name, for the trail
    overwrite    stores that hold something are replaced
    now          UTC
    """

    source: str
    actor: str
    overwrite: bool
    now: datetime


def open_backup(root: Path, places: Places, source: str = "") -> Manifest:
    """The manifest of a folder whose every file is as it says, and that fits the configured stores.

    source    what a person calls the backup, where that is not the folder
    raises    DataError naming all that is wrong
    """
    file, name = root / MANIFEST, source or str(root)
    if not file.is_file():
        raise DataError(f"{name}: holds no {MANIFEST}, it is no backup or a damaged one; nothing was restored")
    manifest = read(file.read_text(encoding="utf-8"), f"{name}: {MANIFEST}")
    there = [member(root, one) for one in sorted(root.rglob("*")) if one.is_file() and one != file]
    wrong = list(damages(manifest, there))
    if wrong:
        raise DataError(f"{name}: the backup is damaged, nothing was restored: {'; '.join(wrong)}")
    dialects = {store: url.get_backend_name() for store, url in zip((JOURNAL, WAREHOUSE), places, strict=True)}
    known = {store: migrations.revisions(store) for store in (JOURNAL, WAREHOUSE)}
    against = list(obstacles(manifest, dialects, known, shared=is_same(*places)))
    if against:
        raise DataError(f"{name}: the backup cannot be restored here: {'; '.join(against)}")
    return manifest


def restore(manifest: Manifest, root: Path, places: Places, wish: Wish) -> tuple[Path, ...]:
    """Let a proven backup take the place of both stores; what was there is kept aside, where it was files.

    returns    the files that were replaced, under their new names
    raises     StoreError where something is there and `overwrite` was not asked for, or somebody has it open;
               DataError where the audit trail is broken
    """
    with ExitStack() as staged:
        moves = [
            staged.enter_context(_readied(part, manifest, root, places, wish))
            for part in sorted(manifest.parts, key=lambda one: JOURNAL in one.stores)
        ]
        return tuple(path for move in moves for path in move())


def settle(connection: Connection, manifest: Manifest, wish: Wish) -> None:
    """What the journal of a backup must know before anybody works with it.

    Orders may have been sent since that it does not hold, so nothing is traded until a person lets it; and whoever
    still holds a lease of the time after the backup is refused, for no token of it can be reached again.

    raises    DataError where the trail is broken, or ends elsewhere than the manifest says
    """
    found = verify_chain(connection)
    if not found.unbroken or found.last != manifest.head:
        told = [f"event {one.number} {one.fault}" for one in found.findings] or [
            "it ends elsewhere than the manifest says"
        ]
        raise DataError(f"{wish.source}: its audit trail is broken, nothing was restored: {'; '.join(told[:5])}")
    connection.execute(update(lease).values(token=lease.c.token + TOKENS_AHEAD, released=True))
    reason = f"the stores were restored as of {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC; compare with the venues first"
    trip(connection, Trip(ALL_ACCOUNTS, BreakerName.MANUAL, reason, TradingState.HALTED), wish.now, actor=wish.actor)
    detail = {"made_at": manifest.made_at, "program": manifest.program, "event": manifest.head.number}
    audit.append(
        connection, actor=wish.actor, action="store.restored", subject=wish.source, detail=detail, now=wish.now
    )


def read_holders(connection: Connection, now: datetime) -> list[str]:
    """Who holds a lease that has not run out."""
    held = select(lease).where(~lease.c.released, lease.c.expires_at > now)
    return [str(row["holder"]) for row in read_rows(connection, held)]


@contextmanager
def _readied(
    part: Part, manifest: Manifest, root: Path, places: Places, wish: Wish
) -> Iterator[Callable[[], list[Path]]]:
    """A database that is ready; calling what it gives lets it take its place."""
    place = places[0 if JOURNAL in part.stores else 1]
    ready = _readied_database if part.dialect == "postgresql" else _readied_file
    with ready(part, manifest, root, place, wish) as move:
        yield move


@contextmanager
def _readied_file(
    part: Part, manifest: Manifest, root: Path, place: URL, wish: Wish
) -> Iterator[Callable[[], list[Path]]]:
    target = Path(str(place.database)).absolute()
    if target.exists() and not wish.overwrite:
        raise StoreError(f"{target} is there already: nothing was restored; --overwrite replaces it and keeps it aside")
    make_folder(target)
    if part.dialect == "sqlite" and target.exists():
        require_alone(target)  # before anything has moved; the warehouse moves first
    with told_clearly(str(target)), tempfile.TemporaryDirectory(prefix=".restore-", dir=target.parent) as made:
        staged = Path(made) / target.name
        copy_file(root / part.files[0].name, staged)
        aside = f".before-restore-{wish.now:%Y%m%dT%H%M%SZ}"
        if part.dialect == "sqlite":
            _ready_journal(staged, manifest, wish)
            yield lambda: _moved_journal(staged, target, aside)
        else:
            published = _ready_warehouse(staged)
            yield lambda: _moved_warehouse(staged, published, target, aside)


def _ready_journal(staged: Path, manifest: Manifest, wish: Wish) -> None:
    with closing(Journal.open(f"sqlite:///{staged}")) as journal, journal.write() as connection:
        if (found := connection.exec_driver_sql("PRAGMA integrity_check").scalar()) != "ok":
            raise DataError(f"{wish.source}: its journal is damaged, nothing was restored: {found}")
        settle(connection, manifest, wish)
    require_alone(staged)


def _ready_warehouse(staged: Path) -> Path:
    with closing(Warehouse.open(f"duckdb:///{staged}")) as warehouse:
        warehouse.publish()
        assert warehouse.published_path is not None  # noqa: S101 - DuckDB always has one
        return warehouse.published_path


def _moved_journal(staged: Path, target: Path, aside: str) -> list[Path]:
    if target.exists():
        require_alone(target)
    kept = put_in_place(staged, target, aside)
    return [kept] if kept else []


def _moved_warehouse(staged: Path, published: Path, target: Path, aside: str) -> list[Path]:
    """Under the writers' lock, so that nobody is in the middle of the file."""
    from sql.fairlock import FairLock

    with FairLock(target.with_name(f"{target.name}.queue"), wait_s=60.0).held():
        kept = put_in_place(staged, target, aside)
        published.replace(target.with_name(published.name))
    return [kept] if kept else []


@contextmanager
def _readied_database(
    part: Part, manifest: Manifest, root: Path, place: URL, wish: Wish
) -> Iterator[Callable[[], list[Path]]]:
    """Everything in one transaction, which is committed last of all."""
    engine = postgres_engine(place)
    try:
        with told_clearly(place.render_as_string(hide_password=True)), engine.connect() as connection:
            transaction = connection.begin()
            lock_migrations(connection)
            if not wish.overwrite and is_occupied(connection, part.stores):
                raise StoreError(
                    f"{place.render_as_string(hide_password=True)} holds something already: nothing was restored; "
                    "--overwrite replaces it, and keeps nothing of it"
                )
            load(connection, root, part)
            if JOURNAL in part.stores:
                settle(connection, manifest, wish)

            def commit() -> list[Path]:
                transaction.commit()
                return []

            yield commit
    finally:
        engine.dispose()
