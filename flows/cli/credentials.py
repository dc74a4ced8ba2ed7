"""`tieout credentials`: where each stands, storing one, trying one, replacing one. No command ever shows a secret."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.options import AsJson
from flows.cli.show import note, print_json, print_table

if TYPE_CHECKING:
    from tasks.rotation.hands import Hands
    from tasks.stores import Stores
    from tieout.secret import Secret

app = typer.Typer(help="Where credentials stand, storing, trying and replacing them.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(metavar="NAME", help="Name from [credentials], or of an account.")]
Names = Annotated[list[str] | None, typer.Argument(metavar="NAME", help="Some of them; all where left out.")]
WAITING = 3


@app.command("list")
def list_credentials(as_json: AsJson = False) -> None:
    """Every credential with both clocks, the next action and who must act."""
    from tasks.rotation.expiry import read_calendar, shown
    from tasks.stores import open_stores

    with open_stores() as stores:
        entries = read_calendar(stores.journal, stores.settings)
    if as_json:
        print_json([asdict(one) | {"needs_person": one.needs_person} for one in entries])
    elif entries:
        rows = [shown(one) for one in entries]
        print_table(tuple(rows[0]), ([str(cell) for cell in row.values()] for row in rows))
    else:
        typer.echo("No credential is configured.")


@app.command("set")
def set_credential(
    name: Name,
    part: Annotated[
        list[str] | None, typer.Option("--part", help="Parts to ask for, instead of the usual ones: client_id, …")
    ] = None,
    from_stdin: Annotated[
        bool, typer.Option("--stdin", help="Read the secret from standard input, as JSON with named parts.")
    ] = False,
    unchecked: Annotated[
        bool, typer.Option("--unchecked", help="Store it although nothing says that it works.")
    ] = False,
    back: Annotated[bool, typer.Option("--back", help="Go back to the version before the present one.")] = False,
) -> None:
    """Store a new version, typed at a prompt that shows nothing, and switch to it once it has proven itself."""
    from tasks.rotation.steps import hands_of
    from tasks.stores import open_stores

    with open_stores() as stores:
        hands = hands_of(stores.settings, name)
        if back:
            typer.echo(_go_back(stores, hands))
            return
        given = _from_stdin() if from_stdin else _prompted(hands, part)
        typer.echo(_stored(stores, hands, given, checked=not unchecked))


@app.command("check")
def check_credentials(names: Names = None, as_json: AsJson = False) -> None:
    """Try each at its venue: account, mode, rights, addresses, expiry. Exit code 1 where one fails."""
    from tasks.rotation.checking import check
    from tasks.rotation.steps import choose_credentials
    from tasks.stores import open_stores

    with open_stores() as stores:
        found = [check(stores, one) for one in choose_credentials(stores.settings, names)]
    if as_json:
        print_json([asdict(one) for one in found])
    else:
        print_table(
            ("credential", "result", "found", "what to do"),
            ((one.credential, "ok" if one.ok else "FAILED", one.found, one.advice) for one in found),
        )
    if failed := sum(not one.ok for one in found):
        note(f"{failed} of {len(found)} credentials failed")
        raise typer.Exit(1)


@app.command("rotate")
def rotate_credentials(
    names: Names = None,
    due_only: Annotated[bool, typer.Option("--due", help="Only what is due.")] = False,
    ask_for: Annotated[
        int, typer.Option("--ask-for", help="Seconds to wait in the Prefect UI for a person, where one is needed.")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Replace or refresh now. Exit code 3: it waits for a person."""
    from flows.cli.run import quiet_server
    from tasks.rotation.steps import choose_credentials
    from tasks.settings import load_settings

    settings = load_settings()
    if not names and not due_only:
        raise typer.BadParameter("name the credentials to replace, or say --due")
    choose_credentials(settings, names)  # a wrong name is told before a server starts
    with quiet_server(settings):
        from flows.credential_rotation import credential_rotation

        state: Any = credential_rotation(names or None, not due_only, ask_for, return_state=True)
    if as_json:
        print_json({"state": state.name, "message": state.message})
    else:
        typer.echo(f"{state.name}: {state.message}")
    raise typer.Exit(int(not state.is_completed()) or (WAITING if state.name == "Waiting" else 0))


def _prompted(hands: Hands, parts: list[str] | None) -> dict[str, str]:
    from tasks.rotation.supply import asked_parts

    return {one: typer.prompt(one, hide_input=True) for one in parts or asked_parts(hands)}


def _from_stdin() -> dict[str, str]:
    from tieout.secret import read_secret

    return dict(read_secret(sys.stdin.read(), "standard input").parts)


def _stored(stores: Stores, hands: Hands, given: dict[str, str], *, checked: bool) -> str:
    from tasks.rotation.setting import set_version
    from tasks.rotation.supply import made_of

    secret: Secret = made_of(hands, given)
    return set_version(stores, hands, secret, checked=checked)


def _go_back(stores: Stores, hands: Hands) -> str:
    from tasks.rotation.setting import go_back

    return go_back(stores, hands)
