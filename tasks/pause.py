"""A flow run that waits for a person in the Prefect UI, and ends its wait itself.

Prefect's own time limit of a pause must not be what ends it: the server lets no run out of a pause whose limit has
passed, except as failed. So that limit is far longer, and the run resumes itself once nothing is left to be asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import copy_context
from datetime import datetime
from threading import Event, Thread
from typing import Any, TypeVar
from uuid import UUID

import httpx
from prefect.exceptions import FlowPauseTimeout, NotPausedError, ObjectNotFound
from prefect.flow_runs import pause_flow_run, resume_flow_run
from prefect.input import RunInput
from prefect.runtime import flow_run

from tasks.clock import now
from tasks.log import run_logger
from tieout.errors import TieoutError

LOOK_EVERY_S = 1.0
POLL_S = 2
GRACE_S = 3600

Form = TypeVar("Form", bound=RunInput)


def ask_person(
    form: type[Form], *, key: str, until: datetime, over: Callable[[], bool], nothing: Mapping[str, Any]
) -> Form | None:
    """Pause the flow run with a form until somebody has filled it in, or nothing is left to be asked.

    key        of this pause; one of its own for each try, so that an answer is never taken for the next one's
    until      about when it ends without an answer, UTC
    over       whether nothing is left to be asked; called every second, in a thread of its own, and again after a
               TieoutError
    nothing    a form that says nothing, as the UI would send it
    returns    None where nobody answered before it was over
    raises     RuntimeError where Prefect lets the run not pause
    """
    seconds = max(0, int((until - now()).total_seconds()))
    with _ended_when(over, nothing) as ended:
        try:
            given = pause_flow_run(wait_for_input=form, timeout=seconds + GRACE_S, poll_interval=POLL_S, key=key)
        except FlowPauseTimeout:
            return None
    return None if ended.is_set() else given


@contextmanager
def _ended_when(over: Callable[[], bool], nothing: Mapping[str, Any]) -> Iterator[Event]:
    """Watch beside the block; what it gives is set once the pause was ended without a person."""
    answered, ended = Event(), Event()
    flow_run_id = UUID(str(flow_run.id))

    def watch() -> None:
        while not answered.wait(LOOK_EVERY_S):
            try:
                is_over = over()
            except TieoutError as error:  # a store that is busy now: the next look may find it free
                run_logger().warning("whether anything is left to be asked could not be read: %s", error)
                continue
            if is_over and _resumed(flow_run_id, nothing):
                ended.set()

    context = copy_context()  # the server's address is a setting of the run's own context
    thread = Thread(target=context.run, args=(watch,), name="pause", daemon=True)
    thread.start()
    try:
        yield ended
    finally:
        answered.set()
        thread.join()


def _resumed(flow_run_id: UUID, nothing: Mapping[str, Any]) -> bool:
    """Whether the pause was there to be ended; before it has begun, and after a person has, it is not."""
    with suppress(NotPausedError, ObjectNotFound, FlowPauseTimeout, httpx.HTTPError):
        resume_flow_run(flow_run_id, run_input=dict(nothing))
        return True
    return False
