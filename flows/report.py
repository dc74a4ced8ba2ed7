"""The report of a past close, made again from the stores."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from prefect import flow
from prefect.client.schemas.objects import State

from flows.forms import asked
from flows.naming import report_run_name
from tasks.audit import note_start
from tasks.publish import publish_report
from tasks.report_again import find_close, reported, show_report

Day = Annotated[dt.date | None, asked("Session", "The last close of this session. Empty: the last close of all.")]
Run = Annotated[
    str | None,
    asked("Run", "Any account's run of the close, alpaca-main-20260116-01, instead of a day."),
]


@flow(name="report", flow_run_name=report_run_name, retries=0, log_prints=False, on_running=[note_start])
def report(date: Day = None, run: Run = None) -> State[Any]:
    """Write the HTML report of a close again. Changes nothing else; safe to run at any time."""
    outcomes = find_close(date, run)
    path = publish_report(outcomes)
    show_report(outcomes, path)
    return reported(outcomes, path)
