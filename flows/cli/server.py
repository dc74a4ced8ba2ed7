"""A Prefect server for the length of one command, when none is configured.

Its database stays in the project's data folder, so the next command starts without migrations and `tieout serve` shows
the runs of the day. Ephemeral mode is not used: it prints recorder errors at exit and misses its start limit on a busy
machine.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tieout.errors import TieoutError

START_LIMIT_S = 120.0
QUEUE_LIMIT_S = 10.0
_QUIET = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_CLI_PROMPT": "false",
}


class ServerError(TieoutError):
    """The local Prefect server did not start."""


def free_port() -> int:
    """A loopback port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def configured_api_url() -> str | None:
    """The Prefect API that the user has chosen, by environment or profile."""
    if url := os.environ.get("PREFECT_API_URL"):
        return url
    from prefect.settings import get_current_settings

    return get_current_settings().api.url


@contextmanager
def prefect_server(home: Path, *, port: int | None = None, always: bool = False) -> Iterator[str]:
    """The URL of a Prefect API: the configured one, or a server of our own that ends with the block.

    home      folder of the server's database and log
    always    start one even where an API is configured
    raises    ServerError with the end of the server's log
    """
    if not always and (url := configured_api_url()):
        yield url
        return
    with running_server(home, port=port) as url, pointing_to(url):
        yield url


@contextmanager
def running_server(home: Path, *, port: int | None = None, database: str | None = None) -> Iterator[str]:
    """The URL of a server of our own, which this process is not pointed to yet.

    home        folder of the server's log, and of its database where none is named
    database    URL of a PostgreSQL for it, `postgresql+asyncpg://…`
    raises      ServerError with the end of the server's log
    """
    home.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    url = f"http://127.0.0.1:{port}/api"
    server = _start(home.resolve(), port, url, database)
    try:
        _wait_until_healthy(server, url, home)
        yield url
    finally:
        _stop(server)


def server_environment(home: Path, url: str, database: str | None = None) -> dict[str, str]:
    """Environment of a server whose files all stay under `home`, and whose UI talks to itself."""
    return {
        **_QUIET,
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": database or f"sqlite+aiosqlite:///{home / 'prefect.db'}",
        "PREFECT_API_URL": url,
        "PREFECT_SERVER_UI_API_URL": url,
        "PREFECT_LOGGING_SERVER_LEVEL": "WARNING",
    }


def _start(home: Path, port: int, url: str, database: str | None) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with (home / "server.log").open("ab") as log:
        return subprocess.Popen(  # noqa: S603 - our own interpreter, no shell, arguments are ours
            command,
            env={**os.environ, **server_environment(home, url, database)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C ends the command first; the command then ends the server
        )


def _wait_until_healthy(server: subprocess.Popen[bytes], url: str, home: Path) -> None:
    import httpx

    deadline = time.monotonic() + START_LIMIT_S
    with httpx.Client(timeout=2.0, trust_env=False) as client:
        while time.monotonic() < deadline:
            if server.poll() is not None:
                break
            try:
                if client.get(f"{url}/health").is_success:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.2)
    _stop(server)
    tail = (home / "server.log").read_text(errors="replace")[-2000:]
    raise ServerError(f"the Prefect server did not come up within {START_LIMIT_S:.0f} s. Its log ends:\n{tail}")


@contextmanager
def pointing_to(url: str) -> Iterator[None]:
    """This process and those it starts speak to the server of that URL; at the end, what waits is sent."""
    from prefect.settings import PREFECT_API_URL, temporary_settings

    before = os.environ.get("PREFECT_API_URL")
    os.environ["PREFECT_API_URL"] = url  # for processes that the flow starts
    try:
        with temporary_settings({PREFECT_API_URL: url}):
            yield
            send_what_is_queued()
    finally:
        if before is None:
            os.environ.pop("PREFECT_API_URL", None)
        else:
            os.environ["PREFECT_API_URL"] = before


def send_what_is_queued() -> None:
    """Logs and events go out in the background; a server that is gone would be asked for minutes at exit."""
    from prefect.events.worker import EventsWorker
    from prefect.logging.handlers import APILogHandler

    APILogHandler().flush()
    EventsWorker.drain_all(timeout=QUEUE_LIMIT_S)


def _stop(server: subprocess.Popen[bytes]) -> None:
    if server.poll() is not None:
        return
    server.send_signal(signal.SIGINT)
    try:
        server.wait(timeout=15)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
