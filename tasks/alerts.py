"""The one place where people are told anything: what is worth it, whom, and what becomes of what nobody takes.

Targets are references. A message is in the journal before it is sent, so that what a dead channel or a killed process
leaves is sent by whoever speaks next, by the watch, or by the next `credential-rotation`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.channels import deliver
from tieout.alert import Alert, compose
from tieout.alerts import Matter, Why, worst
from tieout.alerts_delivery import Batch, after_failure, channels_of, takes_over
from tieout.errors import NotDelivered, StoreError
from tieout.recon.types import CaseState
from tieout.settings import AlertSettings, Settings
from tieout.verdict import AccountOutcome

if TYPE_CHECKING:
    from sql.journal import Journal


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of telling.

    targets     references of channels that took something now
    errors      why others took nothing, without a URL; also what could not be read or written down about it
    repeated    all of it is known, or a person has taken it, so nobody was told again
    """

    targets: tuple[str, ...] = ()
    errors: tuple[NotDelivered, ...] = ()
    repeated: bool = False


@dataclass(slots=True)
class _Round:
    """What one flush did.

    dead    channels that took nothing: in this round they are not waited for again
    """

    took: list[str] = field(default_factory=list)
    errors: list[NotDelivered] = field(default_factory=list)
    dead: set[str] = field(default_factory=set)

    def give(self, channel: str, alert: Alert) -> None:
        """Raises NotDelivered where the channel does not take it, or took nothing a moment ago."""
        if channel in self.dead:
            raise NotDelivered(f"{channel}: not tried, it did not take another message a moment ago")
        try:
            deliver(channel, alert)
        except NotDelivered:
            self.dead.add(channel)
            raise
        self.took.append(channel)


def send(
    settings: Settings, journal: Journal, outcomes: Sequence[AccountOutcome], report: Path | str, now: datetime
) -> Sent:
    """Tell the targets of the run's severity what came of a close, once per outcome.

    report    a path becomes a link where `public_url` says how a browser reaches it
    raises    nothing for targets, references or stores that fail: the close stands, and `errors` says what failed
    """
    alert, unread = _composed(journal, outcomes, _reference(report, settings))
    sent = tell(settings.alerts, journal, alert, now)
    return replace(sent, errors=(*unread, *sent.errors))


def tell(rules: AlertSettings, journal: Journal, alert: Alert, now: datetime) -> Sent:
    """Tell people, where it is worth it, and send whatever else is due.

    Where the journal cannot be written, the targets are told all the same: silence would be worse.
    raises    nothing for targets, references or stores that fail
    """
    try:
        return tell_remembered(rules, journal, alert, now)
    except StoreError as error:
        return tell_blindly(rules, alert, error)


def tell_remembered(
    rules: AlertSettings, journal: Journal, alert: Alert, now: datetime, known: Sequence[Matter] = ()
) -> Sent:
    """As `tell`, for whoever has a memory of its own for when there is no journal.

    known     what was told while there was none
    raises    StoreError where the journal cannot be written: then nobody was told
    """
    from sql.alert_messages import append_messages
    from sql.alerts import append_seen, restore

    with journal.write() as connection:
        restore(connection, known, now)
        seen = append_seen(connection, alert, rules, now)
        quiet = all(why is None for _, why in seen)
        if not quiet:
            graded = as_graded(alert, seen)
            append_messages(connection, graded, channels_of(graded.severity, rules), now)
    sent = flush(rules, journal, now)
    return replace(sent, repeated=quiet and not sent.targets)


def tell_over(
    rules: AlertSettings, journal: Journal, subject: str, alert: Alert, now: datetime, also: Sequence[str] = ()
) -> Sent:
    """The trouble about a subject is over: whoever heard of it hears that too.

    also      channels that heard of it while there was no journal

    raises    StoreError where the journal cannot be written: it is told as over the next time
    """
    from sql.alert_messages import append_messages, read_channels_that_heard
    from sql.alerts import end_alert

    with journal.write() as connection:
        before = end_alert(connection, subject, now)
        if before is None and not also:
            return Sent(repeated=True)
        heard = () if before is None else read_channels_that_heard(connection, subject, before.first_seen)
        append_messages(connection, alert, dict.fromkeys((*heard, *also, *channels_of(alert.severity, rules))), now)
    return flush(rules, journal, now)


def flush(rules: AlertSettings, journal: Journal, now: datetime) -> Sent:
    """Send what is due: what was held back, what a channel did not take, what a killed process left.

    raises    nothing: what cannot be read or written is among the errors
    """
    from sql.alert_messages import claim_batches

    done = _Round()
    try:
        with journal.write() as connection:
            claimed = claim_batches(connection, rules, now)
        for batch in claimed:
            _send(rules, journal, batch, done, now)
    except StoreError as error:
        words = f"who was told could not be written down, so a rerun will tell them again: {error}"
        done.errors.append(NotDelivered(words))
    return Sent(tuple(dict.fromkeys(done.took)), tuple(done.errors))


def as_graded(alert: Alert, seen: Sequence[tuple[Matter, Why | None]]) -> Alert:
    """The alert with the weight of what is told in it, money at risk and age included."""
    return replace(alert, severity=worst((alert.severity, *(one.severity for one, why in seen if why is not None))))


def _send(rules: AlertSettings, journal: Journal, batch: Batch, done: _Round, now: datetime) -> None:
    """One batch to its channel, or to the first of the fallback channels that takes it."""
    from sql.alert_messages import note_refused, note_taken

    alert, errors = batch.alert, []
    for channel in (batch.channel, *takes_over(batch.channel, batch.severity, rules)):
        try:
            done.give(channel, alert)
        except NotDelivered as error:
            errors.append(error)
            continue
        done.errors += errors
        with journal.write() as connection:
            note_taken(connection, batch, channel, now)
        return
    done.errors += errors
    retries = [after_failure(one, now) for one in batch.messages]
    with journal.write() as connection:
        note_refused(connection, batch, retries, "; ".join(map(str, errors)), now)


def tell_blindly(rules: AlertSettings, alert: Alert, why: StoreError) -> Sent:
    """Tell its targets, or a fallback, where there is no journal that remembers it."""
    done = _Round()
    for channel in channels_of(alert.severity, rules):
        for one in (channel, *takes_over(channel, alert.severity, rules)):
            try:
                done.give(one, alert)
            except NotDelivered as error:
                done.errors.append(error)
                continue
            break
    words = f"who was told could not be written down, so a rerun will tell them again: {why}"
    return Sent(tuple(dict.fromkeys(done.took)), (*done.errors, NotDelivered(words)))


def _composed(
    journal: Journal, outcomes: Sequence[AccountOutcome], report: str
) -> tuple[Alert, tuple[NotDelivered, ...]]:
    from sql.cases import read_cases

    try:
        with journal.read() as connection:
            accounts = dict.fromkeys(one.account_id for one in outcomes)
            cases = [row for name in accounts for row in read_cases(connection, name, states=(CaseState.OPEN,))]
            return compose(outcomes, cases, report), ()
    except StoreError as error:
        told = NotDelivered(f"the message lacks the open breaks, and may repeat an earlier one: {error}")
        return compose(outcomes, (), report), (told,)


def _reference(report: Path | str, settings: Settings) -> str:
    """A link where a browser can reach the folder, otherwise the path."""
    if isinstance(report, str) or not settings.public_url:
        return str(report)
    root = Path(settings.output_dir).resolve()
    if not report.resolve().is_relative_to(root):
        return str(report)
    return f"{settings.public_url.rstrip('/')}/{report.resolve().relative_to(root).as_posix()}"
