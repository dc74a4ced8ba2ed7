"""Break cases over time: opened, seen again, resolved, closed, reopened. Pure: cases and findings in, changes out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from tieout.ids import AccountId, BreakId, InstrumentId
from tieout.recon.context import Prior
from tieout.recon.plainly import plainly
from tieout.recon.types import BreakKind, CaseState, Cause, Evidence, Finding, Pair, Severity, break_id
from tieout.sessions import Sessions

BY_HAND = "by hand"  # how the resolution of a person begins


class CaseEvent(StrEnum):
    OPENED = "opened"
    SEEN = "seen"  # the same figures, another session
    CHANGED = "changed"  # other figures, cause or weight
    RESOLVED = "resolved"
    CLOSED = "closed"
    REOPENED = "reopened"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class Case:
    """One break as it stands; the columns of `break_case`, and what its history says.

    age_sessions     sessions from first_seen to last_seen
    expected_until   a timing difference must be gone after this date
    booked           its resolution added entries to the book
    undone           a person took its resolution back
    closed_on        session whose run saw both sides agree
    """

    break_id: BreakId
    account_id: AccountId
    kind: BreakKind
    cause: Cause
    severity: Severity
    state: CaseState
    subject: str
    instrument_id: InstrumentId | None
    currency: str | None
    pair: Pair
    ours: Decimal | None
    theirs: Decimal | None
    first_seen: date
    last_seen: date
    age_sessions: int
    money_at_risk: Decimal
    owner: str | None
    explanation: str
    evidence: tuple[Evidence, ...] = ()
    resolution: str | None = None
    resolved_on: date | None = None
    expected_until: date | None = None
    booked: bool = False
    undone: bool = False
    closed_on: date | None = None

    def as_prior(self) -> Prior:
        """What rules may know of it."""
        return Prior(self.state, self.first_seen, self.last_seen, self.expected_until, self.undone)


@dataclass(frozen=True, slots=True)
class CaseChange:
    """One event of one case, and the case after it."""

    event: CaseEvent
    case: Case
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Close:
    """One run as its cases see it.

    explained_by    break -> the break whose row accounts for it today
    agreed          subject -> figures of both sides, for what no longer differs
    comparable      pairs of sources that this run could compare
    """

    account_id: AccountId
    business_date: date
    sessions: Sessions
    explained_by: Mapping[BreakId, BreakId] = field(default_factory=dict)
    agreed: Mapping[str, tuple[Decimal | None, Decimal | None]] = field(default_factory=dict)
    comparable: Collection[Pair] = tuple(Pair)


def found_id(account_id: AccountId, found: Finding) -> BreakId:
    """The case that a finding belongs to."""
    return break_id(account_id, found.difference.kind, found.difference.subject)


def record(
    cases: Mapping[BreakId, Case], findings: Iterable[Finding], resolved: Collection[BreakId], close: Close
) -> list[CaseChange]:
    """What findings do to the cases: open, see again, resolve, reopen.

    resolved    the findings among them that this run resolves
    """
    changes: list[CaseChange] = []
    for found in findings:
        name = found_id(close.account_id, found)
        prior = cases.get(name)
        if prior is not None and _is_later(prior, close):
            continue  # an older session's run says nothing about what was seen later
        changes += _recorded(name, prior, found, name in resolved, close)
    return changes


def end(cases: Mapping[BreakId, Case], found: Collection[BreakId], close: Close) -> list[CaseChange]:
    """What a run on a complete, accepted snapshot does to the cases that it no longer finds.

    found    every break that the run found, the resolved ones too
    """
    changes: list[CaseChange] = []
    for name, case in sorted(cases.items()):
        if name in found or case.state is CaseState.CLOSED or _is_later(case, close):
            continue
        root = close.explained_by.get(name)
        if root is not None:
            changes += _explained(case, root, close)
        elif _has_ended(case, close):
            changes.append(_closed(case, close))
    return changes


def undo(case: Case, actor: str, reason: str) -> CaseChange:
    """A person takes the resolution back: the case is open again, and no rule may resolve it."""
    opened = replace(
        case,
        state=CaseState.OPEN,
        severity=max(case.severity, Severity.WARNING, key=list(Severity).index),
        resolution=None,
        resolved_on=None,
        expected_until=None,
        booked=False,
        undone=True,
    )
    return CaseChange(CaseEvent.UNDONE, opened, {"actor": actor, "reason": reason, "was": case.resolution})


def resolve_by_hand(case: Case, by: str, did: str, *, booked: bool, until: date | None = None) -> Case:
    """The case after a person has resolved it.

    did      what was done, in words
    until    it may stand up to this session; nothing was booked
    """
    return replace(
        case,
        state=CaseState.RESOLVED,
        severity=Severity.INFO,
        owner=by,
        resolution=f"{BY_HAND} of {by}: {did}",
        resolved_on=case.last_seen,
        expected_until=until,
        booked=booked,
    )


def _may_stand(prior: Case, seen: Case, close: Close) -> bool:
    """Whether what a person did holds: the same difference may stand for now, or the book is right and the session's
    statement alone tells another story, as it must where a person adjusted what no row of it explains."""
    if prior.resolution is None or not prior.resolution.startswith(BY_HAND):
        return False
    if prior.booked:
        return seen.pair is Pair.STATEMENT_SNAPSHOT and close.business_date == prior.resolved_on
    in_time = prior.expected_until is not None and close.business_date <= prior.expected_until
    return in_time and (prior.ours, prior.theirs) == (seen.ours, seen.theirs)


def _is_later(case: Case, close: Close) -> bool:
    """Whether the case already knows a later session than the one of this run."""
    return max(case.last_seen, case.closed_on or case.last_seen) > close.business_date


def _recorded(
    name: BreakId, prior: Case | None, found: Finding, is_resolved: bool, close: Close
) -> Iterable[CaseChange]:
    seen = _as_found(name, prior, found, close)
    if prior is None:
        yield CaseChange(CaseEvent.OPENED, seen)
    elif prior.state is CaseState.CLOSED:
        yield CaseChange(CaseEvent.REOPENED, seen, {"first_seen_before": prior.first_seen})
    elif prior.state is CaseState.RESOLVED and not is_resolved and _may_stand(prior, seen, close):
        yield from _seen_again(prior, _still(prior, seen))
    elif prior.state is CaseState.RESOLVED and not is_resolved:
        yield CaseChange(CaseEvent.REOPENED, seen, {"was": prior.resolution})
    if is_resolved:
        resolved = _as_resolved(seen, prior, found, close)
        if prior is None or prior.state is not CaseState.RESOLVED:
            yield CaseChange(CaseEvent.RESOLVED, resolved)
        else:
            yield from _seen_again(prior, resolved)
    elif prior is not None and prior.state is CaseState.OPEN:
        yield from _seen_again(prior, seen)


def _still(prior: Case, seen: Case) -> Case:
    """As it is seen now, resolved as it was."""
    return replace(
        seen,
        state=CaseState.RESOLVED,
        severity=prior.severity,
        resolution=prior.resolution,
        resolved_on=prior.resolved_on,
        expected_until=prior.expected_until,
        booked=prior.booked,
    )


def _as_found(name: BreakId, prior: Case | None, found: Finding, close: Close) -> Case:
    """The case as this run found it: open. One that had ended starts to age anew."""
    one = found.difference
    lasts = prior is not None and prior.state is not CaseState.CLOSED
    first_seen = prior.first_seen if prior is not None and lasts else close.business_date
    return Case(
        name,
        close.account_id,
        one.kind,
        found.cause,
        found.severity,
        CaseState.OPEN,
        one.subject,
        one.instrument_id,
        one.currency,
        one.pair,
        one.ours,
        one.theirs,
        first_seen,
        close.business_date,
        close.sessions.sessions_between(first_seen, close.business_date),
        found.money_at_risk,
        prior.owner if prior is not None else None,
        found.explanation,
        found.evidence,
        undone=prior.undone if prior is not None and lasts else False,
    )


def _as_resolved(seen: Case, prior: Case | None, found: Finding, close: Close) -> Case:
    proposal = found.proposal
    if proposal is None:
        raise ValueError(f"{seen.break_id} was resolved without a proposal")
    again = prior is not None and prior.state is CaseState.RESOLVED
    if proposal.books:
        words = f"booked by rule {proposal.rule}"
    else:
        words = f"expected to clear by {proposal.expected_until}, by rule {proposal.rule}"
    return replace(
        seen,
        state=CaseState.RESOLVED,
        resolution=words,
        resolved_on=prior.resolved_on if prior is not None and again else close.business_date,
        expected_until=proposal.expected_until,
        booked=proposal.books,
    )


def _seen_again(prior: Case, now: Case) -> Iterable[CaseChange]:
    """Nothing at all where a session is run again; `seen` for another session, `changed` for other figures."""
    if plainly(replace(now, last_seen=prior.last_seen, age_sessions=prior.age_sessions)) != plainly(prior):
        yield CaseChange(CaseEvent.CHANGED, now)
    elif now.last_seen != prior.last_seen:
        yield CaseChange(CaseEvent.SEEN, now)


def _explained(case: Case, root: BreakId, close: Close) -> Iterable[CaseChange]:
    """Another break accounts for this one: it is resolved until both sides agree."""
    now = replace(
        case,
        state=CaseState.RESOLVED,
        severity=Severity.INFO,
        last_seen=close.business_date,
        age_sessions=close.sessions.sessions_between(case.first_seen, close.business_date),
        resolution=f"explained by {root}",
        resolved_on=case.resolved_on or close.business_date,
        expected_until=None,
    )
    if case.state is CaseState.RESOLVED:
        return _seen_again(case, now)
    return [CaseChange(CaseEvent.RESOLVED, now, {"explained_by": root})]


def _has_ended(case: Case, close: Close) -> bool:
    """Whether not finding it proves that it is over.

    What this session booked is closed by the next one, so that running a session again changes nothing.
    """
    if case.pair is not Pair.BOOK_SNAPSHOT and case.pair not in close.comparable:
        return False
    booked_now = case.booked and case.resolved_on is not None and case.resolved_on >= close.business_date
    return not (case.state is CaseState.RESOLVED and booked_now)


def _closed(case: Case, close: Close) -> CaseChange:
    ours, theirs = close.agreed.get(case.subject, (None, None))
    says = "both sides agree" if case.subject in close.agreed else "a complete comparison no longer finds it"
    proof = Evidence("recon_run", f"{close.account_id}/{close.business_date}", says, {"ours": ours, "theirs": theirs})
    now = replace(
        case,
        state=CaseState.CLOSED,
        resolution=case.resolution or "the two sides agree again",
        resolved_on=case.resolved_on or close.business_date,
        expected_until=None,
        evidence=(*case.evidence, proof),
        closed_on=close.business_date,
    )
    return CaseChange(CaseEvent.CLOSED, now, {"ours": ours, "theirs": theirs, "says": says})
