"""What a window does first: let go of signals whose time is over, and take in those that wait in folder and table."""

from __future__ import annotations

from dataclasses import dataclass

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.clock import now
from tasks.log import run_logger
from tasks.signals.folder import FileRead, take_folder
from tasks.signals.inbox import take_inbox
from tasks.stores import Stores, open_stores


@dataclass(frozen=True, slots=True)
class Gathered:
    """What came in.

    new        signals that are pending now
    refused    in the words that their senders read
    expired    ids of signals that no window took in time
    trouble    files that could not be read or moved; they stay where they are
    """

    new: int
    refused: tuple[str, ...] = ()
    expired: tuple[str, ...] = ()
    trouble: tuple[str, ...] = ()


@task(task_run_name="gather signals", cache_policy=NO_CACHE)
def gather_signals() -> Gathered:
    """Read drop folder and table, each signal once however often this runs.

    raises    DataError where the drop folder cannot be listed
    """
    with open_stores() as stores:
        gathered = gather(stores)
    _tell(gathered)
    return gathered


def gather(stores: Stores) -> Gathered:
    """The same inside a run that takes signals for as long as its window lasts.

    raises    DataError where the drop folder cannot be listed
    """
    from sql.signals import expire_signals

    files = take_folder(stores.journal, stores.settings, now())
    rows = take_inbox(stores.journal, stores.settings, now())
    with stores.journal.write() as journal:
        expired = expire_signals(journal, now())
    return Gathered(
        sum(one.new for one in files) + sum(one.new for one in rows if one.refusal is None),
        (*_refused(files), *(one.refusal.reason for one in rows if one.refusal)),
        tuple(expired),
        tuple(f"{one.name}: {one.trouble}" for one in files if one.trouble),
    )


def _refused(files: list[FileRead]) -> list[str]:
    return [f"{one.name}: {line}" for one in files if not one.taken for line in one.lines]


def _tell(gathered: Gathered) -> None:
    log = run_logger()
    log.info("%d new signals, %d expired", gathered.new, len(gathered.expired))
    for words in (*gathered.refused, *gathered.trouble):
        log.warning("%s", words)
