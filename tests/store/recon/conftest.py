from __future__ import annotations

import pytest

from tests.databases import Stores
from tests.recon_world import World


@pytest.fixture
def world(file_stores: Stores) -> World:
    """An account on SQLite and DuckDB."""
    return World(file_stores)


@pytest.fixture
def both(stores: Stores) -> World:
    """The same account once on SQLite and DuckDB and once on PostgreSQL."""
    return World(stores)
