"""When a credential has to be replaced or refreshed, and when a person must act. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tieout.credentials import CredentialSettings, Kind
from tieout.rotation_token import needs_login
from tieout.rotation_types import Part, Phase, Policy, Rotation

MARKS = (
    timedelta(days=14),
    timedelta(days=7),
    timedelta(days=3),
    timedelta(days=1),
    timedelta(hours=4),
    timedelta(hours=1),
    timedelta(0),
)
"""What is left until a deadline when a person hears of it again."""
_NAMES = ("14 days", "7 days", "3 days", "1 day", "4 hours", "1 hour", "nothing")


@dataclass(frozen=True, slots=True)
class Due:
    """Something is to be begun, and until when a person must have acted where one is needed."""

    why: str
    deadline: datetime | None = None


def parts_of(settings: CredentialSettings) -> tuple[Part, ...]:
    """The rows that a credential has; the one that keeps it working first."""
    return {Kind.KEY: (Part.KEY,), Kind.LOGIN: (Part.LOGIN,), Kind.OAUTH: (Part.TOKEN, Part.LOGIN)}[settings.kind]


def due(row: Rotation, policy: Policy, now: datetime, *, refused: bool = False) -> Due | None:
    """Whether a key or a token is to be replaced. `refused`: the venue was just seen to refuse it.

    A rotation that failed is not begun again before its time, unless the key in use is refused.
    """
    settings = policy.settings
    if row.phase is not Phase.IDLE or not settings.rotate:
        return None
    if row.part is Part.TOKEN:
        return _token_due(row, settings, now, refused)
    until = lapses_at(row, settings)
    if refused:
        return Due("the venue refuses it", now)
    if until is None or (row.not_before is not None and now < row.not_before):
        return None
    ahead = timedelta(0) if settings.by_program else settings.ask_ahead
    return Due(f"it is to be replaced by {until:%Y-%m-%d}", until) if now >= until - ahead else None


def login_due(row: Rotation, token: Rotation, policy: Policy, now: datetime) -> Due | None:
    """Whether a person must log in for a token to be had again: its refresh token lapses, or is lost."""
    if row.phase is not Phase.IDLE or not policy.settings.rotate:
        return None
    if needs_login(token, now, policy):
        return Due(f"the refresh token is of no more use: {token.reason}", token.access_until or now)
    until = token.refresh_until
    if until is not None and now >= until - policy.settings.ask_ahead:
        return Due("the refresh token lapses", until)
    return None


def lapses_at(row: Rotation, settings: CredentialSettings) -> datetime | None:
    """When a key or a login is too old, or over; None where its age is not known. The venue's own word goes first."""
    by_age = None if row.issued_at is None else row.issued_at + settings.max_age
    known = [one for one in (row.access_until, by_age) if one is not None]
    return min(known, default=None)


def refresh_at(row: Rotation, share: float) -> datetime | None:
    """The moment at which a share of an access token's life is over."""
    if row.issued_at is None or row.access_until is None:
        return None
    return row.issued_at + (row.access_until - row.issued_at) * share


def is_late(row: Rotation, settings: CredentialSettings, now: datetime) -> bool:
    """Whether a token should have been refreshed by now."""
    late = refresh_at(row, settings.late)
    return row.part is Part.TOKEN and late is not None and now >= late


def countdown(deadline: datetime, now: datetime) -> str | None:
    """The last mark that was passed on the way to a deadline; None where it is far."""
    left = deadline - now
    passed = [name for mark, name in zip(MARKS, _NAMES, strict=True) if left <= mark]
    return passed[-1] if passed else None


def _token_due(row: Rotation, settings: CredentialSettings, now: datetime, refused: bool) -> Due | None:
    if refused:
        return Due("the venue refuses the access token")
    early = refresh_at(row, settings.early)
    if early is None:
        return Due("its age is not known")
    return Due(f"{settings.early:.0%} of its life is over") if now >= early else None
