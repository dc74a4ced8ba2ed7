"""One field at a time, each complaint with the sender's own name of the field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from tieout.errors import Malformed
from tieout.money import WIDE, exact
from tieout.signals.types import Kept, RefusalCode, RefusedError
from tieout.toml_table import nearest

E = TypeVar("E", bound=StrEnum)
HUNDRED = Decimal(100)
_SHOWN = 40  # characters of a wrong value in a message
_EPOCH_DIGITS = {10: 1, 13: 1000}  # seconds until the year 2286, milliseconds likewise


@dataclass(frozen=True, slots=True)
class Reader:
    """A payload under our names; `theirs` holds the sender's."""

    given: Mapping[str, Kept]
    theirs: Mapping[str, str]

    def refuse(self, code: RefusalCode, name: str, words: str) -> RefusedError:
        """A refusal that names the field; to be raised by the caller."""
        known_as = self.theirs.get(name, name)
        return RefusedError(code, f"{known_as} {words}", known_as)

    def text(self, name: str, most: int = 64) -> str | None:
        """A text, None where it is absent or empty."""
        value = self.given.get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            raise self.refuse(RefusalCode.NOT_A_WORD, name, "must be a single text or number")
        found = value.strip()
        if len(found) > most or not found.isprintable():
            raise self.refuse(RefusalCode.NOT_A_WORD, name, f"must be printable and at most {most} characters long")
        return found or None

    def required(self, name: str) -> str:
        """A text that must be there."""
        found = self.text(name)
        if found is None:
            raise self.refuse(RefusalCode.MISSING, name, "is missing")
        return found

    def word(self, name: str, words: type[E]) -> E | None:
        """One word of an enumeration, in any case."""
        found = self.text(name)
        if found is None:
            return None
        try:
            return words(found.lower())
        except ValueError:
            told = nearest(found.lower(), [one.value for one in words])
            raise self.refuse(RefusalCode.NOT_A_WORD, name, f"was {found[:_SHOWN]!r}; {told}") from None

    def flag(self, name: str) -> bool:
        """true or false, as such or as a word; false where absent."""
        value = self.given.get(name)
        if isinstance(value, bool):
            return value
        found = self.text(name)
        if found is None or found.lower() == "false":
            return False
        if found.lower() == "true":
            return True
        raise self.refuse(RefusalCode.NOT_A_WORD, name, f"must be true or false, was {found[:_SHOWN]!r}")

    def number(self, name: str) -> Decimal | None:
        """A finite number exactly as written, of at most the digits that the stores hold."""
        value = self.given.get(name)
        if isinstance(value, bool):
            raise self.refuse(RefusalCode.NOT_A_NUMBER, name, "must be a number")
        found = self.text(name)
        return None if found is None else self._exact(name, found)

    def above_zero(self, name: str, code: RefusalCode, most: Decimal | None = None) -> Decimal | None:
        """A number above zero, and not above `most`."""
        found = self.number(name)
        if found is not None and found <= 0:
            raise self.refuse(code, name, f"must be above zero, was {found}"[:100])
        if found is not None and most is not None and found > most:
            raise self.refuse(code, name, f"must be {most} or below, was {found}"[:100])
        return found

    def share(self, name: str, code: RefusalCode) -> Decimal | None:
        """A share of a whole: `0.05` or `"5%"`. `1` without a sign could mean either, and is refused."""
        found = self.text(name)
        if found is None:
            return None
        percent = found.endswith("%")
        value = self._exact(name, found.removesuffix("%").rstrip())
        if value <= 0 or (value > HUNDRED if percent else value >= 1):
            shown = found[:_SHOWN]
            raise self.refuse(code, name, f'must be a share such as 0.05, or "5%", above zero, was {shown!r}')
        return self._exact(name, str(value.scaleb(-2, WIDE))) if percent else value

    def moment(self, name: str) -> datetime | None:
        """A moment, UTC: ISO 8601 with its zone, or seconds or milliseconds since 1970."""
        found = self.text(name)
        if found is None:
            return None
        try:
            if found.isascii() and found.isdigit() and (unit := _EPOCH_DIGITS.get(len(found))):
                return datetime.fromtimestamp(int(found) / unit, UTC)
            moment = datetime.fromisoformat(found)
            if moment.tzinfo is not None:
                return moment.astimezone(UTC)
        except (ValueError, OverflowError):
            pass  # told below, as a moment without its zone is
        words = f"must be a moment with its zone such as 2026-01-16T14:30:00Z, was {found[:_SHOWN]!r}"
        raise self.refuse(RefusalCode.TIME, name, words)

    def _exact(self, name: str, found: str) -> Decimal:
        try:
            return exact(found, name)
        except Malformed:
            words = f"must be a finite number such as 12.5 that fits, was {found[:_SHOWN]!r}"
            raise self.refuse(RefusalCode.NOT_A_NUMBER, name, words) from None
