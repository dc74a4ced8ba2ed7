from __future__ import annotations

import pkgutil
from types import ModuleType

import sql.schema
from sql.backup import tables
from sql.schema import every


def test_whoever_copies_all_tables_knows_every_module_that_declares_some() -> None:
    known = {one.__name__.rpartition(".")[2] for one in vars(every).values() if isinstance(one, ModuleType)}

    assert {one.name for one in pkgutil.iter_modules(sql.schema.__path__)} - {"every"} == known
    assert tables.every is every
