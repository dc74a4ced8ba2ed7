"""Who may approve which intent, and when an approval counts. Pure; one-time codes are checked by the caller."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Role(StrEnum):
    """What a person may do. Halting takes no role: it must always be possible."""

    OPERATOR = "operator"  # proposes; agrees to nothing
    APPROVER = "approver"  # says yes to orders and acts
    ADMIN = "admin"  # the same; the acts that open doors need one


@dataclass(frozen=True, slots=True)
class Approver:
    """One `[approvers.NAME]` table: a person, and the reference to the secret of their one-time codes.

    role     what else they may do
    up_to    largest worth of an order, base currency, that this person may approve; None for any
    """

    name: str
    totp: str
    up_to: Decimal | None = None
    role: Role = Role.APPROVER


def why_not(
    approver: Approver, *, worth: Decimal, proposer: str, earlier: tuple[str, ...] = (), two_persons: bool = False
) -> str | None:
    """Why this person's yes does not count, None where it does.

    worth      of the order, base currency, above zero
    proposer   who decided the intent: where two persons are needed, nobody agrees with themselves
    earlier    who has agreed already
    """
    if approver.role is Role.OPERATOR:
        return f"{approver.name} is an operator, and operators approve no orders"
    if approver.up_to is not None and worth > approver.up_to:
        return f"{approver.name} may approve up to {approver.up_to}, this is worth {worth}"
    if two_persons and approver.name == proposer:
        return f"{approver.name} proposed it, and another person must agree"
    if approver.name in earlier:
        return f"{approver.name} has agreed already"
    return None


def agreed(earlier: tuple[str, ...], *, two_persons: bool) -> bool:
    """Whether enough people have said yes."""
    return len(set(earlier)) >= (2 if two_persons else 1)
