"""`tieout approvers`: who may agree to what, and enrolling them for one-time codes."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.cli.options import AsJson
from flows.cli.show import print_json, print_table

COLUMNS = ("name", "role", "up_to", "totp", "enrolled")

app = typer.Typer(help="People who approve: list them, enrol them for one-time codes.", no_args_is_help=True)


@app.command("list")
def listed(as_json: AsJson = False) -> None:
    """List who is configured, in which role, and whether they are enrolled."""
    from tasks.enrol import is_enrolled
    from tasks.settings import load_settings

    people = load_settings().approvers.values()
    rows = [
        {"name": one.name, "role": one.role, "up_to": one.up_to, "totp": one.totp, "enrolled": is_enrolled(one)}
        for one in people
    ]
    if as_json:
        print_json(rows)
    else:
        print_table(COLUMNS, ([row[name] for name in COLUMNS] for row in rows))


@app.command("enrol")
def enrol(
    name: Annotated[str, typer.Argument(help="A name in [approvers].")],
    by: Annotated[str | None, typer.Option("--by", help="An admin, where one is enrolled already.")] = None,
    code: Annotated[str | None, typer.Option("--code", help="The admin's one-time code; asked for.")] = None,
    text: Annotated[
        bool, typer.Option("--text", help="Show the address as text, for an app without a camera.")
    ] = False,
) -> None:
    """Show a new secret as a QR code, once, and keep it when a code from it proves that it was taken in.

    The terminal shows it until it is cleared: let nobody look on, and no recording run.
    """
    from tasks.audit import user
    from tasks.enrol import begin, finish
    from tasks.stores import open_stores

    with open_stores() as stores:
        admin_code = code or (typer.prompt("Admin's one-time code", hide_input=True) if by else None)
        enrolment = begin(stores, name, by, admin_code)
        typer.echo(enrolment.uri if text else _qr(enrolment.uri))
        typer.echo(f"Scan it with {name}'s authenticator. It is not shown again.")
        finish(stores, enrolment, typer.prompt("The code it shows now", hide_input=True), by or user())
    typer.echo(f"{name} is enrolled.")


def _qr(text: str) -> str:
    import io

    import segno

    out = io.StringIO()
    segno.make(text, micro=False).terminal(out, compact=True, border=2)
    return out.getvalue()
