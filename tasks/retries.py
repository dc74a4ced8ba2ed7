"""What may be tried again: reads that failed with nothing having happened, and nothing else."""

from __future__ import annotations

from typing import Any

from prefect.client.schemas.objects import State, TaskRun
from prefect.exceptions import MissingResult
from prefect.tasks import Task

from tasks.settings import load_settings
from tieout.errors import Unavailable


def if_unavailable(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Whether the failure says that nothing can have happened, so that asking again is safe."""
    try:
        state.result()
    except Unavailable:
        return True
    except (Exception, MissingResult):  # noqa: BLE001 - any other failure is final, whatever it is
        return False
    return False


def read_retries() -> dict[str, Any]:
    """`with_options` arguments for a task that only reads, from the settings' waits."""
    delays = list(load_settings().retry_delays_s)
    return {"retries": len(delays), "retry_delay_seconds": delays}
