from __future__ import annotations

import multiprocessing
from multiprocessing.context import ForkServerContext

import pytest


@pytest.fixture(scope="session")
def processes() -> ForkServerContext:
    """Processes that start in milliseconds: their server has imported the stores once."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.store.workers", "tests.store.spending"])
    return context
