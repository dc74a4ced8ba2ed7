"""What goes wrong on the TWS socket beyond resets and delays: effects for the faults of a `TwsFace`."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from simulator.protocols.faults import Answer
from simulator.protocols.wire import FaceAnswer, FaceRequest, rows_of

SILENT = 204  # nothing is sent, and nothing more about this order
TOLD_OFF = 400  # an error message instead of the answer
_END_MARKERS = {"62", "53", "102", "54", "64", "55", "52", "57", "74"}


@dataclass(frozen=True, slots=True)
class Silent:
    """No answer. `booked`: what was asked for happened all the same."""

    booked: bool = True

    def strike(self, request: FaceRequest, answer: Answer) -> FaceAnswer:
        if self.booked:
            answer(request)
        return FaceAnswer(SILENT)


@dataclass(frozen=True, slots=True)
class NoEnd:
    """The rows come, and the message that ends them does not."""

    def strike(self, request: FaceRequest, answer: Answer) -> FaceAnswer:
        whole = answer(request)
        rows = rows_of(whole.body)
        return whole.with_json([row for row in rows if row[0] not in _END_MARKERS])


@dataclass(frozen=True, slots=True)
class Says:
    """An error message in the answer's place, or before it (`and_answers`).

    booked    what was asked for happened all the same
    """

    code: int
    text: str
    and_answers: bool = False
    booked: bool = False

    def strike(self, request: FaceRequest, answer: Answer) -> FaceAnswer:
        said = {"code": self.code, "text": self.text}
        if not self.and_answers:
            if self.booked:
                answer(request)
            return FaceAnswer(TOLD_OFF, json.dumps(said).encode())
        return replace(answer(request), headers={"said": json.dumps(said)})


@dataclass(frozen=True, slots=True)
class Garbled:
    """One row loses its last fields on the way."""

    row: int = 0
    fields: int = 2

    def strike(self, request: FaceRequest, answer: Answer) -> FaceAnswer:
        whole = answer(request)
        rows = rows_of(whole.body)
        rows[self.row] = rows[self.row][: -self.fields]
        return whole.with_json(rows)


def pacing(and_answers: bool = False) -> Says:
    """Too many messages in a second."""
    return Says(100, "Max rate of messages per second has been exceeded:max=50 rec=51 (1)", and_answers)
