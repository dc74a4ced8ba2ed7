"""`tieout undo`: take an automatic resolution back."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.cli.options import AsJson
from flows.cli.people import Code, propose


def undo(
    break_id: Annotated[str, typer.Argument(metavar="BREAK", help="Id, as `tieout breaks --all` prints it.")],
    by: Annotated[str, typer.Option("--by", help="Who takes it back.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; kept with the break.")],
    code: Code = None,
    as_json: AsJson = False,
) -> None:
    """Take a resolution back: what it booked is reversed, and the break is open again. No rule resolves it any more.

    Where approvers are configured, two of them must agree.
    """
    from tasks.acts import Wish
    from tasks.stores import open_stores
    from tieout.agreement import ActKind

    with open_stores() as stores:
        propose(stores, Wish(ActKind.BOOK, break_id, {}, by, reason), code, as_json=as_json)
