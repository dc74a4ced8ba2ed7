"""`tieout replay`: does a past reconciliation still come out the same, byte for byte?"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.options import AsJson
from flows.cli.show import note, print_json

if TYPE_CHECKING:
    from sql.replay import Replayed


def replay(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of a run, such as alpaca-main-20260116-01.")],
    as_json: AsJson = False,
) -> None:
    """Reconcile a past run again from what it saw then. Writes nothing; exit code 1 where the result differs."""
    replayed = _replay(run)
    if as_json:
        print_json({"run_id": run, **asdict(replayed)})
    elif replayed.same:
        typer.echo(f"{run}: the same, byte for byte (sha256 {replayed.recorded_sha256})")
    else:
        typer.echo(f"{run}: recorded sha256 {replayed.recorded_sha256}, replayed {replayed.replayed_sha256}")
    if not replayed.same:
        note(f"{run}: differs from what was recorded, first at {replayed.difference}")
        raise typer.Exit(1)


def _replay(run: str) -> Replayed:
    from sql.chain.runs import calendar_of_run
    from sql.replay import replay as replay_run
    from tasks.accounts import sessions_by_name
    from tasks.stores import open_stores
    from tieout.ids import RunId

    with open_stores() as stores:
        with stores.journal.read() as journal:
            calendar = calendar_of_run(journal, run)
        return replay_run(stores.journal, stores.warehouse, RunId(run), sessions_by_name(calendar))
