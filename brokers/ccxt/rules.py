"""A venue's refusals as rows: which code means which leaf, and why.

Only what is known goes into a row. What no row knows is judged by ccxt's class for it, and what that does not say for
sure is ambiguous to a write.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tieout.errors import Ambiguous, BrokerError, InvalidOrder, MarketClosed, NotTradable, RateLimited, Unauthorised


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
    do       what a person does about it; where it is empty, what is usual for the leaf
    """

    codes: str
    leaf: type[BrokerError]
    why: str
    words: str = ""
    do: str = ""

    def fits(self, said: Said) -> bool:
        """Whether it speaks of this refusal."""
        return re.fullmatch(self.codes, said.code) is not None and (
            not self.words or re.search(self.words, said.words.lower()) is not None
        )


SET_CLOCK = "set this machine's clock by NTP; nothing happened at the venue"
SEE_STATUS = "see the venue's status page: it is in trouble or under maintenance"
OWN_KEY = "give each process a key of its own, and set this machine's clock by NTP; nothing happened at the venue"
NO_POSITION = "there is nothing to reduce on that side: compare `tieout positions` with the account"
USUAL: Mapping[type[BrokerError], str] = {
    Unauthorised: "check at the venue what this key may do and from where; `tieout credentials set` stores another",
    InvalidOrder: "correct the order; steps and limits of the market may have changed since they were read today",
    MarketClosed: "take the market out of the signals, or wait until the venue trades it again",
    NotTradable: "correct its symbol, or take the market out of the signals",
    RateLimited: "lower `requests_per_minute`, and look who else uses this key or address",
    Ambiguous: SEE_STATUS,
}
"""What a person does about a refusal, by its leaf."""


def first(rules: Iterable[Rule], said: Said) -> Rule | None:
    """The first row that speaks of a refusal."""
    return next((rule for rule in rules if rule.fits(said)), None)
