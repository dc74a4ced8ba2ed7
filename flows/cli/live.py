"""`tieout live check`: what an account lacks before it may trade real money."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from flows.cli.options import AsJson
from flows.cli.show import note, print_json, print_table

app = typer.Typer(help="Going live: what an account must pass before it trades real money.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Going live."""


@app.command("check")
def check(
    account: Annotated[str, typer.Argument(help="Account name from tieout.toml.")], as_json: AsJson = False
) -> None:
    """Go through the list for one account. Exit code 1: something is missing; `tieout agree live` refuses it then."""
    from tasks.going_live import examine_live
    from tasks.settings import load_settings
    from tieout.closing import choose_accounts
    from tieout.going_live import failed

    settings = load_settings()
    (chosen,) = choose_accounts(settings, [account])
    checks = examine_live(settings, chosen)
    if as_json:
        print_json([asdict(one) for one in checks])
    else:
        rows = ((one.name, "ok" if one.ok else "MISSING", one.detail, one.advice) for one in checks)
        print_table(("point", "result", "found", "what to do"), rows)
    if wrong := failed(checks):
        note(f"{len(wrong)} of {len(checks)} points are missing")
        raise typer.Exit(1)
