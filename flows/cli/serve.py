"""`tieout serve`: a Prefect server with every deployment, until stopped."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.run import prefect_home

PORT = 4200  # Prefect's own
REPORTS_PORT = 4201


def serve(
    port: Annotated[int, typer.Option(help="Port of the Prefect server, where none is configured.")] = PORT,
    reports_port: Annotated[int, typer.Option(help="Port of the reports and Data Docs.")] = REPORTS_PORT,
) -> None:
    """Start a Prefect server where none is configured, and serve every deployment of prefect.yaml."""
    from flows.cli.server import prefect_server
    from flows.serving import declared, published_folder, serve_all
    from tasks.settings import load_settings

    declared()  # a missing file is told before a server starts
    settings = load_settings()
    with (
        prefect_server(prefect_home(settings), port=port) as api,
        published_folder(Path(settings.output_dir), reports_port) as reports,
    ):
        # flow runs are processes of their own and link their reports by it
        os.environ.setdefault("TIEOUT_PUBLIC_URL", settings.public_url or reports)
        typer.echo(f"Prefect UI   {api.removesuffix('/api')}")
        typer.echo(f"Reports      {reports}")
        typer.echo("Stop with Ctrl-C.")
        serve_all()
