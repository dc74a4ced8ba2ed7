"""The message about options: what needs a person, the most urgent first, with the hours that are left. Pure text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from tieout.alert import About, Alert, happened, lasting, quoted
from tieout.ids import AccountId
from tieout.options.account import AccountForecast
from tieout.options.evidence import Event
from tieout.options.instruction import Instruction, State
from tieout.options.matcher import Night
from tieout.options.moment import countdown
from tieout.options.suggest import Suggestion
from tieout.recon.types import Finding, Severity, break_id

EXPIRATION, ASSIGNMENT = "options-expiration", "assignment-check"
SHOWN = 20
_WEIGHT = {Severity.CRITICAL: 0, Severity.WARNING: 1, Severity.INFO: 2}


def about_forecasts(found: Sequence[tuple[AccountForecast, tuple[Suggestion, ...]]], now: datetime) -> Alert | None:
    """What may be done before the cut-offs; None where nothing need be."""
    listed = [(one.standing.account_id, advice) for one, many in found for advice in many]
    listed = [one for one in listed if one[1].severity is not Severity.INFO]
    if not listed:
        return None
    listed.sort(key=lambda one: (_WEIGHT[one[1].severity], one[1].by))
    severity = listed[0][1].severity
    first = min(advice.by for _, advice in listed)
    lines = [
        f"- {quoted(account)} [{advice.severity}] {advice.action.value.replace('_', ' ')}: {quoted(advice.words)} "
        f"({countdown(advice.by, now)} left, until {advice.by:%Y-%m-%d %H:%M} UTC)"
        for account, advice in listed[:SHOWN]
    ]
    if len(listed) > SHOWN:
        lines.append(f"- and {len(listed) - SHOWN} more")
    title = f"tieout options: {len(listed)} to decide, {countdown(first, now)} left"
    about = tuple(
        lasting(f"option {account} {advice.symbol or 'cash'} {advice.action}", advice.severity, account_id=account)
        for account, advice in listed
    )
    return Alert(severity, title, "\n".join(lines), about, EXPIRATION)


def about_instructions(found: Sequence[Instruction], now: datetime) -> Alert | None:
    """Instructions that did not reach the broker, or perhaps did not; None where every one was taken."""
    wrong = [one for one in found if one.state is not State.ACCEPTED]
    if not wrong:
        return None
    lines = [
        f"- {quoted(one.account_id)} {quoted(one.says)}: {one.state.value.replace('_', ' ')}, {quoted(one.words)} "
        f"({countdown(one.until, now)} left)"
        for one in wrong[:SHOWN]
    ]
    return Alert(
        Severity.CRITICAL,
        f"tieout options: {len(wrong)} instructions to look at",
        "\n".join(lines),
        tuple(
            lasting(f"instruction {one.instruction_id}", one.state, one.words, account_id=one.account_id)
            for one in wrong
        ),
        EXPIRATION,
    )


def about_nights(found: Sequence[tuple[AccountId, Night, tuple[Finding, ...]]]) -> Alert | None:
    """How positions ended, and what is not proven; None where nothing happened."""
    events = [(account, event) for account, night, _ in found for event in night.events]
    breaks = [(account, one) for account, _, many in found for one in many]
    if not events and not breaks:
        return None
    breaks.sort(key=lambda one: _WEIGHT[one[1].severity])
    severity = breaks[0][1].severity if breaks else Severity.INFO
    lines = [f"- {quoted(account)} [{one.severity}] {quoted(one.explanation)}" for account, one in breaks[:SHOWN]]
    lines += [f"- {quoted(account)} {quoted(event.words)}" for account, event in events[:SHOWN] if event.confirmed]
    title = f"tieout assignments: {len(events)} events, {len(breaks)} breaks"
    return Alert(severity, title, "\n".join(lines), (*_ended(events), *_unproven(breaks)), ASSIGNMENT)


def _ended(events: Sequence[tuple[AccountId, Event]]) -> Iterator[About]:
    for account, one in events:
        said = (one.outcome, str(one.contracts), str(one.confirmed))
        yield happened(f"option {account} {one.contract.symbol} {one.business_date}", *said, account_id=account)


def _unproven(breaks: Sequence[tuple[AccountId, Finding]]) -> Iterator[About]:
    for account, one in breaks:
        key = break_id(account, one.difference.kind, one.difference.subject)
        yield lasting(f"break {key}", one.cause, one.severity, account_id=account)
