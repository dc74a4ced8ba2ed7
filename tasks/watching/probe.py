"""One account's broker, asked one cheap question at a time: who are you?"""

from __future__ import annotations

import re
import time
from contextlib import ExitStack
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from tasks.accounts import make_broker, prove_identity
from tasks.audit import calls_of
from tasks.clock import now
from tieout.alert import quoted
from tieout.errors import TieoutError
from tieout.health import Answer, Probe, answer_of
from tieout.outages import away_until
from tieout.settings import AccountSettings, Settings

if TYPE_CHECKING:
    from brokers.base import Broker
    from brokers.http.calls import Call

KEPT_OPEN_FOR = 20  # probes, after which it is opened anew: with a fresh credential, and nothing piled up
_LEFT = re.compile(r"(\d+) of (\d+) left")


@runtime_checkable
class HasHeadroom(Protocol):
    """A broker with a request budget of ours."""

    def headroom(self) -> tuple[int, int] | None: ...


class Prober:
    """The probes of one account, one after the other. Its connection stays open between them while it answers."""

    def __init__(self) -> None:
        self._opened = ExitStack()
        self._broker: Broker | None = None
        self._asked = 0

    def probe(self, settings: Settings, account: AccountSettings) -> tuple[Probe, tuple[Call, ...]]:
        """What it came to, with the calls that were made.

        raises    TieoutError that says nothing of the broker: a place of secrets that cannot be opened
        """
        moment = now()
        if (until := away_until(account.outages, moment)) is not None:
            self.close()
            return Probe(Answer.AWAY, f"a planned outage until {until:%Y-%m-%d %H:%M} UTC", moment), ()
        began = time.perf_counter()
        try:
            broker = self._open(settings, account)
            prove_identity(broker, account)
        except TieoutError as error:
            calls = self._calls()
            self.close()
            return Probe(answer_of(error), quoted(str(error)), moment), calls
        calls = self._calls()
        elapsed = calls[-1].elapsed_ms if calls else round((time.perf_counter() - began) * 1000)
        return _answered(elapsed, _headroom(broker, calls), settings, moment), calls

    def close(self) -> None:
        """Let go of the connection."""
        self._broker, self._asked = None, 0
        self._opened.close()

    def _open(self, settings: Settings, account: AccountSettings) -> Broker:
        if self._asked >= KEPT_OPEN_FOR:
            self.close()
        self._asked += 1
        if self._broker is None:
            self._broker = self._opened.enter_context(make_broker(settings, account))
        return self._broker

    def _calls(self) -> tuple[Call, ...]:
        return calls_of(self._broker)


def _headroom(broker: Broker, calls: tuple[Call, ...]) -> tuple[int, int] | None:
    """The venue's word where it gives one, otherwise what is left of our own budget."""
    if calls and (told := _LEFT.search(calls[-1].limits)):
        return int(told[1]), int(told[2])
    return broker.headroom() if isinstance(broker, HasHeadroom) else None


def _answered(elapsed_ms: int, headroom: tuple[int, int] | None, settings: Settings, moment: datetime) -> Probe:
    slow = elapsed_ms >= settings.watch.slow_ms
    left, most = headroom or (None, None)
    words = f"it took {elapsed_ms} ms to answer" if slow else "it answers"
    return Probe(Answer.SLOW if slow else Answer.GOOD, words, moment, elapsed_ms, left, most)
