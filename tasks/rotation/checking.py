"""Trying a credential at its venue for a person who asks."""

from __future__ import annotations

from dataclasses import dataclass

from tasks.clock import now
from tasks.rotation.hands import Hands
from tasks.stores import Stores
from tieout.credentials import CredentialSettings
from tieout.errors import ConfigError, SecretSourceError, TieoutError, Unauthorised


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of one try. `found` says what the venue told, `advice` what to do where it is not right."""

    credential: str
    ok: bool
    found: str
    advice: str = ""


def check(stores: Stores, credential: CredentialSettings) -> Checked:
    """Every account that uses it: identity, mode, rights, addresses, expiry."""
    from sql.credentials import record_credential
    from tasks.rotation.probe import probe

    hands = Hands(stores.settings, credential)
    found = []
    try:
        secret = hands.source.read()
        for name in credential.accounts:
            account = stores.settings.accounts[name]
            seen = probe(stores.settings, account, secret, hands.calls)
            with stores.journal.write() as journal:
                hands.append_calls(journal)
                record_credential(journal, account, seen.identity, now())
            identity = seen.identity
            told = [f"{name}: {seen.words}"]
            told += [f"from {', '.join(identity.ip_allow_list)} only"] if identity.ip_allow_list else []
            told += [f"until {identity.expires_at:%Y-%m-%d %H:%M} UTC"] if identity.expires_at else []
            found.append(", ".join(told))
    except TieoutError as error:
        with stores.journal.write() as journal:
            hands.append_calls(journal)
        return Checked(credential.credential_id, False, str(error), _advice(error, credential))
    words = "; ".join(found) or f"no account refers to it; {credential.reference} opens"
    return Checked(credential.credential_id, True, words)


def _advice(error: TieoutError, credential: CredentialSettings) -> str:
    match error:
        case Unauthorised():
            return f"make a new one at the venue, then `tieout credentials set {credential.credential_id}`"
        case SecretSourceError() | ConfigError():
            return "correct what it says, then check again"
    return "check again when the venue answers"
