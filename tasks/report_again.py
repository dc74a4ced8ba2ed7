"""The report of a past close: which close it was, and where its page lies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State

from tasks.artifacts import create_link_artifact, create_markdown_artifact
from tasks.publish import link, summary
from tasks.settings import load_settings
from tasks.stores import open_stores
from tieout.errors import DataError
from tieout.verdict import AccountOutcome, judge_outcomes

KEY = "report"


@task(task_run_name="find the close", cache_policy=NO_CACHE)
def find_close(day: date | None, run: str | None) -> tuple[AccountOutcome, ...]:
    """What came of the close that is meant.

    raises    DataError where a run and a session are named; StoreError where there is no such close
    """
    from tasks.past_runs import read_outcomes

    if day and run:
        raise DataError("name a run or a session, not both")
    with open_stores() as stores:
        return read_outcomes(stores, run_id=run or None, day=day)


@task(task_run_name="show", cache_policy=NO_CACHE)
def show_report(outcomes: Sequence[AccountOutcome], path: Path) -> None:
    """The summary and, where a browser can reach the folder, a link."""
    settings = load_settings()
    create_markdown_artifact(summary(outcomes, path, settings), key=f"{KEY}-summary")
    if settings.public_url:
        create_link_artifact(link(path, settings), link_text="Report", key=KEY)


def reported(outcomes: Sequence[AccountOutcome], path: Path) -> State[Any]:
    """The flow run's state; what the close came to is told, and does not fail a report."""
    from prefect.states import Completed

    told = judge_outcomes(outcomes)
    return Completed(name="Reported", message=f"{told.headline} {path}", data={"path": str(path), "exit_code": 0})
