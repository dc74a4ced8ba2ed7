"""Where tasks say what they did: the run's log in the UI, or the ordinary log outside a run."""

from __future__ import annotations

import logging
from typing import Any


def run_logger() -> Any:
    """The logger of the current flow or task run."""
    from prefect.exceptions import MissingContextError
    from prefect.logging import get_run_logger

    try:
        return get_run_logger()
    except MissingContextError:
        return logging.getLogger("tieout")


def log_to_stderr() -> None:
    """Let a service that is no flow run say what it does, on stderr."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger = logging.getLogger("tieout")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
