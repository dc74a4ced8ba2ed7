"""One warehouse of each kind for all tests of a module; every test stores a snapshot of its own in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sql.warehouse import Warehouse
from tests.databases import FileTemplate


@pytest.fixture(scope="module", params=["duckdb", "postgresql"])
def shared(
    request: pytest.FixtureRequest, file_template: FileTemplate, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Warehouse]:
    """A warehouse that the tests of one module share, because opening one costs more than a snapshot."""
    if request.param == "duckdb":
        stores = file_template.copy_to(tmp_path_factory.mktemp("quality") / "data")
    else:
        stores = request.getfixturevalue("postgres").copy()
    yield stores.warehouse
    stores.close()
