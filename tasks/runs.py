"""Beginning and ending a run of one account's close: its number, its lease, its outcome."""

from __future__ import annotations

import os
import socket
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run

from tasks.clock import now
from tasks.stores import Stores, open_stores
from tieout.closing import Close
from tieout.recovery import Life

if TYPE_CHECKING:
    from sql.leases import Lease

FLOW = "eod-reconciliation"
_UNBURIED = "Z"


@task(task_run_name="begin {close.account_id} {close.business_date}", cache_policy=NO_CACHE)
def begin_run(close: Close, flow: str = FLOW) -> Close:
    """Number the run and take the account's lease, so that two runs of a flow never work on one account's session.

    raises    StoreError where another run holds the lease
    """
    from sql.leases import acquire
    from sql.records import record_account
    from sql.runs import start_run

    with open_stores() as stores, stores.journal.write() as journal:
        key = f"{close.account_id}:{flow}:{close.business_date}"
        ttl = timedelta(seconds=stores.settings.lease_s)
        lease = acquire(journal, key, holder(), now(), ttl, is_dead)
        record_account(journal, stores.settings.accounts[close.account_id].account)
        run_id = start_run(journal, close.account_id, flow, close.business_date, now(), flow_run.id)
    return close.with_run(run_id, key, lease.token)


def end_run(stores: Stores, close: Close, state: str, outcome: dict[str, Any]) -> None:
    """Write down how the run ended and give the lease back."""
    from sql.leases import release
    from sql.runs import end_run as write_end

    if close.run_id is None:
        return
    with stores.journal.write() as journal:
        write_end(journal, close.run_id, state, outcome, now())
        release(journal, lease_of(close), now())


def keep_lease(stores: Stores, close: Close) -> None:
    """Hold the lease longer, as each step begins.

    raises    StoreError where another run has taken over: then this one may do nothing more
    """
    from sql.leases import renew

    with stores.journal.write() as journal:
        renew(journal, lease_of(close), now(), timedelta(seconds=stores.settings.lease_s))


def lease_of(close: Close) -> Lease:
    """The lease that this run holds, from its key and fencing token."""
    from sql.leases import Lease

    return Lease(close.lease_key, holder(), close.token)


def is_dead(holder: str) -> bool:
    """Whether a lease's holder was a process of this machine that is no more. Of other machines nothing is known.

    A process that was killed and that nobody has buried is dead too, as is one whose number another process has by now:
    in a container that was started again the numbers begin anew.
    """
    host, pid, _, began = (*holder.split(":"), "", "", "", "")[:4]
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:  # it lives, and belongs to somebody else
        return False
    state, since = _of_process(int(pid))
    return state == _UNBURIED or bool(began and since and began != since)


def holder(flow_run_id: object = None) -> str:
    """What a lease names as its holder: machine, process, flow run, and when the process began.

    flow_run_id    None takes the one that this code runs in
    """
    run = flow_run_id or flow_run.id or "no flow run"
    return f"{socket.gethostname()}:{os.getpid()}:{run}:{_of_process(os.getpid())[1]}"


def life(holder: str | None) -> Life:
    """What is known of a holder's process; of another machine's nothing."""
    if holder is None or holder.partition(":")[0] != socket.gethostname():
        return Life.UNKNOWN
    return Life.DEAD if is_dead(holder) else Life.ALIVE


def _of_process(pid: int) -> tuple[str, str]:
    """State and beginning, in the kernel's ticks since boot, as Linux has them (proc(5)); empty elsewhere."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return "", ""
    return fields[0], fields[19]
