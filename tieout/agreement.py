"""How many people must agree to what: the `[agreement]` table as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum


class ActKind(StrEnum):
    """What is to be done."""

    LIVE = "live"  # an account may trade real money
    RESUME = "resume"  # a breaker is lifted
    BOOK = "book"  # a resolution is taken back, or made by hand
    WITHDRAWAL_KEY = "withdrawal_key"  # a key that can take money out is accepted
    TRANSFER = "transfer"  # something that leaves an account, or changes in it, is expected: nobody is alarmed
    INSTRUCT = "instruct"  # the broker is told to exercise an option, or not to


@dataclass(frozen=True, slots=True)
class Agreement:
    """The `[agreement]` table.

    needed       people who must say yes, by kind; kinds that are not named: two, to instruct one, or as many as there
                 are
    time_to_agree    after which a question is void
    """

    needed: Mapping[ActKind, int] = field(default_factory=dict)
    time_to_agree: timedelta = timedelta(hours=4)
