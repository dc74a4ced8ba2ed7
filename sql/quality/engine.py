"""Great Expectations as we use it: imported late and quietly, and taught the one thing it lacks for DuckDB.

Great Expectations 1.24 fetches a result after it has let go of the connection, unless the dialect is listed among those
whose connection must persist. DuckDB is not listed, and its results die with their connection: nearly every expectation
fails with "list index out of range". The list is a private name; this file is the only place that touches it, and
`tests/store/quality/test_engine.py` fails when a new version moves it or no longer needs it.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from types import ModuleType
from typing import Any

from sqlalchemy import Engine

# Nobody but an expectation on distributions uses these two, and they are a quarter of the import's seconds.
_LATE = ("altair", "scipy.stats")
_guard = threading.Lock()
_leaving = threading.Lock()  # never held during an import
_contexts: list[Any] = []  # one per process, made at first use


class _Dialect(StrEnum):
    """What their list of dialects lacks. A member of theirs is compared by its value, as this is."""

    DUCKDB = "duckdb"


def import_gx() -> Any:
    """Great Expectations, ready for DuckDB: no analytics, no chatter. 5 to 20 seconds the first time in a process.

    raises    RuntimeError when this version keeps its list of dialects elsewhere
    """
    with _guard:
        os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read at import
        if "great_expectations" not in sys.modules:
            for name in _LATE:
                _postpone(name)
        import great_expectations

        logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
        _keep_duckdb_connections()
        return great_expectations


def _postpone(name: str) -> None:
    """Put a stand-in where `import name` looks first."""
    if name in sys.modules:
        return
    spec = importlib.util.find_spec(name)
    if spec is None:
        return
    later = _Later(name)
    later.__spec__, later.__file__ = spec, spec.origin
    sys.modules[name] = later
    parent, _, child = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], child, later)


class _Later(ModuleType):
    """A module that is imported when it is first asked for something it does not have.

    The standard library's LazyLoader loads as soon as somebody says `import`, up to Python 3.11.
    """

    def __getattr__(self, name: str) -> Any:
        with _leaving:
            if sys.modules.get(self.__name__) is self:
                del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


def _keep_duckdb_connections() -> None:
    from great_expectations.execution_engine import sqlalchemy_execution_engine as theirs

    listed = getattr(theirs, "_PERSISTED_CONNECTION_DIALECTS", None)
    if not isinstance(listed, tuple) or "sqlite" not in listed:
        raise RuntimeError("this version of great-expectations lists its dialects elsewhere: see sql/quality/engine.py")
    if _Dialect.DUCKDB not in listed:
        theirs._PERSISTED_CONNECTION_DIALECTS = (*listed, _Dialect.DUCKDB)


def context() -> Any:
    """A context that keeps nothing on disk, reports nothing and draws no progress bars."""
    gx = import_gx()
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    with _guard:
        if not _contexts:
            config = DataContextConfig(
                store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
                progress_bars=ProgressBarsConfig(globally=False),
                analytics_enabled=False,
            )
            _contexts.append(gx.get_context(mode="ephemeral", project_config=config))
        return _contexts[0]


@contextmanager
def execution_engine(engine: Engine) -> Iterator[Any]:
    """Great Expectations' engine over ours. Its connection ends with the block, for an open one locks a DuckDB file."""
    import_gx()
    from great_expectations.execution_engine import SqlAlchemyExecutionEngine

    theirs = SqlAlchemyExecutionEngine(engine=engine, create_temp_table=False)
    theirs.close = lambda: None  # called when collected, it would dispose of an engine that is ours
    try:
        yield theirs
    finally:
        if theirs._connection is not None:
            theirs._connection.close()
