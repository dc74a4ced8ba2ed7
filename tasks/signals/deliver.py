"""From bytes to stored signals: what every way in does with what it got."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from tasks.credentials import open_reference
from tieout.errors import ConfigError, TieoutError
from tieout.redact import redact_json, redact_text
from tieout.settings import Settings
from tieout.signals.document import read_wishes, unreadable
from tieout.signals.formats import SECRET
from tieout.signals.parse import parse_signal, valid_strategy
from tieout.signals.rules import SignalRules, rules_for
from tieout.signals.types import Arrival, Kept, Refusal, RefusalCode, RefusedError, Signal, Source

if TYPE_CHECKING:
    from sql.journal import Journal
    from sql.signals import Appended

PLACE = "signals.webhook"
LARGEST = 5 * 1024 * 1024  # bytes of a file


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one file: all of it was taken, or none.

    appended    its signals, in its order; empty where anything was refused
    refused     what is wrong, with the number of the signal in the file, counted from one
    """

    appended: tuple[Appended, ...] = ()
    refused: tuple[tuple[int, Appended], ...] = ()

    @property
    def new(self) -> int:
        """Signals that were not known before."""
        return sum(one.new for one in self.appended)

    def lines(self) -> list[str]:
        """What its sender should read; nothing where everything was taken for the first time."""
        wrong = [f"signal {number}: {one.refusal.reason}" for number, one in self.refused if one.refusal]
        if wrong:
            return [*wrong, "Nothing of this file was taken. Put it right and deliver all of it again."]
        known = [one.signal_id for one in self.appended if not one.new]
        return [f"{one}: known already, nothing was added" for one in known]


class _NotAll(TieoutError):
    """Leaves the transaction of a delivery with a refusal in it; never seen outside."""


def known_secrets(settings: Settings) -> tuple[str, ...]:
    """The webhook's secrets, for removing them wherever they turn up; those that cannot be opened are left out."""
    found = []
    for reference in settings.signals.webhook.secrets:
        try:
            found.append(open_reference(reference, PLACE))
        except ConfigError:
            continue  # `tieout signals serve` complains; a file is read all the same
    return tuple(found)


def judge(payload: Kept, arrival: Arrival, rules: SignalRules, secrets: Sequence[str]) -> Signal | Refusal:
    """A payload as a signal or a refusal, in either case without any secret.

    secrets    known ones, removed wherever they stand
    """
    bare = {name: one for name, one in payload.items() if name != SECRET} if isinstance(payload, dict) else payload
    return parse_signal(redact_json(bare, secrets), arrival, rules)


def refused(error: RefusedError, body: bytes, arrival: Arrival, secrets: Sequence[str]) -> Refusal:
    """The refusal of bytes that could not be read, with their beginning."""
    raw = {name: redact_text(str(one), secrets) for name, one in unreadable(body).items()}
    words = redact_text(error.words, secrets)
    strategy = valid_strategy(arrival.strategy)
    return Refusal(error.code, words, arrival.source, arrival.received_at, strategy=strategy, raw=raw)


def deliver(journal: Journal, settings: Settings, name: str, body: bytes, source: Source, now: datetime) -> Delivery:
    """Take every signal of a file, or none of them: a trade of two legs must not lose one to a slip.

    name    of the file; its ending tells how to read it
    now     UTC
    """
    secrets, arrival = known_secrets(settings), Arrival(source, now)
    rules = rules_for(settings, source)
    try:
        if len(body) > LARGEST:
            raise RefusedError(RefusalCode.TOO_LARGE, f"more than {LARGEST} bytes")
        wishes = read_wishes(name, body)
    except RefusedError as error:
        return _refuse(journal, [(1, refused(error, body, arrival, secrets))], now)
    judged = [judge(one, arrival, rules, secrets) for one in wishes]
    wrong = [(number, one) for number, one in enumerate(judged, 1) if isinstance(one, Refusal)]
    if wrong:
        return _refuse(journal, wrong, now)
    return _append(journal, [one for one in judged if isinstance(one, Signal)], now)


def delivered_before(
    journal: Journal, settings: Settings, name: str, body: bytes, source: Source, at: datetime
) -> bool:
    """Whether every signal of a file is known: then it was read before, by somebody who died before moving it away.

    at    UTC, when the file was written: by now its signals may be too old to be judged
    """
    from sql.signals import read_signal

    try:
        wishes = read_wishes(name, body)
    except RefusedError:
        return False
    rules, secrets = rules_for(settings, source), known_secrets(settings)
    judged = [judge(one, Arrival(source, at), rules, secrets) for one in wishes]
    with journal.read() as connection:
        for one in judged:
            row = read_signal(connection, one.signal_id) if isinstance(one, Signal) else None
            if not isinstance(one, Signal) or row is None or row["content_hash"] != one.content_hash:
                return False
    return True


def _append(journal: Journal, signals: Sequence[Signal], now: datetime) -> Delivery:
    from sql.signals import append_signal

    appended: list[Appended] = []
    try:
        with journal.write() as connection:
            appended += [append_signal(connection, one, now) for one in signals]
            if any(one.refusal for one in appended):
                raise _NotAll
    except _NotAll:
        wrong = [(number, one.refusal) for number, one in enumerate(appended, 1) if one.refusal]
        return _refuse(journal, wrong, now)
    return Delivery(tuple(appended))


def _refuse(journal: Journal, wrong: Sequence[tuple[int, Refusal]], now: datetime) -> Delivery:
    from sql.signals import append_signal

    with journal.write() as connection:
        return Delivery(refused=tuple((number, append_signal(connection, one, now)) for number, one in wrong))
