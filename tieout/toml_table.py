"""One table of a configuration file, read key by key, so that every complaint says where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from enum import StrEnum
from typing import TypeVar

from tieout.environment import PERCENT
from tieout.errors import ConfigError

E = TypeVar("E", bound=StrEnum)
_REFERENCE = re.compile(r"env:[A-Za-z_]\w*|(keyring|prefect|aws|file):\S+", re.ASCII)


@dataclass(slots=True)
class TomlTable:
    """A table under reading. `close` complains about the keys that nobody asked for.

    place     what stands in messages, `tieout.toml [accounts.alpaca-main]`
    """

    place: str
    content: Mapping[str, object]
    asked: list[str] = field(default_factory=list)

    def complain(self, key: str, what: str) -> ConfigError:
        """An error that says where; to be raised by the caller."""
        return ConfigError(f"{self.place}: {key} {what}")

    def has(self, key: str) -> bool:
        """Whether the key is written, and from now on known."""
        self.asked.append(key)
        return key in self.content

    def text(self, key: str, default: str) -> str:
        """A text that is not empty."""
        if not self.has(key):
            return default
        value = self.content[key]
        if not isinstance(value, str) or not value.strip():
            raise self.complain(key, f"must be a text in quotes, was {value!r}")
        return value.strip()

    def text_or_none(self, key: str) -> str | None:
        """A text, or None where the key is not written."""
        return self.text(key, "") or None

    def required(self, key: str, why: str) -> str:
        """A text that has no default; `why` tells what to write."""
        if not self.has(key):
            near = get_close_matches(key, self.content, n=1)
            hint = f" (is {near[0]!r} meant to be it?)" if near else ""
            raise self.complain(key, f"is missing: {why}{hint}")
        return self.text(key, "")

    def matching(self, key: str, default: str, pattern: str, what: str) -> str:
        """A text of a given shape."""
        value = self.text(key, default)
        if not re.fullmatch(pattern, value):
            raise self.complain(key, f"must be {what}, was {value!r}")
        return value

    def choice(self, key: str, words: type[E], default: E) -> E:
        """One word of an enumeration."""
        value = self.text(key, default.value)
        try:
            return words(value)
        except ValueError as error:
            raise self.complain(key, f"must be one of {', '.join(words)}, was {value!r}") from error

    def flag(self, key: str, default: bool) -> bool:
        """true or false, written without quotes."""
        value = self.content[key] if self.has(key) else default
        if not isinstance(value, bool):
            raise self.complain(key, f"must be true or false without quotes, was {value!r}")
        return value

    def number(self, key: str, default: Decimal, *, least: Decimal = Decimal(0)) -> Decimal:
        """A decimal, exactly as written; `"0.05%"` in quotes is a share of the whole.

        raises    ConfigError for anything that is no finite number, or below `least`
        """
        if not self.has(key):
            return default
        value = self._decimal(key)
        if value < least:
            raise self.complain(key, f"must be {least} or above, was {value}")
        return value

    def whole(self, key: str, default: int, *, least: int = 0) -> int:
        """A whole number."""
        value = self.number(key, Decimal(default), least=Decimal(least))
        if value != value.to_integral_value():
            raise self.complain(key, f"must be a whole number, was {value}")
        return int(value)

    def seconds(self, key: str, default: float) -> float:
        """A time span in seconds, above zero."""
        value = self.number(key, Decimal(repr(default)))
        if value <= 0:
            raise self.complain(key, f"must be above zero seconds, was {value}")
        return float(value)

    def many_seconds(self, key: str, default: tuple[float, ...]) -> tuple[float, ...]:
        """A list of waits in seconds, zero or above; an empty list means: never again."""
        if not self.has(key):
            return default
        value = self.content[key]
        if not isinstance(value, list):
            raise self.complain(key, f"must be a list of seconds such as [5, 30, 120], was {value!r}")
        return tuple(float(self._as_decimal(key, one)) for one in self._all_above_zero(key, value))

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of words, empty where the key is not written."""
        value = self.content[key] if self.has(key) else []
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise self.complain(key, f"must be a list of texts, was {value!r}")
        return tuple(str(one) for one in value)

    def references(self, key: str) -> tuple[str, ...]:
        """A list of references such as `env:NAME`; what else stands there may be a secret and is never repeated."""
        value = self.content[key] if self.has(key) else []
        values = value if isinstance(value, list) else [value]
        for one in values:
            if not isinstance(one, str) or not _REFERENCE.fullmatch(one):
                raise self.complain(key, "must hold references such as env:TIEOUT_ALERT_URL, never the secret itself")
        return tuple(str(one) for one in values)

    def reference_or_none(self, key: str) -> str | None:
        """One reference, or None where the key is not written."""
        found = self.references(key)
        if len(found) > 1:
            raise self.complain(key, "must be one reference")
        return found[0] if found else None

    def url_or_none(self, key: str) -> str | None:
        """A web address without user or password, or None where the key is not written."""
        value = self.text_or_none(key)
        if value is None:
            return None
        if "@" in value.split("?")[0]:
            raise self.complain(key, "holds a user or password; credentials belong into `credential`")
        if not re.fullmatch(r"https?://[^\s/]+(/\S*)?", value):
            raise self.complain(key, f"must be a URL such as http://127.0.0.1:8900, was {value!r}")
        return value.rstrip("/")

    def table(self, key: str) -> TomlTable:
        """The table under that key; an empty one where it is not written."""
        value = self.content[key] if self.has(key) else {}
        if not isinstance(value, Mapping):
            raise self.complain(key, f"must be a table, was {value!r}")
        return TomlTable(_below(self.place, key), value)

    def close(self) -> None:
        """Complain about the first key that is not known, with the nearest that is.

        raises    ConfigError
        """
        for key in self.content:
            if key not in self.asked:
                raise self.complain(f"{key!r}", f"is not known; {nearest(key, self.asked)}")

    def _decimal(self, key: str) -> Decimal:
        return self._as_decimal(key, self.content[key])

    def _as_decimal(self, key: str, value: object) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
            raise self.complain(key, f"must be a number, was {value!r}")
        text = str(value).strip()
        try:
            number = Decimal(text[:-1]) / PERCENT if text.endswith("%") else Decimal(text)
        except InvalidOperation as error:
            raise self.complain(key, f"must be a number, was {value!r}") from error
        if not number.is_finite():
            raise self.complain(key, f"must be a finite number, was {value!r}")
        return number

    def _all_above_zero(self, key: str, values: list[object]) -> list[object]:
        for one in values:
            if self._as_decimal(key, one) < 0:
                raise self.complain(key, f"must hold seconds of zero or above, was {one!r}")
        return values


def nearest(word: str, known: Iterable[str]) -> str:
    """`did you mean …?`, or everything that is known."""
    near = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}?" if near else f"known are {', '.join(sorted(set(known)))}"


def _below(place: str, key: str) -> str:
    if place.endswith("]"):
        return f"{place[:-1]}.{key}]"
    return f"{place} [{key}]"
