"""What people said beforehand would move or change in an account: matched once, and told where it never came. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from tieout.errors import DataError
from tieout.ids import AccountId
from tieout.money import plain
from tieout.recon.types import Severity
from tieout.transfers import Movement, Terms, What

DATED = timedelta(days=1)
"""Many venues give a movement's date alone, as its midnight: one of the announcement's own day counts as after it."""


class AnnouncedState(StrEnum):
    """What became of it."""

    OPEN = "open"
    CAME = "came"
    MISSED = "missed"  # told as such; what the venue posts late, under a date in time, still counts
    REVOKED = "revoked"


WAITING = frozenset({AnnouncedState.OPEN, AnnouncedState.MISSED})


@dataclass(frozen=True, slots=True)
class Announcement:
    """One movement or change that is expected.

    by        who announced it; with approvers, all who agreed
    since     when it was announced, UTC
    until     the last moment at which it may happen, UTC
    key       of the movement that it was
    """

    announced_id: str
    account_id: AccountId
    terms: Terms
    by: str
    reason: str
    since: datetime
    until: datetime
    state: AnnouncedState = AnnouncedState.OPEN
    decided_at: datetime | None = None
    key: str | None = None

    @property
    def words(self) -> str:
        """What is expected, for people."""
        return f"{said(self.terms)} by {self.until:%Y-%m-%d %H:%M} UTC"


def said(terms: Terms) -> str:
    """`out: -5000 USD`, or `crypto_status becomes INACTIVE`."""
    if terms.what is What.FLAG:
        return f"{terms.subject} becomes {terms.value}"
    return f"{'out' if terms.value.startswith('-') else 'in'}: {terms.value} {terms.subject}"


def terms_of(
    amount: Decimal | None, currency: str | None, quantity: Decimal | None, symbol: str | None, flag: str | None
) -> Terms:
    """One of: an amount of a currency, a quantity of a symbol, `NAME=VALUE` of a flag. Below zero leaves the account.

    raises    DataError where it is none of them, more than one, or zero
    """
    money, units = (amount, currency), (quantity, symbol)
    if sum(any(part is not None for part in one) for one in (money, units, (flag,))) != 1:
        raise DataError("say one thing: an amount with its currency, a quantity with its symbol, or a flag")
    if flag is not None:
        name, _, value = (part.strip() for part in flag.partition("="))
        if not name or not value:
            raise DataError(f"{flag!r}: write a flag as NAME=VALUE, with the value that it is going to have")
        return Terms(What.FLAG, name, value)
    number, subject = money if amount is not None or currency is not None else units
    if not number or not subject or not subject.strip():
        raise DataError("an amount goes with its currency and a quantity with its symbol, and none of them is zero")
    kind = What.MONEY if number is amount else What.UNITS
    return Terms(kind, subject.strip().upper(), plain(number))


def recognised(seen: Iterable[Movement], announced: Sequence[Announcement]) -> list[Movement]:
    """The movements, in order of time; each one that was announced says so, and no announcement serves twice.

    announced    of any state and account; those that wait count. The one that must happen first is taken first
    """
    left = sorted(
        (one for one in announced if one.state in WAITING), key=lambda one: (one.until, one.since, one.announced_id)
    )
    found = []
    for movement in sorted(seen, key=lambda one: one.at):
        fitting = next((one for one in left if _fits(one, movement)), None)
        if fitting is not None:
            left.remove(fitting)
            movement = _expected(movement, fitting)  # noqa: PLW2901 - the same movement, better known
        found.append(movement)
    return found


def missed(announced: Iterable[Announcement], came: Iterable[str], now: datetime) -> list[Movement]:
    """Announcements whose time is over, and which nobody was told of yet.

    came    ids of those that have just been recognised
    """
    over = [one for one in announced if one.state is AnnouncedState.OPEN and one.until < now]
    return [_missed(one, now) for one in over if one.announced_id not in set(came)]


def _fits(one: Announcement, movement: Movement) -> bool:
    in_time = one.since - DATED <= movement.at <= one.until
    return in_time and one.account_id == movement.account_id and one.terms == movement.terms


def _expected(movement: Movement, one: Announcement) -> Movement:
    words = f"expected by {one.by} ({one.announced_id}, {one.reason}): {movement.words}"
    return replace(movement, severity=Severity.INFO, words=words, announced_id=one.announced_id)


def _missed(one: Announcement, now: datetime) -> Movement:
    words = f"never came, {one.words}; announced by {one.by}: {one.reason}"
    return Movement(
        one.account_id, Severity.WARNING, "transfer.missed", one.announced_id, words, now, None, one.announced_id
    )
