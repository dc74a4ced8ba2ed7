"""One account while it is watched: what is due, what is under way, and whether it may be looked at now."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from tasks.accounts import sessions_of
from tasks.clock import now
from tasks.watching.probe import Prober
from tasks.watching.workers import Worker
from tieout.health import UNUSABLE, Health, Probe, unknown
from tieout.ids import AccountId
from tieout.risk_watch import Watched
from tieout.settings import AccountSettings, WatchSettings

if TYPE_CHECKING:
    from brokers.http.calls import Call

BEFORE_SESSION, AFTER_SESSION = timedelta(minutes=30), timedelta(minutes=15)

Probed = tuple[Probe, "tuple[Call, ...]"]


@dataclass(slots=True)
class Beat:
    """Something that is due every so often, by a clock that no rehearsal stops."""

    every_s: float
    monotonic: Callable[[], float] = time.monotonic
    due_at: float = 0.0

    def is_due(self) -> bool:
        """Whether it is; then it is not for a while. One that was missed is not made up for."""
        if self.monotonic() < self.due_at:
            return False
        self.due_at = self.monotonic() + self.every_s
        return True


@dataclass(slots=True)
class WatchedAccount:
    """One account, its health as it is known here, and its two threads."""

    settings: AccountSettings
    health: Health
    probe_due: Beat
    look_due: Beat
    prober: Prober = field(default_factory=Prober)
    probes: Worker[Probed] = field(default_factory=lambda: Worker("probe"))
    looks: Worker[Watched] = field(default_factory=lambda: Worker("look"))

    @classmethod
    def of(cls, one: AccountSettings, rules: WatchSettings, monotonic: Callable[[], float]) -> WatchedAccount:
        """An account of which nothing is known yet."""
        health = unknown(one.account.account_id, one.account.broker, now())
        return cls(one, health, Beat(rules.probe_every_s, monotonic), Beat(rules.risk_every_s, monotonic))

    def may_look(self) -> bool:
        """In the session and a little around it, at a broker that answers: of one that is down its breaker tells."""
        if self.health.state in UNUSABLE:
            return False
        sessions, moment = sessions_of(self.settings), now()
        day = moment.astimezone(sessions.zone).date()
        if not sessions.is_session(day):
            return False
        return sessions.opens_at(day) - BEFORE_SESSION <= moment < sessions.closes_at(day) + AFTER_SESSION

    def settle(self) -> None:
        """Wait for what is under way."""
        self.probes.settle()
        self.looks.settle()

    def stop(self) -> None:
        """End what is under way."""
        self.probes.stop()
        self.looks.stop()
        self.prober.close()


def look(account_id: AccountId, *, live: bool) -> Watched:
    """What `risk-watch` does for one account, without a flow run."""
    from tasks.trading.risk_watch import watch_account

    return watch_account.fn(account_id, live)
