"""The OSI option symbol: 6 characters of root, yymmdd, C or P, strike × 1000 in 8 digits.

Source: OCC Options Symbology Initiative. The padded form has 21 characters (`AAPL  260116P00150000`); many venues
drop the padding (`AAPL260116P00150000`). Both are parsed from the right, where fifteen characters are fixed, for a
root may end in a digit (adjusted contracts such as `AAPL1`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from tieout.errors import Malformed

_ROOT = re.compile(r"[A-Z][A-Z0-9.]{0,5}", re.ASCII)
_TAIL = re.compile(r"(\d{2})(\d{2})(\d{2})([CP])(\d{8})", re.ASCII)
_TAIL_LENGTH = 15
_LONGEST_ROOT = 6
_MAX_STRIKE_MILLS = 99_999_999


class OptionRight(StrEnum):
    """What the holder may do: buy (call) or sell (put) the underlying."""

    CALL = "call"
    PUT = "put"


@dataclass(frozen=True, slots=True)
class OsiSymbol:
    """One listed option series.

    root         1 to 6 characters as the OCC lists it; not always the underlying's ticker
    expiration   the expiration date printed in the symbol
    strike       currency per unit of underlying, three decimals at most
    """

    root: str
    expiration: date
    right: OptionRight
    strike: Decimal

    def __post_init__(self) -> None:
        if (reason := why_no_root(self.root)) is not None:
            raise Malformed(f"option root {self.root!r} {reason}", received=self.root)
        if not 2000 <= self.expiration.year <= 2099:
            raise Malformed(f"option expiration {self.expiration} cannot be written with two digits of year")
        mills = self.strike * 1000
        if mills != mills.to_integral_value() or not 0 < mills <= _MAX_STRIKE_MILLS:
            raise Malformed(f"option strike {self.strike} cannot be written in thousandths with eight digits")

    @property
    def padded(self) -> str:
        """The 21-character form, the canonical key of an option."""
        return f"{self.root:<6}{self._tail}"

    @property
    def compact(self) -> str:
        """The form without padding that Alpaca and Tradier use on the wire."""
        return f"{self.root}{self._tail}"

    @property
    def is_adjusted(self) -> bool:
        """Whether the root ends in a digit: deliverable and multiplier must then be asked of the venue."""
        return self.root[-1].isdigit()

    @property
    def _tail(self) -> str:
        side = "C" if self.right is OptionRight.CALL else "P"
        return f"{self.expiration:%y%m%d}{side}{int(self.strike * 1000):08d}"


def parse_osi(text: str) -> OsiSymbol:
    """The option series that `text` names, padded or compact.

    raises    Malformed, with the reason, where the text is not an OSI symbol or its date does not exist
    """
    root, tail = _parts(text)
    match = _TAIL.fullmatch(tail)
    if match is not None and (reason := why_no_root(root)) is not None:
        raise Malformed(f"{text!r} is not an OSI option symbol: its root {root!r} {reason}", received=text)
    if match is None:
        raise Malformed(f"{text!r} is not an OSI option symbol", received=text)
    year, month, day, side, mills = match.groups()
    try:
        expiration = date(2000 + int(year), int(month), int(day))
    except ValueError as error:
        raise Malformed(f"{text!r} names a date that does not exist", received=text) from error
    right = OptionRight.CALL if side == "C" else OptionRight.PUT
    return OsiSymbol(root, expiration, right, Decimal(int(mills)).scaleb(-3))


def is_osi(text: str) -> bool:
    """Whether `text` has the form of an OSI symbol."""
    root, tail = _parts(text)
    return why_no_root(root) is None and _TAIL.fullmatch(tail) is not None


def why_no_root(root: str) -> str | None:
    """Why the OCC lists no ordinary option under that root; None where it may."""
    return None if _ROOT.fullmatch(root) else _why_odd(root)


def _why_odd(root: str) -> str:
    reasons = (
        (not root, "is empty"),
        (len(root) > _LONGEST_ROOT, f"has {len(root)} characters, and the symbol has room for {_LONGEST_ROOT}"),
        (root != root.upper(), "has small letters; roots are written in capitals"),
        (root[:1].isdigit(), "begins with a digit: a FLEX series, whose terms its symbol does not tell"),
        (" " in root, "has a blank inside"),
        (True, "does not consist of capital letters, digits and points, a letter first"),
    )
    return next(words for holds, words in reasons if holds)


def _parts(text: str) -> tuple[str, str]:
    """Root and the fifteen fixed characters behind it, which are cut off from the right."""
    stripped = text.strip()
    return stripped[:-_TAIL_LENGTH].rstrip(" "), stripped[-_TAIL_LENGTH:]
