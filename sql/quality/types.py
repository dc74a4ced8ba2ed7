"""What a judgement of a snapshot says. No Great Expectations here: callers and reports import this for nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tieout.recon.types import Severity

SAMPLE_ROWS = 10  # failing rows that a result names; `rows_failed` counts all of them


class Row(dict[str, str]):
    """One failing row as text, ids first: exact figures, times in UTC, `null` for nothing."""

    def __str__(self) -> str:
        return ", ".join(f"{name} {value}" for name, value in self.items())


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One expectation held against one snapshot.

    suite         table it is about: snapshot, balances, positions, orders, executions, activities, vanished
    expectation   its stable name, `expect_market_value_to_agree`
    claim         what it demands, in one sentence
    observed      what was found, in one sentence
    rows_failed   rows that fail it; 0 where it succeeded
    sample        at most SAMPLE_ROWS of them, ids and values
    """

    suite: str
    expectation: str
    severity: Severity
    success: bool
    observed: str
    rows_failed: int
    sample: tuple[Row, ...] = ()
    claim: str = ""

    @property
    def told(self) -> str:
        """The result for an alert: expectation, finding, and the first rows."""
        rows = "; ".join(str(row) for row in self.sample[:3])
        return f"{self.suite}.{self.expectation}: {self.observed}" + (f" [{rows}]" if rows else "")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a snapshot may be reconciled.

    accepted   no critical expectation failed
    docs       index page of the Data Docs of this judgement; None where none were asked for
    """

    accepted: bool
    results: tuple[CheckResult, ...]
    docs: Path | None = None

    @property
    def critical_failures(self) -> tuple[CheckResult, ...]:
        """Why the snapshot is quarantined; empty where it is accepted."""
        return tuple(one for one in self.results if not one.success and one.severity is Severity.CRITICAL)

    @property
    def warnings(self) -> tuple[CheckResult, ...]:
        """What somebody should look at, though it stops nothing."""
        return tuple(one for one in self.results if not one.success and one.severity is not Severity.CRITICAL)


def verdict(results: tuple[CheckResult, ...], docs: Path | None = None) -> Verdict:
    """Any critical failure quarantines; anything else is accepted."""
    return Verdict(not any(not one.success and one.severity is Severity.CRITICAL for one in results), results, docs)
