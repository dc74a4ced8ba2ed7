"""How much noise a month made: what people were told for each difference that was one. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tieout.alert import Alert, happened
from tieout.errors import DataError
from tieout.recon.types import Cause, Severity

TIMING = frozenset({Cause.SETTLEMENT_TIMING, Cause.PENDING_ORDER})  # differences that clear by themselves
SOURCE = "noise-report"


@dataclass(frozen=True, slots=True)
class Noise:
    """One month.

    occurrences    how often anything was seen; tellings: how often that became a message
    messages       that channels took, by channel; those that left as one count once
    true_breaks    break cases first seen in the month that were no mere timing
    by_source      source -> occurrences and tellings
    """

    month: date
    occurrences: int
    tellings: int
    messages: Mapping[str, int]
    true_breaks: int
    by_source: Mapping[str, tuple[int, int]]

    @property
    def per_break(self) -> Decimal | None:
        """Messages for each true break, to one digit; None in a month without any."""
        total = Decimal(sum(self.messages.values()))
        return None if self.true_breaks == 0 else (total / self.true_breaks).quantize(Decimal("0.1"))

    @property
    def headline(self) -> str:
        """One sentence."""
        total = sum(self.messages.values())
        ratio = "" if self.per_break is None else f", {self.per_break} for each"
        seen = f"{self.occurrences} occurrences became {total} messages"
        return f"{self.month:%Y-%m}: {seen}; {self.true_breaks} true breaks{ratio}"


def noise_of(
    month: date, tally: Iterable[Mapping[str, Any]], messages: Mapping[str, int], causes: Iterable[str]
) -> Noise:
    """A month's figures.

    tally     rows of `alert_tally`
    causes    of the break cases that were first seen in it
    """
    by_source: dict[str, tuple[int, int]] = {}
    for row in tally:
        seen, told = by_source.get(row["source"], (0, 0))
        by_source[row["source"]] = (seen + row["occurrences"], told + row["tellings"])
    true = sum(Cause(one) not in TIMING for one in causes)
    seen, told = (sum(one[part] for one in by_source.values()) for part in (0, 1))
    return Noise(month, seen, told, dict(messages), true, by_source)


def months_span(month: date) -> tuple[date, date]:
    """First and last day of the month that a day is in."""
    first = month.replace(day=1)
    return first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def month_before(day: date) -> date:
    """The first day of the month before."""
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)


def parse_month(text: str) -> date:
    """`2026-01` as its first day. Raises DataError for anything else."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise DataError(f"{text!r} is no month such as 2026-01") from error


def compose_noise(found: Noise) -> Alert:
    """The monthly message, told once."""
    lines = [found.headline, ""]
    loudest = sorted(found.by_source.items(), key=lambda one: (-one[1][1], one[0]))
    lines += [f"- {name or 'other'}: seen {seen}, told {told}" for name, (seen, told) in loudest]
    lines += [f"- {channel} took {count}" for channel, count in sorted(found.messages.items())]
    about = (happened(f"noise {found.month:%Y-%m}"),)
    return Alert(Severity.INFO, f"tieout: alerts of {found.month:%Y-%m}", "\n".join(lines), about, SOURCE)
