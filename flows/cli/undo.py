"""`tieout undo`: take an automatic resolution back."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.cli.options import AsJson
from flows.cli.show import print_json


def undo(
    break_id: Annotated[str, typer.Argument(metavar="BREAK", help="Id, as `tieout breaks --all` prints it.")],
    by: Annotated[str, typer.Option("--by", help="Who takes it back.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; kept with the break.")],
    as_json: AsJson = False,
) -> None:
    """Take a resolution back: what it booked is reversed, and the break is open again. No rule resolves it any more."""
    from sql.cases import undo_resolution
    from tasks.clock import now
    from tasks.stores import open_stores

    with open_stores() as stores:
        case = undo_resolution(stores.journal, break_id, by, reason, now())
    if as_json:
        print_json({"break_id": case.break_id, "state": case.state, "by": by, "reason": reason})
        return
    typer.echo(f"{case.break_id} is {case.state} again. What was booked for it is reversed by entries of its own.")
