"""The outcome of a run of the close: one word, one sentence, one exit code. Pure.

Used by the flow's final state, the command line, the report and the alert, so that they can never disagree.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum

from tieout.ids import AccountId, RunId, SnapshotId
from tieout.money import ZERO, plain

FULL = Decimal(1)


class OutcomeState(StrEnum):
    """What came of one account, or of a whole run; the worst of the accounts speaks for the run."""

    TIED_OUT = "tied_out"  # nothing differs, everything was compared
    INCOMPLETE = "incomplete"  # nothing differs, but not everything could be compared
    BREAKS_OPEN = "breaks_open"
    CRITICAL_BREAKS = "critical_breaks"
    QUARANTINED = "quarantined"  # what the broker sent is not fit to be compared
    FAILED = "failed"
    SKIPPED = "skipped"  # no session


# From harmless to worst. Skipped counts only where nothing else happened.
RANK = (
    OutcomeState.SKIPPED,
    OutcomeState.TIED_OUT,
    OutcomeState.INCOMPLETE,
    OutcomeState.BREAKS_OPEN,
    OutcomeState.CRITICAL_BREAKS,
    OutcomeState.QUARANTINED,
    OutcomeState.FAILED,
)
_EXIT = {OutcomeState.CRITICAL_BREAKS: 3, OutcomeState.QUARANTINED: 1, OutcomeState.FAILED: 1}


@dataclass(frozen=True, slots=True)
class AccountOutcome:
    """What came of one account.

    coverage              0 to 1: compared parts of the parts that should have been compared
    resolved              breaks that rules resolved in this run, each with its evidence
    quarantined_because   failed critical checks with their rows
    error                 why the account failed or was skipped
    """

    account_id: AccountId
    business_date: date
    state: OutcomeState
    run_id: RunId | None = None
    snapshot_id: SnapshotId | None = None
    coverage: Decimal = ZERO
    rows_compared: int = 0
    breaks_opened: int = 0
    breaks_closed: int = 0
    breaks_open: int = 0
    critical_open: int = 0
    resolved: int = 0
    quarantined_because: tuple[str, ...] = ()
    error: str | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a run.

    exit_code    0 fine, 1 failed or quarantined, 3 finished but critical breaks are open
    coverage     the lowest of the accounts that were due
    """

    state: OutcomeState
    headline: str
    exit_code: int
    coverage: Decimal


def account_state(*, coverage: Decimal, breaks_open: int, critical_open: int) -> OutcomeState:
    """The state of an account that was reconciled. Nothing found is green only at full coverage."""
    if critical_open:
        return OutcomeState.CRITICAL_BREAKS
    if breaks_open:
        return OutcomeState.BREAKS_OPEN
    return OutcomeState.TIED_OUT if coverage == FULL else OutcomeState.INCOMPLETE


def judge_outcomes(outcomes: Sequence[AccountOutcome]) -> Verdict:
    """The run's verdict: its worst account's state."""
    if not outcomes:
        return Verdict(OutcomeState.SKIPPED, "no account was due", 0, ZERO)
    state = max((one.state for one in outcomes), key=RANK.index)
    due = [one for one in outcomes if one.state is not OutcomeState.SKIPPED]
    coverage = min((one.coverage for one in due), default=ZERO)
    return Verdict(state, _headline(outcomes, due, coverage), _EXIT.get(state, 0), coverage)


def words(state: OutcomeState) -> str:
    """`tied_out` as people read it: `tied out`."""
    return state.value.replace("_", " ")


def percent(coverage: Decimal) -> str:
    """Coverage as people read it, rounded down to a tenth: `100%` only for all of it, and 0.9999 is `99.9%`."""
    tenths = (coverage * 1000).to_integral_value(rounding=ROUND_DOWN)
    return f"{plain(tenths / 10)}%"


def _headline(outcomes: Sequence[AccountOutcome], due: Sequence[AccountOutcome], coverage: Decimal) -> str:
    if not due:
        return "skipped: " + "; ".join(dict.fromkeys(one.error or "no session" for one in outcomes))
    count = Counter(one.state for one in outcomes)
    states = ", ".join(f"{count[state]} {words(state)}" for state in reversed(RANK) if count[state])
    found = _plural(sum(one.breaks_open for one in due), "open break")
    critical = sum(one.critical_open for one in due)
    accounts = _plural(len(outcomes), "account")
    return f"{accounts}: {states}; {found} ({critical} critical); coverage {percent(coverage)}"


def _plural(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
