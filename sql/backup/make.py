"""Copying both stores into a folder, so that they agree with each other."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from sqlalchemy import URL, Connection, NullPool, create_engine

from sql import migrations
from sql.audit import read_head
from sql.backup.files import copy_file, copy_sqlite, member, sync
from sql.backup.tables import dump
from sql.engines import parse_url
from sql.failures import told_clearly
from sql.journal import Journal
from sql.reference import is_same
from sql.warehouse import Warehouse
from tieout.audit import Head
from tieout.backup import MANIFEST, Manifest, Part, written

JOURNAL, WAREHOUSE = "journal", "warehouse"
JOURNAL_URL, WAREHOUSE_URL = "TIEOUT_JOURNAL_URL", "TIEOUT_WAREHOUSE_URL"


def urls(journal_url: str, warehouse_url: str) -> tuple[URL, URL]:
    """Both URLs taken apart, as the stores themselves read them."""
    return (
        parse_url(journal_url, JOURNAL_URL, ("sqlite", "postgresql")),
        parse_url(warehouse_url, WAREHOUSE_URL, ("duckdb", "postgresql")),
    )


def make(
    journal: Journal, warehouse: Warehouse, places: tuple[URL, URL], folder: Path, program: str, now: datetime
) -> Manifest:
    """Copy both stores into an empty folder. Flows may go on; who would write the warehouse waits for the copy.

    places     of the two stores, from `urls`
    program    version of tieout
    now        UTC
    raises     StoreError where a disk is full or cannot be written
    """
    with told_clearly(str(folder)), warehouse.still() as whole:
        if isinstance(whole, Path):
            copy_file(whole, folder / "warehouse.duckdb")
            parts = [_part(folder, (WAREHOUSE,), "duckdb", [folder / "warehouse.duckdb"])]
        elif is_same(*places):
            parts = []  # the journal's own view holds both
        else:
            parts = [_dumped(folder, whole, (WAREHOUSE,))]
        told, head = _copy_journal(journal, places[0], folder, (JOURNAL,) if parts else (JOURNAL, WAREHOUSE))
    manifest = Manifest(now, program, head, (told, *parts))
    with told_clearly(str(folder)):
        (folder / MANIFEST).write_text(written(manifest), encoding="utf-8")
        sync(folder / MANIFEST)
        sync(folder)
    return manifest


def _copy_journal(journal: Journal, place: URL, folder: Path, stores: tuple[str, ...]) -> tuple[Part, Head]:
    if journal.dialect == "postgresql":
        with journal.read() as connection:
            return _dumped(folder, connection, stores), read_head(connection)
    target = folder / "journal.sqlite"
    copy_sqlite(Path(str(place.database)), target)
    return _part(folder, stores, "sqlite", [target]), _head_of(target)


def _dumped(folder: Path, connection: Connection, stores: tuple[str, ...]) -> Part:
    into = folder / stores[0]
    into.mkdir()
    files, sequences = dump(connection, into, stores)
    return _part(folder, stores, "postgresql", files, sequences)


def _part(
    folder: Path, stores: tuple[str, ...], dialect: str, files: Iterable[Path], sequences: dict[str, int] | None = None
) -> Part:
    revisions = {store: migrations.revisions(store)[-1] for store in stores}  # an open store is at our newest
    return Part(stores, dialect, revisions, tuple(member(folder, one) for one in files), sequences or {})


def _head_of(file: Path) -> Head:
    engine = create_engine(f"sqlite:///{file}", poolclass=NullPool, hide_parameters=True)
    with engine.connect() as connection:
        return read_head(connection)
