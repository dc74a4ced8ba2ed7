"""`tieout version`: what is installed here."""

from __future__ import annotations

import platform
from importlib.metadata import version as installed

import typer

from flows.cli.options import AsJson
from flows.cli.show import print_json

SHOWN = ("prefect", "duckdb", "sqlalchemy", "alpaca-py", "great-expectations")


def version(as_json: AsJson = False) -> None:
    """Show the versions of tieout and of what it stands on."""
    found = {"tieout": installed("tieout"), "python": platform.python_version()}
    found |= {name: installed(name) for name in SHOWN}
    if as_json:
        print_json(found)
        return
    typer.echo("\n".join(f"{name} {number}" for name, number in found.items()))
