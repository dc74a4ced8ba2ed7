"""What dead runs left behind is found, put right where that is safe, and told where it is not."""

from __future__ import annotations

from typing import Annotated, Any

from prefect import flow
from prefect.client.schemas.objects import State

from flows.forms import asked
from tasks.audit import note_start
from tasks.sweep import conclude_sweep, look_around, put_right

ReportOnly = Annotated[bool, asked("Report only", "Look and tell, but put nothing right.")]


@flow(name="sweep", retries=0, log_prints=False, on_running=[note_start])
def sweep(report_only: ReportOnly = False) -> State[Any]:
    """Sweep up after runs that died. Safe to run at any time: a dead run is followed by one other, however often."""
    found = look_around()
    swept = () if report_only else put_right(found)
    return conclude_sweep(found, swept)
