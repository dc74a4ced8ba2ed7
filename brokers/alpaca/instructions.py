"""The word of an option's holder: exercise, or do not exercise, each for the whole position.

The venue lists no instructions. What was done of one is in its activities (OPEXC), and the position is gone. Telling
the same again cannot do it twice: no position is left to exercise, and one word takes the place of the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC

from brokers.alpaca.parse.symbols import wire_symbol
from brokers.alpaca.refusals import BROKER
from brokers.http.answers import Request
from brokers.http.door import Ask
from brokers.http.errors import unreadable
from tieout.errors import NotFound
from tieout.options.instruction import Choice, Instructing, Instruction
from tieout.records import Activity, ActivityKind

INSTRUCTING = Instructing(frozenset(Choice), whole=True, repeatable=True)
_WORDS = {Choice.EXERCISE: "exercise", Choice.DO_NOT_EXERCISE: "do-not-exercise"}
_NO_POSITION = "40410000"  # the venue's own word; a 404 without it may be a proxy's


def submit(ask: Ask, instruction: Instruction) -> str:
    """Send it once. Raises leaves of Rejected; Ambiguous where the answer was lost."""
    path = f"/v2/positions/{wire_symbol(instruction.contract)}/{_WORDS[instruction.choice]}"
    ask(Request("instruction", "POST", path), lambda _: None)
    return "accepted by the venue"


def shown(ask: Ask, instruction: Instruction, activities: Iterable[Activity]) -> str | None:
    """What was done of it; None where the position is there and no exercise of it is listed.

    activities    posted since it was decided
    """
    for one in activities:
        mine = one.instrument is not None and one.instrument.symbol == instruction.contract.symbol
        if mine and one.kind is ActivityKind.EXERCISE:
            return f"exercised: activity {one.activity_id} of {one.occurred_at.astimezone(UTC):%Y-%m-%d}"
    try:
        ask(Request("position", "GET", f"/v2/positions/{wire_symbol(instruction.contract)}"), lambda _: None)
    except NotFound as error:
        if error.code != _NO_POSITION:
            raise unreadable(BROKER, f"a 404 that is not the venue's own: {error.reason}", error.reason) from None
        return "the position is not held any more"
    return None
