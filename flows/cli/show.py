"""What commands print: tables for people, JSON for programs, one line for errors."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import typer

from tieout.money import plain

PIPED_WIDTH = 100_000  # columns of a table that is written into a file or pipe, where nothing may be cut


def print_json(value: object) -> None:
    """The value as indented JSON on stdout; decimals as text, for a float would change them."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, default=_jsonable))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str | None = None) -> None:
    """A table on stdout, as wide as the terminal."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(words(cell)) for cell in row))
    console = Console(width=None if sys.stdout.isatty() else PIPED_WIDTH)
    with console.capture() as drawn:
        console.print(table)
    typer.echo("\n".join(line.rstrip() for line in drawn.get().splitlines()))


def note(text: str) -> None:
    """One line on stderr, so that stdout stays what was asked for."""
    typer.echo(text, err=True)


def words(value: object) -> str:
    """A cell as a person reads it."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case Decimal():
            return plain(value)
        case dict() | list():
            return json.dumps(value, ensure_ascii=False, default=_jsonable)
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M:%SZ")
        case _:
            return str(value)


def _jsonable(value: Any) -> object:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    return str(value)
