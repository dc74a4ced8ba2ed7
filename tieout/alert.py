"""The one message of a run: what came of it, account by account, worst breaks first. Pure text."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tieout.recon.types import Severity
from tieout.verdict import AccountOutcome, OutcomeState, judge_outcomes, words

SHOWN = 10  # breaks in the message; the report has all
_SEVERITY = {
    OutcomeState.FAILED: Severity.CRITICAL,
    OutcomeState.QUARANTINED: Severity.CRITICAL,
    OutcomeState.CRITICAL_BREAKS: Severity.CRITICAL,
    OutcomeState.BREAKS_OPEN: Severity.WARNING,
    OutcomeState.INCOMPLETE: Severity.WARNING,
    OutcomeState.TIED_OUT: Severity.INFO,
    OutcomeState.SKIPPED: Severity.INFO,
}
_WEIGHT = {Severity.CRITICAL: 2, Severity.WARNING: 1, Severity.INFO: 0}


@dataclass(frozen=True, slots=True)
class Alert:
    """A message ready to be sent.

    fingerprint    the same for the same outcome, whatever the run is called and whenever it ran
    """

    severity: Severity
    title: str
    body: str
    fingerprint: str


def compose(outcomes: Sequence[AccountOutcome], breaks: Sequence[Mapping[str, Any]], report: str) -> Alert:
    """One rolled-up message.

    breaks    open cases as rows of `break_case`
    report    path or link of the report
    """
    verdict = judge_outcomes(outcomes)
    days = sorted({one.business_date for one in outcomes})
    when = f"{days[0]}" if len(days) == 1 else f"{days[0]} to {days[-1]}" if days else ""
    title = f"tieout {when}: {words(verdict.state)}".replace("  ", " ")
    facts = [verdict.headline, "", *(_account(one) for one in outcomes), *_breaks(breaks)]
    fingerprint = hashlib.sha256("\n".join([title, *facts]).encode()).hexdigest()
    return Alert(_SEVERITY[verdict.state], title, "\n".join([*facts, "", f"Report: {report}"]), fingerprint)


def _account(one: AccountOutcome) -> str:
    line = f"- {one.account_id}: {words(one.state)}"
    if one.quarantined_because:
        return "\n".join([line, *(f"    {reason}" for reason in one.quarantined_because)])
    if one.error:
        return f"{line} ({one.error})"
    return f"{line}, {one.breaks_open} open ({one.critical_open} critical), coverage {one.coverage:.0%}"


def _breaks(breaks: Sequence[Mapping[str, Any]]) -> list[str]:
    if not breaks:
        return []
    ordered = sorted(
        breaks, key=lambda row: (-_WEIGHT[Severity(row["severity"])], -row["money_at_risk"], row["break_id"])
    )
    lines = [
        f"- {row['break_id']} {row['severity']} {row['account_id']} {row['kind']}: {row['explanation']} "
        f"(at risk {row['money_at_risk']:,.2f}, {row['age_sessions']} sessions old)"
        for row in ordered[:SHOWN]
    ]
    rest = len(ordered) - SHOWN
    return ["", "Open breaks, worst first:", *lines, *([f"… and {rest} more"] if rest > 0 else [])]
