from __future__ import annotations

from collections.abc import Iterator

import pytest

from sql.journal import Journal
from tests.databases import PostgresTemplate, ReusedJournal, journal_to_reuse


@pytest.fixture(scope="session")
def reused() -> Iterator[ReusedJournal]:
    """A journal in memory for tests that make hundreds of rows."""
    with journal_to_reuse() as reused:
        yield reused


@pytest.fixture(scope="module")
def server_journal(postgres: PostgresTemplate) -> Iterator[Journal]:
    """A journal on PostgreSQL for all examples of a module."""
    with postgres.copied() as stores:
        yield stores.journal
