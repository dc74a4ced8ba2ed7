"""A reconciliation as a computation: from pinned inputs to everything that is recorded of it. No clock, no run id.

The run and its replay both come through here. What a run books between its two looks is not done here: the run books,
and pins how far the ledger then goes; the replay finds it there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from typing import Any

from sqlalchemy import Connection

from sql.recon_facts import Facts
from sql.recon_inputs import Inputs
from sql.recon_look import Looked, agreed, look
from sql.recon_priors import Priors
from sql.types import canonical_json
from tieout.ids import BreakId, InstrumentId
from tieout.recon.cases import Case, CaseChange, Close, end, found_id, record
from tieout.recon.coverage import coverage
from tieout.recon.explain import explain
from tieout.recon.kinds import CASH_KINDS, POSITION_KINDS
from tieout.recon.plainly import EXACT
from tieout.recon.resolution import Resolved, books, hold, resolve, waits
from tieout.recon.result import result
from tieout.recon.types import CaseState, Finding, break_id
from tieout.sessions import Sessions

Cases = Mapping[BreakId, Case]


@dataclass(frozen=True, slots=True)
class First:
    """The first look: everything found, and what the run will book.

    changes    what booking does to the cases
    repeated   statement rows that the journal has had before
    """

    looked: Looked
    found: tuple[Finding, ...]
    booked: tuple[Finding, ...]
    left: tuple[Finding, ...]
    money: Decimal
    changes: tuple[CaseChange, ...]
    repeated: frozenset[str]


@dataclass(frozen=True, slots=True)
class Second:
    """The end: what waits, what is left, what happened to the cases, and the record of it all.

    cases    every case that is not closed, and those that closed in this run
    """

    looked: Looked
    waiting: tuple[Finding, ...]
    left: tuple[Finding, ...]
    changes: tuple[CaseChange, ...]
    cases: Cases
    result: str

    @property
    def coverage(self) -> Decimal:
        """How much of what should have been compared was, 0 to 1."""
        return coverage(self.looked.parts)

    @property
    def sha256(self) -> str:
        """Digest of the result's bytes."""
        return hashlib.sha256(self.result.encode()).hexdigest()


def first(warehouse: Connection, inputs: Inputs, facts: Facts, sessions: Sessions, priors: Priors) -> First:
    """Look, explain, and choose what to book."""
    with localcontext(EXACT):
        looked = look(warehouse, inputs, facts, sessions, priors.for_rules())
        found = explain(looked.differences, looked.context)
        accepted = [one for finding in found for one in _accepts(finding)]
        repeated = facts.booked_before(accepted, inputs.seqs[0])
        found = _leave_repeated(found, repeated)
        chosen = resolve(found, looked.context, books)
        names = found_ids(inputs, chosen.resolved)
        close = Close(inputs.account_id, inputs.business_date, sessions)
        changes = record(priors.of(names), chosen.resolved, names, close)
        return First(looked, found, chosen.resolved, chosen.left, chosen.money, tuple(changes), repeated)


def second(
    warehouse: Connection, inputs: Inputs, facts: Facts, sessions: Sessions, priors: Priors, one: First
) -> Second:
    """Look again where something was booked, settle what waits, and advance the cases."""
    with localcontext(EXACT):
        after, findings = one.looked, one.left
        if len(inputs.seqs) > 1:
            after = look(warehouse, inputs, facts, sessions, priors.for_rules())
            findings = _leave_repeated(explain(after.differences, after.context), one.repeated)
            findings = hold(findings, after.context, len(one.booked), one.money)
        chosen = resolve(findings, after.context, waits, count=len(one.booked), money=one.money)
        everything = (*chosen.resolved, *chosen.left)
        cases = priors.of(found_ids(inputs, everything)) | {change.case.break_id: change.case for change in one.changes}
        changes = _advance(warehouse, inputs, sessions, after, cases, chosen.resolved, everything)
        cases |= {change.case.break_id: change.case for change in changes}
        return Second(
            after,
            chosen.resolved,
            chosen.left,
            tuple(changes),
            cases,
            canonical_json(_recorded(one, after, chosen, changes)),
        )


def _recorded(one: First, after: Looked, chosen: Resolved, changes: Iterable[CaseChange]) -> dict[str, Any]:
    return result(
        one.looked.context,
        parts=after.parts,
        coverage=coverage(after.parts),
        rows_compared=after.rows_compared,
        figures=one.looked.figures,
        found=one.found,
        resolved=(*one.booked, *chosen.resolved),
        left=chosen.left,
        changes=(*one.changes, *changes),
        figures_after=after.figures,
    )


def found_ids(inputs: Inputs, findings: Iterable[Finding]) -> set[BreakId]:
    """The cases that findings belong to."""
    return {found_id(inputs.account_id, one) for one in findings}


def first_difference(recorded: str, replayed: str) -> str | None:
    """The first place where two results differ, with a few characters around it; None where they are equal."""
    if recorded == replayed:
        return None
    at = next((i for i, (a, b) in enumerate(zip(recorded, replayed, strict=False)) if a != b), None)
    at = min(len(recorded), len(replayed)) if at is None else at
    around = slice(max(at - 60, 0), at + 60)
    return f"at character {at}: recorded …{recorded[around]}…, replayed …{replayed[around]}…"


def _leave_repeated(found: tuple[Finding, ...], repeated: Collection[str]) -> tuple[Finding, ...]:
    """A row that our journal had and took back is for a person, however well it is proven."""
    return tuple(_by_hand(one) if _accepts(one) & set(repeated) else one for one in found)


def _accepts(found: Finding) -> set[str]:
    return set(found.proposal.accept_activities) if found.proposal else set()


def _by_hand(found: Finding) -> Finding:
    if found.proposal is None or not found.proposal.automatic:
        return found
    words = f"{found.explanation} Not resolved by itself: the book had this record before and took it back."
    return replace(found, proposal=replace(found.proposal, automatic=False), explanation=words)


def _advance(
    warehouse: Connection,
    inputs: Inputs,
    sessions: Sessions,
    after: Looked,
    cases: Cases,
    waiting: tuple[Finding, ...],
    everything: tuple[Finding, ...],
) -> list[CaseChange]:
    found = found_ids(inputs, everything)
    close = Close(
        inputs.account_id,
        inputs.business_date,
        sessions,
        explained_by=_explained_by(inputs, everything, found),
        agreed=agreed(warehouse, inputs, _subjects_of_ended(cases, found)),
        comparable=after.comparable,
    )
    return [*record(cases, everything, found_ids(inputs, waiting), close), *end(cases, found, close)]


def _explained_by(inputs: Inputs, findings: Iterable[Finding], found: set[BreakId]) -> dict[BreakId, BreakId]:
    """Symptom -> the break that accounts for it, where the symptom is no break of its own."""
    explained: dict[BreakId, BreakId] = {}
    for one in findings:
        for symptom in one.symptoms:
            name = break_id(inputs.account_id, symptom.kind, symptom.subject)
            if name not in found:
                explained.setdefault(name, found_id(inputs.account_id, one))
    return explained


def _subjects_of_ended(cases: Cases, found: set[BreakId]) -> dict[str, InstrumentId | None]:
    """Positions and balances of cases that may end now: their figures prove it."""
    return {
        case.subject: case.instrument_id
        for name, case in cases.items()
        if name not in found and case.state is not CaseState.CLOSED and case.kind in POSITION_KINDS | CASH_KINDS
    }
