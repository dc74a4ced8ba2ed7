"""Where tasks say what they did: the run's log in the UI, or the ordinary log outside a run."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

from tieout.redact import redact_text


def run_logger() -> Any:
    """The logger of the current flow or task run."""
    from prefect.exceptions import MissingContextError
    from prefect.logging import get_run_logger

    try:
        return get_run_logger()
    except MissingContextError:
        return logging.getLogger("tieout")


def outlive_readers() -> None:
    """Let a run go on when whoever reads its output has died, as a killed worker does: it then speaks to the UI only.

    rich, which writes Prefect's console log, would otherwise end the thread that says the next word: its answer to a
    broken pipe is SystemExit, and the orders of an account would be left alone in the middle of their window.
    """
    known = (one for one in logging.root.manager.loggerDict.values() if isinstance(one, logging.Logger))
    for handler in {handler for one in (logging.root, *known) for handler in one.handlers}:
        console = getattr(handler, "console", None)
        if console is not None:
            console.on_broken_pipe = partial(setattr, console, "quiet", True)


def log_to_stderr() -> None:
    """Let a service that is no flow run say what it does, on stderr."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger = logging.getLogger("tieout")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)


def redact_logs() -> None:
    """From now on no record of this process, of whatever library, holds a secret that is known or looks like one.

    A record is cleared when it is made, before any handler sees it; so is the traceback that goes with it.
    """
    made = logging.getLogRecordFactory()
    if getattr(made, "redacts", False):
        return

    def cleared(*args: Any, **kwargs: Any) -> logging.LogRecord:
        return _cleared(made(*args, **kwargs))

    cleared.redacts = True  # type: ignore[attr-defined]
    logging.setLogRecordFactory(cleared)


def _cleared(record: logging.LogRecord) -> logging.LogRecord:
    try:
        message = record.getMessage()
    except (TypeError, ValueError, KeyError):  # the handler complains about it, as it always does
        return record
    shown = redact_text(message)
    if shown != message:
        record.msg, record.args = shown, ()
    if record.exc_info and record.exc_info[0] is not None:
        record.exc_text = redact_text(logging.Formatter().formatException(record.exc_info))
    return record
