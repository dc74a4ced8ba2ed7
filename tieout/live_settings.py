"""The `[going_live]` table as a value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GoingLive:
    """What must be proven before an account trades real money.

    enforced          an account that does not pass is refused; off: the list is only shown
    paper_sessions    sessions that a paper account at the same broker was closed for
    clean_sessions    its last sessions in a row that tied out
    people            who may agree, and must
    halt_rehearsed    whether a person must have halted trading once, and have let it go on
    """

    enforced: bool = True
    paper_sessions: int = 20
    clean_sessions: int = 5
    people: int = 2
    halt_rehearsed: bool = True
