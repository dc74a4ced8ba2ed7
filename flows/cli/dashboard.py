"""`tieout dashboard`: accounts, orders, breaks, options and equity in a browser, read-only."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.show import note
from tieout.errors import ConfigError

PORT = 8501
LOOPBACK = ("127.0.0.1", "localhost", "::1")
APP = Path(__file__).parent.parent / "dashboard" / "start" / "app.py"


def dashboard(
    port: Annotated[int, typer.Option(help="Port to listen on.")] = PORT,
    host: Annotated[
        str, typer.Option(help="Address to listen on. The dashboard asks nobody for a password.")
    ] = "127.0.0.1",
) -> None:
    """Show the desk in a browser until stopped. Reads only; works while flows write."""
    from tasks.settings import load_settings

    load_settings()  # what is wrong with them is told here, not in a browser
    if find_spec("streamlit") is None:
        raise ConfigError("the dashboard needs streamlit: install tieout with its extra, `tieout[dashboard]`")
    if host not in LOOPBACK:
        note(f"anybody who reaches {host}:{port} sees the book: put something in front that asks who they are")
    note(f"Dashboard    http://{host}:{port}    Stop with Ctrl-C.")
    os.execve(sys.executable, command(host, port), environment())  # noqa: S606 - our own interpreter, no shell


def command(host: str, port: int) -> list[str]:
    """Streamlit with what a server needs: no browser of its own, no statistics, no watching of files."""
    options = {
        "server.address": host,
        "server.port": port,
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "server.runOnSave": "false",
        "browser.gatherUsageStats": "false",
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
        "client.showSidebarNavigation": "true",
        "logger.level": "warning",
    }
    flags = [f"--{name}={value}" for name, value in options.items()]
    return [sys.executable, "-m", "streamlit", "run", str(APP), *flags]


def environment() -> dict[str, str]:
    """As it is, with the program's own folder importable wherever it was started."""
    own = str(APP.parent.parent.parent.parent)
    known = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": own if not known else os.pathsep.join((own, known))}
