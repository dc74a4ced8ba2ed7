"""Everything TWS said, as it came: the frames of one answer together, from the first row to the end marker."""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import Callable
from datetime import datetime
from typing import Any

from tieout.snapshots import RawAnswer

_KEPT = 5_000
WHOLE, CUT = 200, 0  # the end marker came, or it did not
_PARTS = {
    "61": "positions", "62": "positions", "7": "positions", "54": "positions",
    "6": "account", "63": "account", "64": "account",
    "5": "orders", "3": "orders", "53": "orders", "101": "completed", "102": "completed",
    "11": "executions", "59": "executions", "55": "executions",
    "10": "contract", "52": "contract", "1": "quote", "57": "quote", "49": "clock", "4": "messages",
}  # fmt: skip
_ENDS = {
    "62": "reqPositions",
    "54": "reqAccountUpdates",
    "64": "reqAccountSummary",
    "53": "reqAllOpenOrders",
    "102": "reqCompletedOrders",
    "55": "reqExecutions",
    "52": "reqContractDetails",
    "57": "reqMktData",
    "49": "reqCurrentTime",
    "4": "message",
}


class Tape:
    """Frames of one session. Written by the thread of the event loop, read by the caller's.

    faults    frames that the library could not read, in its own words
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._answers: deque[RawAnswer] = deque(maxlen=_KEPT)
        self._rows: dict[str, list[list[str]]] = defaultdict(list)
        self.faults: list[str] = []

    @property
    def answers(self) -> tuple[RawAnswer, ...]:
        """Every answer so far, those without their end too."""
        return tuple(self._answers)

    def listen(self, ib: Any) -> None:
        """Hear what a connection hears, and what its library cannot read."""
        decoder = ib.client.decoder
        interpret = decoder.interpret

        def heard(fields: list[str]) -> None:
            self._heard(list(fields))
            interpret(fields)

        decoder.interpret = heard
        decoder.logger = _Complaints(self.faults)

    def cut(self) -> None:
        """Keep what came of answers that will not end any more."""
        for part in [one for one, rows in self._rows.items() if rows]:
            self._keep(part, "unfinished", CUT)

    def _heard(self, fields: list[str]) -> None:
        part = _PARTS.get(fields[0])
        if part is None:
            return
        self._rows[part].append(fields)
        if (asked := _ENDS.get(fields[0])) is not None:
            self._keep(part, asked, WHOLE)

    def _keep(self, part: str, asked: str, status: int) -> None:
        rows = self._rows.pop(part, [])
        self._answers.append(RawAnswer(part, asked, status, self._clock(), json.dumps(rows).encode()))


class _Complaints:
    """Stands where the library logs what it could not read and goes on as if nothing had been sent."""

    def __init__(self, faults: list[str]) -> None:
        self._faults = faults

    def exception(self, message: str, *_: object) -> None:
        self._faults.append(message)

    error = exception
