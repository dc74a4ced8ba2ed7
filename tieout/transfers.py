"""What moved in or out of an account, and what of the account itself is no longer as it was. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from tieout.accounts import Identity
from tieout.ids import AccountId
from tieout.money import plain
from tieout.recon.types import Severity
from tieout.records import Activity, ActivityKind

MOVES = frozenset({ActivityKind.TRANSFER, ActivityKind.JOURNAL})


class What(StrEnum):
    """What can move or change."""

    MONEY = "money"
    UNITS = "units"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Terms:
    """Exactly what moved or changed, so that two of them can be compared.

    subject    currency, symbol, or the flag's name
    value      shortest exact text of the signed amount or units, below zero where it left; what the flag became
    """

    what: What
    subject: str
    value: str


@dataclass(frozen=True, slots=True)
class Movement:
    """One thing that people must hear of.

    key             the same for the same thing, however often it is seen
    at              when it happened, or was seen, UTC
    terms           None where it cannot have been announced: money and securities in one, or neither
    announced_id    of the announcement that it was, or that it is about
    """

    account_id: AccountId
    severity: Severity
    action: str
    key: str
    words: str
    at: datetime
    terms: Terms | None = None
    announced_id: str | None = None


def flags_of(identity: Identity) -> dict[str, str]:
    """What the venue says of the account beside its money."""
    told = dict(one.partition("=")[::2] for one in identity.permissions)
    more = {"account": identity.venue_account, "mode": identity.mode.value, "currency": identity.currency}
    return {**told, **more, "trading_blocked": str(identity.trading_blocked)}


def changed_flags(
    account_id: AccountId, before: Mapping[str, str] | None, after: Mapping[str, str], seen_at: datetime
) -> list[Movement]:
    """Flags that differ from those of the last look; none where nobody has looked before."""
    if before is None:
        return []
    names = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    return [
        Movement(
            account_id,
            Severity.CRITICAL,
            "transfer.flag_changed",
            name,
            f"{name} was {before.get(name, 'not stated')}, is {after.get(name, 'not stated')}",
            seen_at,
            Terms(What.FLAG, name, after[name]) if name in after else None,
        )
        for name in names
    ]


def moved(account_id: AccountId, activities: Iterable[Activity]) -> list[Movement]:
    """Transfers: what leaves the account is critical, what comes in a warning."""
    return [_movement(account_id, one) for one in activities if one.kind in MOVES]


def money_at_risk(seen: Iterable[Movement], currency: str) -> Decimal | None:
    """The largest amount among what nobody announced; None where none is stated in that currency."""
    told = (one.terms for one in seen if one.announced_id is None and one.terms is not None)
    amounts = [abs(Decimal(one.value)) for one in told if one.what is What.MONEY and one.subject == currency]
    return max(amounts, default=None)


def _movement(account_id: AccountId, one: Activity) -> Movement:
    out = one.amount < 0 or one.quantity < 0
    units = f"{plain(one.quantity)} {one.instrument.symbol}" if one.instrument else ""
    money = f"{plain(one.amount)} {one.currency}" if one.amount else ""
    what = " and ".join(part for part in (units, money) if part) or "nothing that is stated"
    words = f"{'out' if out else 'in'}: {what} at {one.occurred_at:%Y-%m-%d %H:%M} UTC, {one.venue_kind or one.kind}"
    action = "transfer.out" if out else "transfer.in"
    severity = Severity.CRITICAL if out else Severity.WARNING
    return Movement(account_id, severity, action, str(one.activity_id), words, one.occurred_at, _terms(one))


def _terms(one: Activity) -> Terms | None:
    if one.instrument is not None and one.quantity and not one.amount:
        return Terms(What.UNITS, one.instrument.symbol, plain(one.quantity))
    if one.amount and not one.quantity:
        return Terms(What.MONEY, one.currency, plain(one.amount))
    return None
