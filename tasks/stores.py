"""Opening the two stores that the settings name, for as short as possible."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasks.settings import load_settings
from tieout.settings import Settings

if TYPE_CHECKING:
    from sql.journal import Journal
    from sql.warehouse import Warehouse


@dataclass(frozen=True, slots=True)
class Stores:
    """Both stores, and the settings that named them."""

    journal: Journal
    warehouse: Warehouse
    settings: Settings


@contextmanager
def open_stores() -> Iterator[Stores]:
    """Journal and warehouse of the configured URLs, closed at the end of the block.

    raises    StoreVersionError where a database was written by a newer tieout
    """
    from sql.journal import Journal
    from sql.warehouse import Warehouse

    settings = load_settings()
    with (
        closing(Journal.open(settings.journal_url)) as journal,
        closing(Warehouse.open(settings.warehouse_url)) as warehouse,
    ):
        yield Stores(journal, warehouse, settings)


@contextmanager
def open_journal() -> Iterator[Journal]:
    """The journal alone, for what needs no more: the warehouse is a file that is slow to open and lives behind a lock.

    raises    StoreVersionError where the database was written by a newer tieout
    """
    from sql.journal import Journal

    with closing(Journal.open(load_settings().journal_url)) as journal:
        yield journal
