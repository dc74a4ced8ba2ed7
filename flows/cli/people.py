"""What commands share in which a person proves who they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.show import print_json

if TYPE_CHECKING:
    from tasks.acts import Wish
    from tasks.stores import Stores

Code = Annotated[
    str | None, typer.Option("--code", help="Your present one-time code, where people must agree; asked for.")
]


def ask_code(stores: Stores, kind: Any, code: str | None) -> str | None:
    """The code of who proposes, asked for where people must agree; None where nobody needs to."""
    from tasks.acts import needed

    if not needed(stores.settings, kind):
        return None
    return code or str(typer.prompt("One-time code", hide_input=True))


def propose(stores: Stores, wish: Wish, code: str | None, *, as_json: bool) -> None:
    """Propose an act, and print what came of it."""
    from tasks import acts
    from tasks.audit import note_settings

    note_settings(stores, wish.by)
    came = acts.propose(stores, wish, ask_code(stores, wish.kind, code))
    if as_json:
        print_json(came.told)
    else:
        typer.echo(came.words)
