"""What came of a window: one word, one sentence and one severity for the state, the page and the alert. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tieout.alert import About, Alert, quoted
from tieout.fill_figures import WindowFigures
from tieout.ids import derived_text
from tieout.orders import OrderState
from tieout.placement import Placement
from tieout.recon.types import Severity
from tieout.verdict import percent
from tieout.window_plan import WindowRun

SOURCE = "execution-window"


class WindowState(StrEnum):
    """From harmless to worst; the worst account speaks for the run."""

    SKIPPED = "skipped"
    IDLE = "idle"  # no signal, no order
    DONE = "done"  # every intent has ended
    DENIED = "denied"  # and some of them were refused by risk, a person or the venue
    OPEN = "open"  # orders still work at the venue
    UNKNOWN = "unknown"  # the fate of an order is not known
    FAILED = "failed"


RANK = tuple(WindowState)
_SEVERITY = {
    WindowState.UNKNOWN: Severity.CRITICAL,
    WindowState.FAILED: Severity.CRITICAL,
    WindowState.OPEN: Severity.WARNING,
}
_REFUSED = frozenset({OrderState.DENIED, OrderState.DECLINED, OrderState.LAPSED, OrderState.REJECTED})


@dataclass(frozen=True, slots=True)
class WindowOutcome:
    """One account's outcome.

    refused   why intents came to nothing, each reason once
    called    what people had to be told at once, in the order it happened
    error     why the account failed or was skipped
    kept      exits that no venue holds, one line for each entry
    """

    work: WindowRun
    state: WindowState
    figures: WindowFigures | None = None
    refused: tuple[str, ...] = ()
    called: tuple[str, ...] = ()
    error: str | None = None
    kept: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """One line for lists and messages."""
        if self.error:
            return f"{self.state}: {self.error}"
        if self.work.dry_run:
            return f"dry run: {'; '.join(self.work.would) or 'no signal waits'}"
        if self.figures is None or self.figures.intents == 0:
            return "nothing to do"
        one = self.figures
        paid = "" if one.slippage_bp is None else f", {one.slippage_bp:.1f} bp against arrival"
        if one.vwap_bp is not None:
            paid += f", {one.vwap_bp:.1f} bp against the VWAP of the {' or '.join(one.vwap_of)}"
        why = f"; refused: {'; '.join(self.refused)}" if self.refused else ""
        kept = f"; exits of {len(self.kept)} orders are kept by risk-watch, not at the venue" if self.kept else ""
        return f"{one.filled} of {one.intents} intents filled, fill rate {percent(one.fill_rate)}{paid}{why}{kept}"


def state_of(rows: Sequence[Placement]) -> WindowState:
    """What the account's intents say together. Where one went on elsewhere, its heir tells the end."""
    if not rows:
        return WindowState.IDLE
    states = {row.state for row in rows if row.heir is None or not row.ended}
    if states & {OrderState.UNKNOWN, OrderState.SENDING}:
        return WindowState.UNKNOWN
    if not all(row.ended for row in rows):
        return WindowState.OPEN
    return WindowState.DENIED if states & _REFUSED else WindowState.DONE


def refusals(rows: Sequence[Placement]) -> tuple[str, ...]:
    """Why intents came to nothing, each reason once, the first one first."""
    return tuple(dict.fromkeys(row.reason for row in rows if row.state in _REFUSED and row.reason))


def worst(outcomes: Sequence[WindowOutcome]) -> WindowState:
    """The state of the whole run."""
    return max((one.state for one in outcomes), key=RANK.index, default=WindowState.SKIPPED)


def headline(outcomes: Sequence[WindowOutcome]) -> str:
    """One sentence for all accounts."""
    told = [f"{one.work.account_id}: {one.words}" for one in outcomes]
    return "; ".join(told) or "no account was due"


def compose(outcomes: Sequence[WindowOutcome]) -> Alert:
    """The one message of a window's run."""
    state = worst(outcomes)
    severity = _SEVERITY.get(state, Severity.INFO)
    if any(one.called for one in outcomes):
        severity = Severity.CRITICAL
    named = sorted({(one.work.window, one.work.business_date) for one in outcomes})
    title = ", ".join(f"{window} {day}".strip() for window, day in named)
    lines = []
    for one in outcomes:
        lines.append(f"- {one.work.account_id}: {quoted(one.words)}")
        lines += [f"  - {quoted(words)}" for words in (*one.called, *one.kept)]
    about = tuple(_about(one) for one in outcomes)
    return Alert(severity, f"tieout execution window {title}: {state}", "\n".join(lines), about, SOURCE)


def _about(one: WindowOutcome) -> About:
    """The same outcome of a window that is run again is told once."""
    work = one.work
    said = derived_text("said", one.state, one.words, *one.called, *one.kept, length=32)
    return About(f"{SOURCE} {work.account_id} {work.window} {work.business_date}", said, work.account_id, repeats=False)
