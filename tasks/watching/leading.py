"""One watch at a time: whoever holds the lease watches, the others stand by and take over where it runs out."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tasks.runs import holder, is_dead
from tieout.errors import StoreError

if TYPE_CHECKING:
    from sql.journal import Journal
    from sql.leases import Lease

_log = logging.getLogger("tieout.watch")
KEY = "*:watch:service"
_RENEWED = 4  # times within the life of the lease


class Leading:
    """The lease of one process.

    raises    StoreError where the journal cannot be written: whoever led goes on, for nobody else can take over either
    """

    def __init__(self, ttl: timedelta, monotonic: Callable[[], float]) -> None:
        self._ttl = ttl
        self._monotonic = monotonic
        self._lease: Lease | None = None
        self._renew_at = 0.0
        self._me = f"{holder()}:{uuid.uuid4().hex[:8]}"
        self._waits_for = ""

    @property
    def leads(self) -> bool:
        """Whether this process watches, as far as it knows."""
        return self._lease is not None

    def hold(self, journal: Journal, now: datetime) -> bool:
        """Take or keep the lease; whether this process watches."""
        from sql.leases import HeldByAnotherError, acquire, renew

        if self._lease is not None and self._monotonic() < self._renew_at:
            return True
        try:
            with journal.write() as connection:
                if self._lease is None:
                    self._lease = acquire(connection, KEY, self._me, now, self._ttl, is_dead)
                    _log.info("watching")
                else:
                    renew(connection, self._lease, now, self._ttl)
        except HeldByAnotherError as error:
            self._stand_by(str(error))
            return False
        self._renew_at = self._monotonic() + self._ttl.total_seconds() / _RENEWED
        return True

    def give_back(self, journal: Journal, now: datetime) -> None:
        """Let the next one take over at once."""
        from sql.leases import release

        lease, self._lease = self._lease, None
        if lease is None:
            return
        try:
            with journal.write() as connection:
                release(connection, lease, now)
        except StoreError as error:
            _log.warning("the lease could not be given back, and runs out by itself: %s", error)

    def _stand_by(self, words: str) -> None:
        if self._lease is not None:
            _log.error("another watch has taken over: %s", words)
        elif not self._waits_for:
            _log.info("standing by: %s", words)
        self._lease, self._waits_for = None, words
