"""Accounts, their mode, and what a credential proves about itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tieout.errors import ConfigError
from tieout.ids import AccountId


class Mode(StrEnum):
    """Whether real money moves."""

    PAPER = "paper"
    LIVE = "live"


@dataclass(frozen=True, slots=True)
class Account:
    """One account at one broker, as the configuration names it."""

    account_id: AccountId
    broker: str
    mode: Mode
    base_currency: str
    calendar: str


@dataclass(frozen=True, slots=True)
class Identity:
    """What the venue says of the account behind a credential.

    venue_account   the venue's own account number, masked to its last four characters
    mode            paper or live, as proven by the listed evidence
    evidence        each fact that speaks for the mode: key prefix, endpoint, account number
    permissions     what the credential may do, in the venue's words: `trade`, or `name=value`
    ip_allow_list   addresses from which it works; empty where it works from all, or the venue does not say
    expires_at      of the credential, UTC; None where it does not lapse, or the venue does not say
    """

    venue_account: str
    mode: Mode
    evidence: tuple[str, ...]
    currency: str
    permissions: tuple[str, ...] = ()
    ip_allow_list: tuple[str, ...] = ()
    expires_at: datetime | None = None
    trading_blocked: bool = False


def require_mode(account: Account, identity: Identity) -> None:
    """Refuse to go on where the configured mode and the proven mode differ.

    raises    ConfigError naming both and the evidence
    """
    if identity.mode is not account.mode:
        raise ConfigError(
            f"account {account.account_id}: configured as {account.mode}, but the credential and endpoint "
            f"prove {identity.mode} ({'; '.join(identity.evidence)}). Correct `mode` or `credential` in tieout.toml."
        )
