"""Working under the lease of another run: only where no living run holds it, and only for as long as it takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from tasks.clock import now
from tasks.log import run_logger
from tasks.runs import holder, is_dead
from tasks.stores import Stores
from tieout.errors import StoreError

if TYPE_CHECKING:
    from sql.leases import Lease


def free_lease(stores: Stores, key: str) -> Lease | None:
    """The lease, where no living run holds it."""
    try:
        return take_lease(stores, key)
    except StoreError as error:
        run_logger().info("%s", error)
        return None


def take_lease(stores: Stores, key: str) -> Lease:
    """The lease.

    raises    StoreError where a living run holds it
    """
    from sql.leases import acquire

    ttl = timedelta(seconds=stores.settings.lease_s)
    with stores.journal.write() as journal:
        return acquire(journal, key, holder(), now(), ttl, is_dead)


def renew_lease(stores: Stores, lease: Lease) -> None:
    """Hold it longer.

    raises    StoreError where it was taken over
    """
    from sql.leases import renew

    with stores.journal.write() as journal:
        renew(journal, lease, now(), timedelta(seconds=stores.settings.lease_s))


@contextmanager
def given_back(stores: Stores, lease: Lease) -> Iterator[Lease]:
    """The lease, released at the end of the block."""
    from sql.leases import release

    try:
        yield lease
    finally:
        with stores.journal.write() as journal:
            release(journal, lease, now())


def patience(limit: timedelta) -> Callable[[], bool]:
    """Whether there still is time, by a clock that no rehearsal stops."""
    ends = time.monotonic() + limit.total_seconds()
    return lambda: time.monotonic() < ends
