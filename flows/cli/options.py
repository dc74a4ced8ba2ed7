"""Options that several commands share, and how their text is read."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
OneAccount = Annotated[str | None, typer.Option("--account", "-a", help="Account name from tieout.toml.")]


def read_date(text: str) -> date:
    """A date written YYYY-MM-DD.

    raises    typer.BadParameter, which ends the command as wrong usage
    """
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a session has no time zone
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not a date such as 2026-01-16") from error


def read_as_of(text: str) -> date | datetime:
    """A session, `2026-01-16`, or a moment with its zone, `2026-01-16T21:30:00Z`.

    raises    typer.BadParameter, which ends the command as wrong usage
    """
    try:
        if len(text) == len("2026-01-16"):
            return date.fromisoformat(text)
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is neither a date nor a moment such as 2026-01-16T21:30:00Z") from error
    if moment.tzinfo is None:
        raise typer.BadParameter(f"{text!r} needs a time zone, such as 2026-01-16T21:30:00Z")
    return moment
