"""The one message of a run: what came of it, account by account, worst breaks first. Pure text.

What is quoted comes from brokers, files and exceptions: it goes through `redact_text`, and stays on one line.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tieout.ids import AccountId, derived_text
from tieout.money import plain
from tieout.recon.types import Severity
from tieout.redact import redact_text
from tieout.verdict import RANK, AccountOutcome, OutcomeState, judge_outcomes, percent, words

CLOSE = "eod-reconciliation"
SHOWN_BREAKS = 10  # the report has all; a telephone shows about a screen of it
SHOWN_ACCOUNTS = 20
SHOWN_REASONS = 5  # failed checks of one account
LONGEST = 300  # characters quoted of one explanation, finding or error
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
_VARIES = re.compile(r"\S*\d\S*")  # ids, ports, positions in a file: other in each run that fails the same way
Case = Mapping[str, Any]  # an open break as a row of `break_case`


@dataclass(frozen=True, slots=True)
class About:
    """One thing that a message is about.

    subject        what it is: the same while the same thing is meant, whatever is said of it
    fingerprint    what is said of it: the same for the same, whatever the run is called and whenever it ran
    repeats        it is told again while it lasts; False for what happened once
    """

    subject: str
    fingerprint: str
    account_id: AccountId | None = None
    repeats: bool = True


@dataclass(frozen=True, slots=True)
class Alert:
    """A message ready to be sent.

    about     what it is about; nothing: its own words, which are told again where they are said again much later
    source    which flow or service says it
    money     at risk, base currency; None where it is not known, or weighed in the severity already
    """

    severity: Severity
    title: str
    body: str
    about: tuple[About, ...] = ()
    source: str = ""
    money: Decimal | None = None

    @property
    def subjects(self) -> tuple[About, ...]:
        """What it is about, never empty."""
        return self.about or (lasting(derived_text("words", self.title, self.body, length=32)),)

    @property
    def key(self) -> str:
        """Short for what it is about: on every channel the same for all that is said of the same, first to last."""
        return derived_text("alert", *sorted({one.subject for one in self.subjects}), length=12)


def happened(key: str, *words: str, account_id: AccountId | None = None) -> About:
    """Something that happened once.

    key      the same for the same event, such as the venue's own id of it
    words    where the key alone may come again for another event: what is said of it
    """
    subject = derived_text("event", key, *words, length=32)
    return About(subject, subject, account_id, repeats=False)


def lasting(subject: str, *words: str, account_id: AccountId | None = None) -> About:
    """Something that lasts until it is over.

    words    what is said of it, without figures that differ each time
    """
    return About(subject, derived_text("said", *words, length=32), account_id)


def compose(outcomes: Sequence[AccountOutcome], breaks: Sequence[Case], report: str) -> Alert:
    """One rolled-up message.

    breaks    open cases of the accounts, in any order
    report    path or link of the report
    """
    verdict = judge_outcomes(outcomes)
    parts = [
        [quoted(verdict.headline)],
        _accounts(outcomes),
        _breaks(breaks),
        [f"Report: {redact_text(report)}"],
    ]
    return Alert(
        _SEVERITY[verdict.state],
        f"tieout {_when(outcomes)}: {words(verdict.state)}".replace(" :", ":"),
        "\n\n".join("\n".join(lines) for lines in parts if lines),
        tuple(_about(one, breaks) for one in outcomes),
        source=CLOSE,
    )


def quoted(text: str, longest: int = LONGEST) -> str:
    """Foreign text on one line, without secrets and characters that nobody sees, cut where it is too long."""
    seen = "".join(
        " " if one.isspace() else one for one in text if one.isspace() or unicodedata.category(one)[0] != "C"
    )
    line = redact_text(" ".join(seen.split()))
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def _when(outcomes: Iterable[AccountOutcome]) -> str:
    days = sorted({one.business_date for one in outcomes})
    if not days:
        return ""
    return f"{days[0]}" if len(days) == 1 else f"{days[0]} to {days[-1]}"


def _accounts(outcomes: Sequence[AccountOutcome]) -> list[str]:
    """One line per account, worst first, with what failed below it."""
    ordered = sorted(outcomes, key=lambda one: (-RANK.index(one.state), one.account_id))
    lines = [line for one in ordered[:SHOWN_ACCOUNTS] for line in _account(one)]
    rest = Counter(words(one.state) for one in ordered[SHOWN_ACCOUNTS:])
    return [*lines, f"… and {_counted(rest)}"] if rest else lines


def _account(one: AccountOutcome) -> list[str]:
    line = f"- {quoted(one.account_id)}: {words(one.state)}"
    if one.quarantined_because:
        reasons = [f"    {quoted(reason)}" for reason in one.quarantined_because[:SHOWN_REASONS]]
        more = len(one.quarantined_because) - SHOWN_REASONS
        return [f"{line}, nothing was compared", *reasons, *([f"    … and {more} more"] if more > 0 else [])]
    if one.error:
        return [f"{line}: {quoted(one.error)}"]
    return [f"{line}, {one.breaks_open} open ({one.critical_open} critical), coverage {percent(one.coverage)}"]


def _breaks(breaks: Sequence[Case]) -> list[str]:
    if not breaks:
        return []
    ordered = sorted(breaks, key=_worst_first)
    lines = [line for row in ordered[:SHOWN_BREAKS] for line in _break(row)]
    rest = Counter(Severity(row["severity"]).value for row in ordered[SHOWN_BREAKS:])
    more = [f"… and {rest.total()} more ({_counted(rest)}): `tieout breaks` lists all"] if rest else []
    return ["Open breaks, worst first:", *lines, *more]


def _worst_first(row: Case) -> tuple[int, Decimal, int, str]:
    return -_WEIGHT[Severity(row["severity"])], -row["money_at_risk"], -row["age_sessions"], row["break_id"]


def _break(row: Case) -> list[str]:
    kind, cause = (str(row[name]).replace("_", " ") for name in ("kind", "cause"))
    facts = [*_at_risk(row), _age(row["age_sessions"])]
    head = f"- {row['break_id']} {Severity(row['severity'])}, {quoted(row['account_id'])}: {', '.join(facts)}"
    return [head, f"    {kind}, {cause}: {quoted(row['explanation'])}"]


def _at_risk(row: Case) -> list[str]:
    """Zero is what a case holds where nobody could state it; its explanation says which of the two it is."""
    risk: Decimal = row["money_at_risk"]
    return [f"{money(risk)} {row['currency'] or ''} at risk".replace("  ", " ")] if risk else []


def money(amount: Decimal) -> str:
    """`12,345.60`; every digit where cents would hide some."""
    whole, _, fraction = plain(amount.copy_abs()).partition(".")
    return f"{'-' if amount < 0 else ''}{int(whole):,}.{fraction.ljust(2, '0')}"


def _age(sessions: int) -> str:
    return "new" if sessions == 0 else f"{sessions} session{'' if sessions == 1 else 's'} old"


def _counted(count: Counter[str]) -> str:
    return ", ".join(f"{number} {name}" for name, number in count.items())


def _about(one: AccountOutcome, breaks: Sequence[Case]) -> About:
    """Ids, states and names only: figures and texts differ between runs that come to the same."""
    facts = {
        "state": one.state.value,
        "coverage": percent(one.coverage),
        "breaks": sorted([r["break_id"], str(r["severity"])] for r in breaks if r["account_id"] == one.account_id),
        "because": sorted({_VARIES.sub("#", reason.partition(" [")[0]) for reason in one.quarantined_because}),
        "error": _VARIES.sub("#", one.error or ""),
    }
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
    return About(f"{CLOSE} {one.account_id} {one.business_date}", digest, one.account_id, repeats=False)
