"""What is known about each account's credential: where it is kept and what it proved, never the secret."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, insert

from sql.schema.journal import credential_state
from tieout.accounts import Identity
from tieout.settings import AccountSettings


def record_credential(journal: Connection, account: AccountSettings, identity: Identity, now: datetime) -> None:
    """Keep the latest proof of one account's credential."""
    name = account.account.account_id
    journal.execute(delete(credential_state).where(credential_state.c.account_id == name))
    journal.execute(
        insert(credential_state).values(
            account_id=name,
            reference=account.credential or "none",
            venue_account=identity.venue_account,
            mode=identity.mode.value,
            checked_at=now,
            expires_at=identity.expires_at,
            healthy=not identity.trading_blocked,
            detail={"evidence": list(identity.evidence), "permissions": list(identity.permissions)}
            | {"ip_allow_list": list(identity.ip_allow_list)},
        )
    )
