"""A run's log outlives whoever reads it."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from typing import TextIO

import pytest
from prefect.logging.handlers import PrefectConsoleHandler

from tasks.log import outlive_readers


@pytest.fixture
def unread() -> Iterator[TextIO]:
    """A pipe whose reader is gone: a worker that was killed."""
    reader, writer = os.pipe()
    os.close(reader)
    kept = os.dup(1)  # rich points the standard output elsewhere before it gives up
    stream = os.fdopen(writer, "w")
    yield stream
    os.dup2(kept, 1)
    os.close(kept)


@pytest.fixture
def logger(unread: TextIO) -> Iterator[logging.Logger]:
    """Writes to that pipe as Prefect writes its console log."""
    one, handler = logging.getLogger("tieout.unread"), PrefectConsoleHandler(unread)
    one.addHandler(handler)
    yield one
    one.removeHandler(handler)


def test_prefects_console_log_ends_whoever_writes_to_a_reader_that_is_gone(logger: logging.Logger) -> None:
    with pytest.raises(SystemExit):
        logger.error("the worker is dead")


def test_a_run_goes_on_when_its_reader_is_gone(logger: logging.Logger) -> None:
    outlive_readers()

    logger.error("the worker is dead")
    logger.error("and the window goes on")
