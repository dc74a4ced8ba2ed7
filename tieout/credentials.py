"""What is agreed about each credential: who may replace it, how long it lives, when it is refreshed. Pure values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import NewType

from tieout.ids import AccountId

CredentialId = NewType("CredentialId", str)  # the table's name in the configuration, or the account's


class Kind(StrEnum):
    """How a credential lives."""

    KEY = "key"  # an API key, replaced by age
    OAUTH = "oauth"  # an access token, refreshed by a refresh token that lapses too, or is replaced each time
    LOGIN = "login"  # a login that only a person can renew, every so often


@dataclass(frozen=True, slots=True)
class CredentialSettings:
    """One `[credentials.NAME]` table, or what an account's reference implies without one.

    reference        where the secret is kept
    accounts         that use it
    rotate           whether it is replaced at all; otherwise it is only watched
    manage           base URL of the venue's key management; None where only a person can make keys
    manage_with      where the key is kept that may make keys; None uses the credential itself
    max_age          of a key, and the time between two logins
    token_url        where an access token is refreshed
    authorize_url    where a person logs in
    redirect_url     where the venue sends the browser back to
    rotating         each refresh token serves once and is replaced by its answer
    reuse_grace      how long after its use the venue takes an old refresh token once more
    access_life      where the venue's answer names no lifetime
    refresh_life     of the refresh token; None where it does not lapse by time
    refresh_renews   whether a refresh starts the refresh token's life anew
    early, late      shares of the access token's life after which it is refreshed, and is told as late
    ask_ahead        how long before a deadline a person is asked
    owner            who is told to act, for messages
    """

    credential_id: CredentialId
    reference: str
    kind: Kind = Kind.KEY
    accounts: tuple[AccountId, ...] = ()
    rotate: bool = True
    manage: str | None = None
    manage_with: str | None = None
    max_age: timedelta = timedelta(days=90)
    token_url: str | None = None
    authorize_url: str | None = None
    redirect_url: str | None = None
    rotating: bool = False
    reuse_grace: timedelta = timedelta(0)
    access_life: timedelta = timedelta(minutes=30)
    refresh_life: timedelta | None = None
    refresh_renews: bool = False
    early: float = 0.5
    late: float = 0.8
    ask_ahead: timedelta = timedelta(days=7)
    owner: str = "operator"

    @property
    def by_program(self) -> bool:
        """Whether a program may make and revoke its keys."""
        return self.kind is Kind.KEY and self.manage is not None
