"""The rehearsal: the demo's desk in a process and a folder of its own, and whether it came to what it must come to."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from tasks.artifacts import create_markdown_artifact, create_table_artifact
from tasks.clock import now
from tasks.log import run_logger
from tasks.settings import load_settings
from tieout.errors import TieoutError
from tieout.redact import redact_text
from tieout.rehearsal import Came, differences

LIMIT_S = 1800.0
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "VIRTUAL_ENV", "SSL_CERT_FILE", "NO_PROXY", "no_proxy")
_COMMAND = (sys.executable, "-m", "flows.cli.main", "demo", "--folder")
_TAIL = 4000  # characters of what it said


class RehearsalError(TieoutError):
    """The rehearsal could not be carried through."""


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """Where it played, and what each account's closes came to."""

    folder: Path
    came: tuple[Came, ...]


@task(task_run_name="rehearse", cache_policy=NO_CACHE)
def rehearse(seed: int) -> Rehearsed:
    """Play it. Nothing of this desk reaches it: no settings, no stores, no key, no Prefect server.

    raises    RehearsalError with the end of what it said
    """
    folder = (Path(load_settings().output_dir) / "rehearsals" / f"{now():%Y%m%dT%H%M%S}-{seed}").resolve()
    folder.mkdir(parents=True)
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    done = subprocess.run(  # noqa: S603 - our own interpreter, no shell, arguments are ours
        [*_COMMAND, str(folder), "--seed", str(seed)],
        env=environment | {"PYTHONPATH": os.pathsep.join(one for one in sys.path if one)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    if done.returncode:
        raise RehearsalError(f"it ended with {done.returncode}: {redact_text(done.stdout + done.stderr)[-_TAIL:]}")
    run_logger().info("%s", done.stdout)
    return Rehearsed(folder, _read(folder))


@task(task_run_name="show", cache_policy=NO_CACHE)
def show_rehearsal(done: Rehearsed) -> None:
    """What came of each close, in the run's page."""
    wrong = differences(done.came)
    lines = [f"# {'Not as it must be' if wrong else 'As it must be'}", "", *(f"- {one}" for one in wrong)]
    create_markdown_artifact("\n".join([*lines, "", f"Its stores and reports: `{done.folder}`"]), key="rehearsal")
    rows = [{"account": one.account_id, "session": one.session, "state": one.state} for one in done.came]
    create_table_artifact(rows, key="rehearsal-closes", description="Six made-up accounts over three sessions.")


def rehearsed(done: Rehearsed) -> State[Any]:
    """The flow run's state: failed where anything came out otherwise."""
    if wrong := differences(done.came):
        told = {"differences": list(wrong), "folder": str(done.folder), "exit_code": 1}
        return Failed(name="Not as it must be", message="; ".join(wrong), data=told)
    words = f"{len(done.came)} closes came out as they must; {done.folder}"
    return Completed(name="Rehearsed", message=words, data={"folder": str(done.folder), "exit_code": 0})


def _read(folder: Path) -> tuple[Came, ...]:
    from sqlalchemy import select

    from sql.journal import Journal
    from sql.schema.journal import run

    with closing(Journal.open(f"sqlite:///{folder}/data/journal.sqlite")) as opened, opened.read() as journal:
        rows = journal.execute(select(run).order_by(run.c.business_date, run.c.account_id)).all()
    days = sorted({row.business_date for row in rows})
    return tuple(Came(row.account_id, days.index(row.business_date) + 1, row.state) for row in rows)
