"""Typed fields of one JSON object, with messages that name the part, the row and the field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from tieout.errors import Malformed
from tieout.money import exact, exact_or_none


@dataclass(frozen=True, slots=True)
class Row:
    """One JSON object and where it stood (`positions row 3 (KO)`)."""

    values: Mapping[str, object]
    where: str

    def _named(self, field: str) -> str:
        return f"{self.where}: field `{field}`"

    def number(self, field: str) -> Decimal:
        """An exact number. Raises Malformed for null, NaN, absence."""
        return exact(self.values.get(field), self._named(field))

    def number_or_none(self, field: str) -> Decimal | None:
        """An exact number, None for null, empty text or absence."""
        return exact_or_none(self.values.get(field), self._named(field))

    def text(self, field: str) -> str:
        """Non-empty text. Raises Malformed otherwise."""
        value = self.values.get(field)
        if not isinstance(value, str) or not value:
            raise Malformed(f"{self._named(field)}: text was expected, got {value!r}", received=repr(value))
        return value

    def text_or_none(self, field: str) -> str | None:
        """Text, None for null, empty text or absence. Raises Malformed for anything else."""
        value = self.values.get(field)
        return None if value is None or value == "" else self.text(field)

    def flag(self, field: str) -> bool:
        """True or False; absence is False. Raises Malformed for anything else."""
        value = self.values.get(field, False)
        if not isinstance(value, bool):
            raise Malformed(f"{self._named(field)}: true or false was expected, got {value!r}")
        return value

    def moment(self, field: str) -> datetime:
        """An RFC 3339 time as aware UTC; digits beyond the microsecond are cut off. Raises Malformed."""
        text = self.text(field)
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise Malformed(f"{self._named(field)}: {text!r} is not a time", received=text) from None
        if moment.tzinfo is None:
            raise Malformed(f"{self._named(field)}: {text!r} has no time zone", received=text)
        return moment.astimezone(UTC)

    def moment_or_none(self, field: str) -> datetime | None:
        """As `moment`, None for null, empty text or absence."""
        return None if self.values.get(field) in (None, "") else self.moment(field)

    def day(self, field: str) -> date:
        """A calendar date `yyyy-mm-dd`. Raises Malformed."""
        text = self.text(field)
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise Malformed(f"{self._named(field)}: {text!r} is not a date", received=text) from None

    def day_or_none(self, field: str) -> date | None:
        """As `day`, None for null, empty text or absence."""
        return None if self.values.get(field) in (None, "") else self.day(field)


def row(body: object, part: str) -> Row:
    """The single object that an answer holds. Raises Malformed."""
    if not isinstance(body, dict):
        raise Malformed(f"{part}: an object was expected, got {_kind(body)}")
    return Row(body, part)


def rows(body: object, part: str) -> list[Row]:
    """The objects of an answer that is a list. Raises Malformed; an empty list is an answer, null is none."""
    if not isinstance(body, list):
        raise Malformed(f"{part}: a list was expected, got {_kind(body)}")
    found = []
    for number, item in enumerate(body, start=1):
        if not isinstance(item, dict):
            raise Malformed(f"{part} row {number}: an object was expected, got {_kind(item)}")
        found.append(Row(item, f"{part} row {number}{_label(item)}"))
    return found


def _label(item: Mapping[str, object]) -> str:
    label = item.get("symbol") or item.get("id")
    return f" ({label[:64]})" if isinstance(label, str) else ""


def _kind(value: object) -> str:
    return "null" if value is None else type(value).__name__
