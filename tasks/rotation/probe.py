"""Does a secret open the account it is meant for, with the rights it needs and no others? Asked of the venue itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from brokers.http.calls import CallLog
from tasks.accounts import broker_with, prove_trading
from tasks.acts import require_rights_agreed
from tasks.audit import calls_of
from tasks.clock import now
from tasks.credentials import credential_of
from tieout.accounts import Identity
from tieout.errors import (
    Ambiguous,
    BrokerError,
    ConfigError,
    Rejected,
    SecretSourceError,
    TieoutError,
    Unauthorised,
    Unavailable,
)
from tieout.rotation_types import Lost, NotSent, Outcome, Refused
from tieout.secret import Secret
from tieout.settings import AccountSettings, Settings

LOOK_BACK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a secret showed: whose account, and the orders that it can read."""

    identity: Identity
    orders: tuple[str, ...]

    @property
    def words(self) -> str:
        """For people and records."""
        rights = ", ".join(self.identity.permissions) or "rights not stated"
        return f"{self.identity.mode} account {self.identity.venue_account}, {rights}, {len(self.orders)} orders read"


def probe(settings: Settings, account: AccountSettings, secret: Secret, calls: CallLog) -> Seen:
    """Identity, mode, rights, and a read of what a trading key must be able to read. Nothing is written.

    calls     where the requests are noted, for the audit trail
    raises    Unauthorised where the venue refuses it; ConfigError for the wrong account, mode or rights; other
              leaves of BrokerError where nothing was found out
    """
    credential = credential_of(secret, f"account {account.account.account_id}")
    moment = now()
    with broker_with(settings, account, credential) as broker:
        try:
            identity = prove_trading(broker, account)
            require_rights_agreed(settings, account, identity)
            orders = broker.fetch_orders(moment - LOOK_BACK, moment)
        finally:
            calls.note(*calls_of(broker))
    return Seen(identity, tuple(sorted(str(one.broker_order_id) for one in orders)))


def require_same_account(seen: Seen, known: str | None) -> None:
    """Refuse a secret of another account.

    known     the account as it was seen before; None where none was
    raises    ConfigError
    """
    if known is not None and seen.identity.venue_account != known:
        raise ConfigError(
            f"it opens the account {seen.identity.venue_account}, and {known} was meant: was it swapped with another?"
        )


def outcome_of(error: TieoutError) -> Outcome:
    """What a failure means for whoever asked."""
    match error:
        case Ambiguous():
            return Lost(str(error))
        case Unavailable():
            return NotSent(str(error))
        case SecretSourceError():
            return NotSent(str(error)) if error.retry else Refused(str(error))
        case Rejected() | ConfigError() | BrokerError():
            return Refused(str(error))
    return NotSent(str(error))


def is_refused_by_venue(settings: Settings, account: AccountSettings, secret: Secret, calls: CallLog) -> str | None:
    """The venue's words where it refuses the secret as such; None where it works.

    raises    BrokerError where nothing was found out
    """
    try:
        probe(settings, account, secret, calls)
    except Unauthorised as error:
        return str(error)
    return None
