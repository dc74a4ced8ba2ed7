"""A venue's refusals as rows: which code means which leaf, and why.

Only what is known goes into a row. What no row knows is judged by ccxt's class for it, and what that does not say for
sure is ambiguous to a write.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tieout.errors import BrokerError


@dataclass(frozen=True, slots=True)
class Said:
    """What a venue says in its refusal: its code, and its words."""

    code: str
    words: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One row.

    codes    regular expression for the whole code
    leaf     what it means to a write; where that is Ambiguous, a read has merely failed
    why      the venue's own words or the trap behind it
    words    regular expression that the words must hold as well, in lower case; where several codes share one number
    """

    codes: str
    leaf: type[BrokerError]
    why: str
    words: str = ""

    def fits(self, said: Said) -> bool:
        """Whether it speaks of this refusal."""
        return re.fullmatch(self.codes, said.code) is not None and (
            not self.words or re.search(self.words, said.words.lower()) is not None
        )


def first(rules: Iterable[Rule], said: Said) -> Rule | None:
    """The first row that speaks of a refusal."""
    return next((rule for rule in rules if rule.fits(said)), None)
