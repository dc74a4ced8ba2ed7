"""Taking a secret from a person: tried at the venue first, then stored as a version that is not yet used.

It comes from a page of the running flow on this machine's loopback, or from a prompt that shows nothing. It goes to the
secret source, and nowhere else.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from urllib.parse import parse_qs, urlencode, urlsplit

from tasks.clock import now
from tasks.rotation.hands import Hands
from tasks.rotation.probe import probe, require_same_account
from tasks.rotation.tokens import logged_in
from tasks.stores import open_journal
from tieout.credentials import CredentialSettings, Kind
from tieout.errors import ConfigError, SecretSourceError, TieoutError
from tieout.redact import remember
from tieout.secret import ACCESS_TOKEN, CLIENT_ID, KEY_ID, REFRESH_TOKEN, SECRET, VALUE, Secret

ADDRESS = "address"
_CODE, _STATE = "code", "state"


def asked_parts(hands: Hands) -> tuple[str, ...]:
    """Which parts a person is asked for: those that there are; key id and secret where nothing is stored yet."""
    if hands.credential.kind is Kind.OAUTH and hands.credential.authorize_url is not None:
        return (ADDRESS,)
    if hands.credential.kind is Kind.OAUTH:
        return (ACCESS_TOKEN, REFRESH_TOKEN)
    known = _present(hands)
    return (VALUE,) if known is not None and VALUE in known.parts else (KEY_ID, SECRET)


def login_address(credential: CredentialSettings, secret: Secret, state: str) -> str:
    """Where a person logs in.

    raises    ConfigError where the settings do not say
    """
    if credential.authorize_url is None or credential.redirect_url is None:
        raise ConfigError(
            f"credentials.{credential.credential_id}: authorize_url and redirect_url are needed for a login"
        )
    asked = {
        "response_type": _CODE,
        "client_id": secret.part(CLIENT_ID),
        "redirect_uri": credential.redirect_url,
        _STATE: state,
    }
    return f"{credential.authorize_url}?{urlencode(asked)}"


def made_of(hands: Hands, given: Mapping[str, str], state: str | None = None) -> Secret:
    """The secret that a person's words make, with the parts that stay as they are.

    state     of the login that was begun; an answer to another is refused
    raises    ConfigError for what cannot be one; leaves of BrokerError where a login's code is refused
    """
    parts = {name: one.strip() for name, one in given.items() if one.strip()}
    remember(*parts.values())  # before anything can go wrong with them
    known = _present(hands)
    if ADDRESS in parts:
        if known is None:
            raise ConfigError("store client_id and client_secret first: a login is exchanged with them")
        return logged_in(hands.credential, known, _code(parts[ADDRESS], state), now(), hands.calls)
    missing = [name for name in asked_parts(hands) if name not in parts]
    if missing:
        raise ConfigError(f"{' and '.join(missing)} missing")
    return known.with_parts(parts) if known else Secret(parts)


def supply(hands: Hands, label: str, secret: Secret, venue_account: str | None, by: str) -> str:
    """Try a secret at the venue and store it under the label; words about what it opened.

    by        who gave it, for the audit trail
    raises    ConfigError for another account, mode or too many rights; leaves of BrokerError; SecretSourceError
    """
    try:
        seen = probe(hands.settings, hands.account, secret, hands.calls)
        require_same_account(seen, venue_account)
        hands.source.store(label, secret)
    except TieoutError as error:
        _note(hands, "not_stored", label, str(error), by)
        raise
    _note(hands, "stored", label, seen.words, by)
    return f"stored as {label}: {seen.words}"


def _note(hands: Hands, what: str, label: str, words: str, by: str) -> None:
    """What became of a secret that a person gave, with the requests that tried it, in the audit trail."""
    from sql.audit import append

    name = hands.credential.credential_id
    detail = {"version": label, "words": words}
    with open_journal() as opened, opened.write() as journal:
        hands.append_calls(journal)
        append(journal, actor=by, action=f"credential.{what}", subject=name, detail=detail, now=now())


def _present(hands: Hands) -> Secret | None:
    try:
        return hands.source.read()
    except (ConfigError, SecretSourceError):
        return None


def _code(address: str, state: str | None) -> str:
    """The code in the address that the browser was sent back to."""
    query = parse_qs(urlsplit(address).query)
    code, said = query.get(_CODE, [""])[0], query.get(_STATE, [""])[0]
    if not code:
        raise ConfigError("the address holds no code: copy all of what the browser shows after the login")
    if state is not None and not hmac.compare_digest(said.encode(), state.encode()):
        raise ConfigError("the address belongs to another login: use the link of this page")
    return code
