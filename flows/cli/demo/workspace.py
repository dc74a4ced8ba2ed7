"""The demo's own folder: settings, stores, reports and server, apart from anything of the user's."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from flows.cli.demo.desk import ACCOUNTS
from tieout.errors import ConfigError

MARK = ".tieout-demo"
_MADE = ("data", "out", "tieout.toml", ".env")  # the server's database stays: its migrations take longest

# The demo shows one truncated answer per reading, so waiting longer between tries would only make people wait.
_HEAD = """# Made by `tieout demo`; each demo makes it anew.
journal_url = "sqlite:///{folder}/data/journal.sqlite"
warehouse_url = "duckdb:///{folder}/data/tieout.duckdb"
output_dir = "{folder}/out"

[run]
retry_delays_s = [0.1]
"""
_ACCOUNT = """
[accounts.{name}]
broker = "{broker}"
mode = "paper"
calendar = "XNYS"
base_currency = "USD"
credential = "env:{prefix}"
lot_method = "average"       # as the simulated broker states its cost
endpoint = "{endpoint}"
"""


def fresh_folder(folder: Path) -> Path:
    """An empty workspace; what an earlier demo left there is removed.

    raises    ConfigError for a folder that holds something else
    """
    folder = folder.resolve()
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise ConfigError(f"{folder} is not empty and no demo made it: name another folder with --folder")
    for name in _MADE:
        path = folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).touch()
    return folder


def write_settings(folder: Path, endpoints: Mapping[str, str]) -> Path:
    """`tieout.toml` with every account of the demo; endpoints by account name."""
    tables = (
        _ACCOUNT.format(name=one.account_id, broker=one.broker, prefix=one.prefix, endpoint=endpoints[one.account_id])
        for one in ACCOUNTS
    )
    path = folder / "tieout.toml"
    path.write_text(_HEAD.format(folder=folder) + "".join(tables), encoding="utf-8")
    return path


@contextmanager
def environment(added: Mapping[str, str]) -> Iterator[None]:
    """The process environment with some names added, as it was afterwards."""
    before = {name: os.environ.get(name) for name in added}
    os.environ.update(added)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
