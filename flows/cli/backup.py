"""`tieout backup` and `tieout restore`: both stores into one place, and back."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import AsJson
from flows.cli.show import note, print_json
from tieout.backup import promises_another_file


def backup(
    target: Annotated[
        Path, typer.Argument(metavar="FILE|DIR", help="A folder to make, or a file ending with .tar, .tar.gz or .tgz.")
    ],
    as_json: AsJson = False,
) -> None:
    """Copy journal and warehouse so that they agree with each other. Flows may go on meanwhile."""
    from tasks.backup import make_backup

    if promises_another_file(target.name):
        raise typer.BadParameter(f"{target}: a backup is a folder, or a file ending with .tar, .tar.gz or .tgz")
    manifest = make_backup(target)
    if as_json:
        print_json({"target": target, **asdict(manifest)})
        return
    size = sum(one.size for one in manifest.members)
    told = f"{len(manifest.members)} files, {size / 1e6:.1f} MB, the audit trail up to event {manifest.head.number}"
    typer.echo(f"{target}: {told}")


def restore(
    source: Annotated[Path, typer.Argument(metavar="FILE|DIR", help="What `tieout backup` made.")],
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace stores that hold something; files are kept aside.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put a backup in the place of journal and warehouse, once all of it is proven. Trading is halted afterwards."""
    from tasks.backup import restore_backup
    from tasks.settings import load_settings

    manifest, kept = restore_backup(source, load_settings(), overwrite=overwrite)
    if as_json:
        print_json({"source": source, "kept": kept, **asdict(manifest)})
        return
    for one in kept:
        typer.echo(f"Kept: {one}")
    typer.echo(f"Restored: as of {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC, event {manifest.head.number}")
    note(
        "Trading is halted in all accounts: `tieout run eod-reconciliation` compares with the venues, `tieout resume` "
        "lets it go on."
    )
