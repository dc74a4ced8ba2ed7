"""`tieout report`: the HTML report of a close, made again from the stores."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import AsJson, read_date
from flows.cli.show import print_json


def report(
    run: Annotated[
        str | None, typer.Argument(metavar="RUN", help="A run of the close; the last one where left out.")
    ] = None,
    date: Annotated[str | None, typer.Option("--date", help="The last close of this session, YYYY-MM-DD.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write the report of a past close and say where it is. One report holds every account of that close."""
    from tasks.clock import now
    from tasks.past_runs import read_outcomes
    from tasks.report import read_outlook, read_report, write_report
    from tasks.stores import open_stores

    if run and date:
        raise typer.BadParameter("name a run or a date, not both")
    day = read_date(date) if date else None
    with open_stores() as stores:
        outcomes = read_outcomes(stores, run_id=run, day=day)
        ahead = read_outlook(stores, [one.account_id for one in outcomes])
        made = read_report(stores.journal, stores.warehouse, outcomes, now(), ahead)
        path = write_report(made, Path(stores.settings.output_dir) / "reports")
    if as_json:
        print_json({"path": str(path.resolve()), "accounts": outcomes})
        return
    for one in outcomes:
        typer.echo(f"{one.run_id}: {one.state.value.replace('_', ' ')}")
    typer.echo(str(path.resolve()))
