"""Opening the two stores that the settings name, for as short as possible."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
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
    journal = Journal.open(settings.journal_url)
    try:
        yield Stores(journal, Warehouse.open(settings.warehouse_url), settings)
    finally:
        journal.close()
