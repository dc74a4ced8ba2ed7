"""What takes the yes of more than one person: going live, lifting a halt, adjusting the book, a dangerous key. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from tieout.accounts import Mode
from tieout.agreement import ActKind, Agreement
from tieout.approvers import Approver, Role
from tieout.settings import AccountSettings

USUAL = 2
ONE_IS_ENOUGH = frozenset({ActKind.INSTRUCT})
"""As for orders: what has a last hour cannot wait for a second person unless that was asked for."""


NEEDS_ADMIN = frozenset({ActKind.LIVE, ActKind.WITHDRAWAL_KEY})
"""Kinds for which one of those who agree must be an admin."""


class ActState(StrEnum):
    """How far an act got."""

    ASKED = "asked"
    AGREED = "agreed"  # enough said yes; it is being carried out, or was when the process died
    DECLINED = "declined"
    DONE = "done"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that somebody wants done.

    subject    what it is done to: an account, a break
    terms      all that is needed to carry it out, JSON-able; no secret
    agreed     who said yes so far, each proven by a one-time code
    until      UTC; after that it is void
    """

    act_id: str
    kind: ActKind
    subject: str
    terms: Mapping[str, Any]
    proposer: str
    reason: str
    needed: int
    asked_at: datetime
    until: datetime
    agreed: tuple[str, ...] = ()
    state: ActState = ActState.ASKED

    @property
    def words(self) -> str:
        """What it is, for people."""
        if self.kind is ActKind.BOOK and "did" in self.terms:
            return f"resolve {self.subject} by hand: {self.terms['did']}"
        return f"{_WORDS[self.kind]} {self.subject}"


_WORDS = {
    ActKind.LIVE: "let trade real money:",
    ActKind.RESUME: "lift a halt of",
    ActKind.BOOK: "take back the resolution of",
    ActKind.WITHDRAWAL_KEY: "accept a key that can take money out, of",
    ActKind.TRANSFER: "expect, and alarm nobody:",
    ActKind.INSTRUCT: "tell the broker of",
}


def people_needed(kind: ActKind, agreement: Agreement, approvers: Iterable[Approver]) -> int:
    """How many must say yes: as configured, otherwise two (one to an instruction), or as many as there are who may."""
    may = sum(one.role is not Role.OPERATOR for one in approvers)
    return agreement.needed.get(kind, min(1 if kind in ONE_IS_ENOUGH else USUAL, may))


def why_not(act: Act, person: Approver, now: datetime) -> str | None:
    """Why this person's yes does not count, None where it does."""
    if act.state is not ActState.ASKED:
        return f"it is {act.state} already"
    if now >= act.until:
        return f"it was void from {act.until:%Y-%m-%d %H:%M} UTC on"
    if person.role is Role.OPERATOR:
        return f"{person.name} is an operator, and operators do not agree to acts"
    return f"{person.name} has agreed already" if person.name in act.agreed else None


def enough(act: Act, agreed: Iterable[str], approvers: Mapping[str, Approver]) -> bool:
    """Whether enough people have said yes, an admin among them where that is asked for."""
    names = set(agreed)
    admins = any(approvers[name].role is Role.ADMIN for name in names if name in approvers)
    return len(names) >= act.needed and (admins or act.kind not in NEEDS_ADMIN or act.needed == 0)


def still_needed(act: Act, approvers: Mapping[str, Approver]) -> str:
    """Whose yes is still missing, for people."""
    left = act.needed - len(set(act.agreed))
    words = f"{left} more {'person' if left == 1 else 'people'} must agree" if left > 0 else "an admin must agree"
    needs_admin = act.kind in NEEDS_ADMIN and not enough(act, [*act.agreed, *"?" * max(left, 0)], approvers)
    return f"{words}, an admin among them" if needs_admin and left > 0 else words


def terms_of(account: AccountSettings) -> str:
    """A fingerprint of what an agreement about an account was about: another key or endpoint needs another one."""
    parts = (account.account.broker, account.account.mode, account.endpoint or "", account.credential or "")
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()[:16]


def needs_live(account: AccountSettings) -> bool:
    """Whether the account moves real money."""
    return account.account.mode is Mode.LIVE
