"""Fixtures that every folder shares: empty stores, a real PostgreSQL, and the recorded responses."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from sql.journal import Journal
from sql.warehouse import Warehouse
from tests.databases import FileTemplate, PostgresTemplate, Stores, running_postgres
from tieout import redact

ROOT = Path(__file__).resolve().parent.parent

# Tests start hundreds of Python processes; where none may write byte code, each compiles all that it imports.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# how long an example takes depends on what else the machine does
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def fixtures_dir() -> Path:
    """Recorded third-party responses; they are not part of this repository."""
    folder = (ROOT / os.environ.get("TIEOUT_FIXTURES", "../shared/fixtures")).resolve()
    if not folder.is_dir():
        pytest.skip(f"no recorded responses at {folder}: set TIEOUT_FIXTURES")
    return folder


@pytest.fixture(scope="session")
def file_template(tmp_path_factory: pytest.TempPathFactory) -> FileTemplate:
    return FileTemplate.make(tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresTemplate]:
    """A real PostgreSQL of this test run, with a migrated database to copy."""
    base = tmp_path_factory.getbasetemp()
    with running_postgres(base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) as url:
        yield PostgresTemplate.make(url)


@pytest.fixture
def file_stores(file_template: FileTemplate, tmp_path: Path) -> Iterator[Stores]:
    """An empty SQLite journal and an empty DuckDB warehouse."""
    stores = file_template.copy_to(tmp_path / "data")
    yield stores
    stores.close()


@pytest.fixture
def journal(file_stores: Stores) -> Journal:
    return file_stores.journal


@pytest.fixture
def warehouse(file_stores: Stores) -> Warehouse:
    return file_stores.warehouse


@pytest.fixture(params=["sqlite+duckdb", "postgresql"])
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    """Both stores, empty: once in two files and once in one PostgreSQL database."""
    if request.param == "sqlite+duckdb":
        yield request.getfixturevalue("file_stores")
        return
    with request.getfixturevalue("postgres").copied() as stores:
        yield stores


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    """A test's secrets are its own: what one opened is no secret in the next."""
    yield
    redact.forget()
