"""Where what was expected and what was confirmed differ: breaks between our forecast and the broker's evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

from tieout.ids import BreakId
from tieout.money import ZERO
from tieout.options.deliverable import exercise_money
from tieout.options.evidence import Basis, Event
from tieout.options.legs import Outcome
from tieout.options.likelihood import COUNTS, Likelihood
from tieout.options.matcher import Morning, Night, still_listed
from tieout.recon.cases import Case, CaseChange, CaseEvent, Close, record
from tieout.recon.types import BreakKind, CaseState, Cause, Difference, Evidence, Finding, Pair, Severity

_CAUSES = {
    Outcome.ASSIGNED: Cause.ASSIGNMENT,
    Outcome.EXERCISED: Cause.EXERCISE,
    Outcome.CASH_SETTLED: Cause.EXPIRATION,
    Outcome.EXPIRED: Cause.EXPIRATION,
    Outcome.TRADED: Cause.UNKNOWN,
}


def findings(night: Night, morning: Morning) -> tuple[Finding, ...]:
    """Every break of the night: what is not proven, what came otherwise than expected, what nobody can explain."""
    return (
        *(found for event in night.events if (found := _about(event, morning)) is not None),
        *_loose(night, morning),
    )


def changes(cases: Mapping[BreakId, Case], found: tuple[Finding, ...], close: Close) -> list[CaseChange]:
    """What the findings do to the cases: open, see again; those of an earlier session that are found no more end."""
    told = record(cases, found, (), close)
    seen = {change.case.break_id for change in told} | {
        name for name in cases if any(one.difference.subject == cases[name].subject for one in found)
    }
    for name, case in sorted(cases.items()):
        if case.pair is Pair.EXPECTED_CONFIRMED and name not in seen and case.last_seen < close.business_date:
            told.append(CaseChange(CaseEvent.CLOSED, _ended(case, close.business_date)))
    return told


def _ended(case: Case, day: date) -> Case:
    proof = Evidence("option_event", case.subject, "a later morning no longer finds it", {})
    return replace(
        case,
        state=CaseState.CLOSED,
        resolution="told and over",
        resolved_on=day,
        evidence=(*case.evidence, proof),
        closed_on=day,
    )


def _about(event: Event, morning: Morning) -> Finding | None:
    expected = morning.expected.get(event.contract.symbol)
    if not event.confirmed:
        severity = Severity.WARNING if event.waits or event.basis is Basis.RECORD_INCOMPLETE else Severity.CRITICAL
        return _finding(event, f"{event.words}. Nothing is booked.", severity)
    if expected is None or expected is Likelihood.UNKNOWN or expected is Likelihood.PIN:
        return None
    came = event.outcome not in {Outcome.EXPIRED, Outcome.TRADED}
    if came == (expected in COUNTS):
        return None
    foretold = "assignment or exercise" if event.outcome is not Outcome.CASH_SETTLED else "a settlement in cash"
    return _finding(event, f"{event.words}. Of {foretold} the forecast said: {expected}.", Severity.WARNING)


def _loose(night: Night, morning: Morning) -> Iterator[Finding]:
    for one in night.orphans:
        symbol = one.instrument.symbol if one.instrument is not None else one.activity_id
        words = f"a delivery of {one.quantity} {symbol} for {one.amount} has no option row. Nothing is booked."
        yield _found(f"option:{one.activity_id}", Cause.ASSIGNMENT, words, Severity.WARNING, amount=one.amount)
    for symbol in night.unknown:
        words = f"{symbol} left the broker's list, and nobody states what it delivers: find out, and book by hand."
        yield _found(f"option:{symbol}", Cause.UNKNOWN, words, Severity.CRITICAL)
    for symbol in still_listed(morning):
        words = f"{symbol} has expired and is still on the broker's list: it is kept open until a row is seen."
        yield _found(f"option:{symbol}", Cause.SETTLEMENT_TIMING, words, Severity.INFO)


def _finding(event: Event, words: str, severity: Severity) -> Finding:
    contract = event.contract
    amount = abs(event.contracts) * (exercise_money(contract) if contract.strike is not None else ZERO)
    proof = Evidence("option_event", contract.symbol, event.words, {"basis": event.basis.value})
    found = _found(f"option:{contract.symbol}", _CAUSES[event.outcome], words, severity, amount=amount)
    return replace(found, evidence=(proof,), difference=replace(found.difference, quantity=event.contracts))


def _found(subject: str, cause: Cause, words: str, severity: Severity, *, amount: Decimal = ZERO) -> Finding:
    money = abs(amount)
    difference = Difference(BreakKind.OPTION_OUTCOME, Pair.EXPECTED_CONFIRMED, subject, currency="USD", amount=money)
    return Finding(difference, cause, severity, money, words)
