"""`tieout init`: a folder to start from."""

from __future__ import annotations

from contextlib import chdir
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from tieout.config import FILE
from tieout.errors import ConfigError

TEMPLATES = {FILE: "tieout.toml", ".env.example": "env.example"}
"""File that is written -> template that it is a copy of."""


def init(
    folder: Annotated[Path, typer.Argument(help="Where to begin; made if it is not there.")] = Path(),
) -> None:
    """Write a commented tieout.toml and .env.example, and create the two stores."""
    _refuse_to_overwrite(folder)
    texts = {
        name: (files("flows.cli") / "templates" / template).read_text("utf-8") for name, template in TEMPLATES.items()
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be written: {error.strerror}") from error
    stores = _make_stores(folder)
    typer.echo(f"Written: {', '.join(str(folder / name) for name in TEMPLATES)}")
    typer.echo(f"Created: {', '.join(stores)}")
    typer.echo("Next: put an account into tieout.toml and its key into .env, then run `tieout doctor`.")


def _refuse_to_overwrite(folder: Path) -> None:
    there = [str(folder / name) for name in TEMPLATES if (folder / name).exists()]
    if there:
        raise ConfigError(f"{' and '.join(there)} already there: nothing was written. Move it away to start afresh.")


def _make_stores(folder: Path) -> list[str]:
    from sql.journal import Journal
    from sql.warehouse import Warehouse
    from tasks.settings import load_settings

    with chdir(folder):
        settings = load_settings(Path(FILE))
        journal, warehouse = Journal.open(settings.journal_url), Warehouse.open(settings.warehouse_url)
        made = [journal.where, warehouse.where]
        journal.close()
        warehouse.close()
    return made
