"""What the rules share: their signature, and how a finding is made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any

from tieout.money import plain
from tieout.recon.context import Context
from tieout.recon.severity import money_at_risk, stated, weigh
from tieout.recon.types import Cause, Difference, Evidence, Finding, Pair, Proposal, Severity

Rule = Callable[[Sequence[Difference], Context], Iterable[Finding]]
"""A rule gets what the earlier ones left and returns what it can explain."""


def finding(
    difference: Difference,
    cause: Cause,
    explanation: str,
    context: Context,
    *,
    evidence: Iterable[Evidence] = (),
    proposal: Proposal | None = None,
    symptoms: Iterable[Difference] = (),
    floor: Severity = Severity.INFO,
) -> Finding:
    """An explained difference, weighed.

    floor    severity that the rule knows it to have at least
    """
    money, until = money_at_risk(difference, context), overdue_since(difference, context)
    if until is not None and not (proposal is not None and proposal.automatic):
        explanation += f" It was expected to be gone after {until}."
        floor = Severity.CRITICAL
    if money is None:
        explanation += " Its price is unknown, so the money at risk cannot be stated."
    return Finding(
        difference,
        cause,
        weigh(difference, context, floor),
        stated(money),
        explanation,
        tuple(evidence),
        proposal,
        tuple(symptoms),
    )


def overdue_since(difference: Difference, context: Context) -> date | None:
    """The day after which an earlier run said that this would be gone, where that day has passed."""
    prior = context.prior(difference.key)
    if prior is None or prior.expected_until is None or prior.expected_until >= context.business_date:
        return None
    return prior.expected_until


def row_evidence(difference: Difference, says: str) -> Evidence:
    """The statement's or the book's row behind a difference."""
    table = "ledger_entry" if difference.theirs is None else statement_table(difference)
    return Evidence(table, row_id(difference), says, dict(difference.detail))


def statement_table(difference: Difference) -> str:
    """Where the statement keeps such a row."""
    return "statement_activity" if difference.subject.startswith("activity:") else "statement_execution"


def row_id(difference: Difference) -> str:
    """The venue's id of the row behind a difference: `execution:ID` without its word."""
    return difference.subject.split(":", 1)[1]


def snapshot_agrees(difference: Difference) -> bool:
    """Whether the snapshot shows everything that booking this row would move."""
    return difference.detail.get("snapshot_agrees") is True


def kind_of(difference: Difference) -> str:
    """The activity's kind, or nothing for another row."""
    return str(difference.detail.get("kind", ""))


def units(value: Any) -> str:
    """A figure for a sentence."""
    return "none" if value is None else plain(value)


def money(amount: Any, currency: str | None) -> str:
    """An amount for a sentence."""
    return f"{plain(amount)} {currency or ''}".strip()


def when(difference: Difference, word: str = "on") -> str:
    """The row's session for a sentence, with a blank and a word before it."""
    day = difference.detail.get("business_date")
    return f" {word} {day}" if day else ""


def not_in_snapshot(difference: Difference) -> str:
    """What to add where the snapshot does not bear a row out."""
    if snapshot_agrees(difference):
        return ""
    return " The snapshot does not show it, so nothing is booked by itself."


def pair_says(difference: Difference) -> str:
    """What the three sources say, and whom that points to."""
    book, snapshot, implied = (difference.detail.get(name) for name in ("book", "snapshot", "implied"))
    if difference.pair is Pair.STATEMENT_SNAPSHOT:
        return "Book and snapshot agree; the statement does not lead there: it is incomplete, or corrected elsewhere."
    if implied is None:
        return "There is no baseline to say which side is right."
    if implied == snapshot:
        return "Statement and snapshot agree: our book lacks something or holds something wrong."
    if implied == book:
        return "Book and statement agree: the broker's position list lags, is wrong, or its statement is incomplete."
    return "All three differ: more than one thing happened."
